// @connections: how backends reach clients (the contract apigatewaymanagementapi).
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
#pragma once

#include "contracts/apigatewaymanagementapi.h"
#include "services/apigatewayv2/websocket/connections.h"

namespace cumulet::apigatewayv2 {

/// A connection is named by its id, or by "<api id>/<stage>/<id>" where the caller asked at an API's own address.
class ConnectionsApi final : public aws::apigatewaymanagementapi::Api {
  public:
    explicit ConnectionsApi(Connections& connections) : connections_(connections) {}

    Task<aws::apigatewaymanagementapi::PostToConnectionResponse> post_to_connection(
        Call& call, aws::apigatewaymanagementapi::PostToConnectionRequest request) override;
    Task<aws::apigatewaymanagementapi::GetConnectionResponse> get_connection(
        Call& call, aws::apigatewaymanagementapi::GetConnectionRequest request) override;
    Task<aws::apigatewaymanagementapi::DeleteConnectionResponse> delete_connection(
        Call& call, aws::apigatewaymanagementapi::DeleteConnectionRequest request) override;

    /// "arn:aws:execute-api:us-east-1:000000000000:<api id>/<stage>/POST/@connections/<id>".
    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;

  private:
    Connections& connections_;
};

}  // namespace cumulet::apigatewayv2
