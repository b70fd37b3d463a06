// What the resource types of this folder share. CloudFormation's properties have the names of the operations' members.
#pragma once

#include "contracts/reflect.h"
#include "contracts/resource.h"
#include "services/apigatewayv2/open_api.h"

namespace cumulet::apigatewayv2 {

/// The input of `operation` with these properties. Throws aws::validation_error for a property that it does not have.
template <typename Request>
Request request_of(std::string_view operation, const json::object& properties) {
    Request request;
    contracts::from_json(*aws::apigatewayv2::service.find(operation)->input, &request, properties);
    return request;
}

json::object without(json::object properties, std::initializer_list<std::string_view> names);
/// True if one of `names` was set before and is not any more.
bool removed(const json::object& before, const json::object& after, std::initializer_list<std::string_view> names);

/// The stack's tags and the resource's own, whose Tags is a map.
std::map<std::string, std::string> tags_of(const contracts::ResourceContext& context, const json::object& properties);
std::string api_arn(const Call& call, std::string_view api_id);
/// Makes the tags of `arn` these.
Task<void> replace_tags(Call& call, aws::apigatewayv2::Client gateway, std::string arn,
                        std::map<std::string, std::string> tags);

/// AWS::ApiGatewayV2::RouteResponse and IntegrationResponse.
std::vector<std::unique_ptr<contracts::ResourceType>> response_resources(contracts::Door& door);
std::unique_ptr<contracts::ResourceType> api_resource(contracts::Door& door);
void add_domain_types(std::vector<std::unique_ptr<contracts::ResourceType>>& types, contracts::Door& door);

}  // namespace cumulet::apigatewayv2
