// From an integration's answer to the method's: selection, parameters, templates, content handling. Pure.
#pragma once

#include "services/apigateway/fault.h"

namespace cumulet::apigateway {

/// What an integration answered.
struct IntegrationAnswer {
    int status = 200;
    http::Headers headers;
    std::string body;
    std::shared_ptr<ByteStream> stream;  ///< instead of `body`
    std::optional<uint64_t> stream_size;
    /// What selection patterns are held against: the status, or the error of a Lambda function.
    std::string selected_by;
};

/// For integrations that are mapped. Throws Fault.
http::Response map_response(Exchange& exchange, const IntegrationAnswer& answer);
/// For HTTP_PROXY.
http::Response proxy_response(IntegrationAnswer answer);
/// What a MOCK integration answers to its mapped request. Throws Fault.
IntegrationAnswer mock_answer(const std::string& mapped_body);

}  // namespace cumulet::apigateway
