// What a function's result means as an HTTP response. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
#pragma once

#include "base/http.h"

namespace cumulet::apigatewayv2 {

/// API Gateway's own answers: {"message":"Not Found"}.
http::Response message_reply(int status, std::string_view message);
http::Response not_found();
http::Response internal_server_error();

/// Reads the result of a function for the payload format `version`. What is no result of that format answers 500.
http::Response read_reply(std::string_view payload, std::string_view version);

}  // namespace cumulet::apigatewayv2
