// awsJson 1.0 and 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html

#include "base/hash.h"
#include "base/json.h"
#include "wire/json_writer.h"
#include "wire/protocols.h"

namespace cumulet::wire::aws_json {
namespace {

constexpr std::string_view dynamodb_package = "com.amazonaws.dynamodb.v20120810.";
constexpr size_t max_dynamodb_bytes = 16 * 1024 * 1024;

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

bool is_dynamodb(std::string_view service) { return service == "dynamodb" || service == "dynamodbstreams"; }

/// DynamoDB's SDKs compare it with what they received.
void add_checksum(http::Response& response) {
    response.headers.add("x-amz-crc32", std::to_string(crc32(response.body)));
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
    const bool dynamodb = in.service.name == "dynamodb";
    if (dynamodb && in.request.body.size() > max_dynamodb_bytes) {
        throw aws::Error("RequestEntityTooLarge", "The request is larger than 16 MB", 413);
    }
    const JsonDialect dialect{.java_package = dynamodb ? dynamodb_package : "", .boolean_words = dynamodb};
    read_json(in.request.body, *in.operation.input, in.input, dialect, in.path, in.seen, in.violations);
}

http::Response encode(Protocol protocol, const Outgoing& out) {
    http::Response response;
    response.headers.add("Content-Type", content_type(protocol));
    response.headers.add("x-amzn-RequestId", std::string(out.request_id));
    response.body.reserve(256);
    const auto& shape = *out.operation.output;
    const bool dynamodb = is_dynamodb(out.service.name);
    if (!dynamodb || !shape.members.empty()) {  // DynamoDB's answer without members is no object, but empty
        response.body += '{';
        append_json_members(response.body, shape, out.output, JsonNames::member);
        response.body += '}';
    }
    if (dynamodb) add_checksum(response);
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
    if (failure.service && is_dynamodb(failure.service->name)) add_checksum(response);
    return response;
}

}  // namespace cumulet::wire::aws_json
