// The lines that execution logs have of each step of a request. Pure.
#pragma once

#include "services/apigateway/integration_request.h"
#include "services/apigateway/integration_response.h"

namespace cumulet::apigateway {

/// As much as the stage's settings for the method ask for.
LogLevel log_level_of(const aws::apigateway::MethodSetting& settings);

void note_request(Exchange& exchange, Time now);
/// What is sent to the endpoint, to `uri`.
void note_endpoint_request(Exchange& exchange, std::string_view uri, const http::Headers& headers,
                           std::string_view body, Time now);
void note_endpoint_response(Exchange& exchange, const http::Headers& headers, std::string_view body, Time now);
/// What is answered, and whether it is an answer of API Gateway's own.
void note_answer(Exchange& exchange, const http::Response& response, Time now);

}  // namespace cumulet::apigateway
