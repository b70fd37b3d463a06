// awsJson 1.0 and 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html

#include "base/json.h"
#include "wire/json_writer.h"
#include "wire/protocols.h"

namespace cumulet::wire::aws_json {
namespace {

std::string content_type(Protocol protocol) {
    return protocol == Protocol::aws_json_1_1 ? "application/x-amz-json-1.1" : "application/x-amz-json-1.0";
}

/// Errors that AWS's own framework raises before a service sees the call, and the namespace it gives them.
std::string_view framework_namespace(std::string_view code) {
    if (code == "SerializationException" || code == "UnknownOperationException" || code == "AccessDeniedException" ||
        code == "UnrecognizedClientException" || code == "MissingAuthenticationTokenException" ||
        code == "InvalidSignatureException" || code == "ExpiredTokenException" || code == "IncompleteSignature") {
        return "com.amazon.coral.service#";
    }
    if (code == "ValidationException") return "com.amazon.coral.validate#";
    return "";
}

}  // namespace

std::string qualified_code(const Service* service, std::string_view code) {
    std::string_view prefix;
    if (service && (service->name == "sqs" || service->name == "dynamodb")) {
        prefix = framework_namespace(code);
        if (prefix.empty()) {
            prefix = service->name == "sqs" ? "com.amazonaws.sqs#" : "com.amazonaws.dynamodb.v20120810#";
        }
    }
    return fmt::format("{}{}", prefix, code);
}

void decode(Incoming& in) {
    if (in.request.body.empty()) return;
    read_json(in.request.body, *in.operation.input, in.input, JsonNames::member, in.path, in.seen, in.violations);
}

http::Response encode(Protocol protocol, const Outgoing& out) {
    http::Response response;
    response.headers.add("Content-Type", content_type(protocol));
    response.headers.add("x-amzn-RequestId", std::string(out.request_id));
    response.body.reserve(256);
    response.body += '{';
    append_json_members(response.body, *out.operation.output, out.output, JsonNames::member);
    response.body += '}';
    return response;
}

http::Response encode_error(const Failure& failure) {
    const auto& error = failure.error;
    http::Response response;
    response.status = status_of(failure);
    response.headers.add("Content-Type", content_type(failure.protocol));
    response.headers.add("x-amzn-RequestId", std::string(failure.request_id));
    if (failure.service && failure.service->query_compatible) {
        response.headers.add("x-amzn-query-error", fmt::format("{};{}", query_code_of(error), fault_of(error)));
    }
    response.body = "{\"__type\":";
    append_json_string(response.body, qualified_code(failure.service, error.code));
    if (!message_member(error) && !error.message.empty()) {
        response.body += ",\"message\":";
        append_json_string(response.body, error.message);
    }
    if (const auto* shape = error.shape()) {
        append_json_members(response.body, *shape, error.self(), JsonNames::member, true);
    }
    response.body += '}';
    return response;
}

}  // namespace cumulet::wire::aws_json
