// First-class integrations: a route that calls an operation of another service. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
#pragma once

#include "contracts/wire_door.h"
#include "services/apigatewayv2/event.h"
#include "services/apigatewayv2/storage.h"

namespace cumulet::apigatewayv2 {

/// Throws BadRequestException for a subtype that there is not, and for parameters that it does not have or lacks.
void check_subtype(const Integration& integration);

/// The call, in the service's own protocol.
contracts::ServiceRequest service_request(const Integration& integration, const Passage& passage);

}  // namespace cumulet::apigatewayv2
