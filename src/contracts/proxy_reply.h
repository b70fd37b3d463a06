// What a function's result means as an HTTP response, to an HTTP API and to a function URL. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
#pragma once

#include <optional>
#include <string_view>

#include "base/http.h"
#include "base/json.h"

namespace cumulet::contracts {

/// Reads {"statusCode":…,"headers":…,"body":…} of the payload format `version`. Nothing if it is malformed.
std::optional<http::Response> read_structured_reply(const json::object& reply, std::string_view version);
/// Reads a whole result; format 2.0 takes what has no statusCode for the body of a success. Nothing if it is malformed.
std::optional<http::Response> read_proxy_reply(std::string_view payload, std::string_view version);

}  // namespace cumulet::contracts
