// Why API Gateway itself answers a request, and how: gateway responses.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
#pragma once

#include "services/apigateway/exchange.h"

namespace cumulet::apigateway {

/// Thrown on a request's way by whoever notices.
struct Fault : std::exception {
    Fault(std::string_view type, std::string message, std::string_view error_type, int status = 0)
        : type(type), message(std::move(message)), error_type(error_type), status(status) {}
    const char* what() const noexcept override { return message.c_str(); }

    std::string_view type;        ///< "THROTTLED"
    std::string message;          ///< "" is told as null
    std::string_view error_type;  ///< x-amzn-ErrorType
    int status;                   ///< 0: the type's own
    std::string validation;       ///< $context.error.validationErrorString
};

Fault missing_authentication_token();
Fault unauthorized();
Fault access_denied(std::string message);
/// Lambda's fault, or an answer of it that cannot be read.
Fault authorizer_failure();
Fault authorizer_misconfigured();
Fault invalid_api_key();
Fault throttled();
Fault quota_exceeded();
Fault missing_parameters(const std::string& names);
Fault invalid_body(std::string why);
Fault unsupported_media_type();
Fault too_large();
/// A body that is not compressed as it says.
Fault undecodable_body();
Fault integration_timeout();
Fault integration_failure();
/// What the API's own configuration makes impossible.
Fault misconfigured();
/// A function answered what is no answer.
Fault malformed_proxy_reply();

/// The API's own answer to the fault, or AWS's.
http::Response answer_fault(Exchange& exchange, const Fault& fault);

}  // namespace cumulet::apigateway
