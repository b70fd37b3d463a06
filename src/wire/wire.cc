#include "wire/wire.h"

#include "base/bytes.h"
#include "base/gzip.h"
#include "wire/protocols.h"
#include "wire/rest.h"

namespace cumulet::wire {

const Member* message_member(const aws::Error& error) {
    const auto* shape = error.shape();
    if (!shape) return nullptr;
    for (const auto& member : shape->members) {
        if (member.name == "message" || member.name == "Message") return &member;
    }
    return nullptr;
}

bool takes_stream(const Operation& operation) {
    const auto* payload = payload_of(*operation.input);
    return payload && is_stream(*payload->shape);
}

namespace {

/// SDKs compress requests whose body is one message:
/// https://smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait
void decompress(Protocol protocol, http::Request& request) {
    if (protocol == Protocol::rest_json || protocol == Protocol::rest_xml)
        return;  // the encoding may be the payload's own
    const auto encoding = request.headers.get("content-encoding");
    for (const std::string_view plain : {"", "identity", "amz-1.0"}) {
        if (equal_ignoring_case(encoding, plain)) return;
    }
    constexpr size_t max_bytes = 64 * 1024 * 1024;
    std::optional<std::string> body;
    if (equal_ignoring_case(encoding, "gzip")) body = gunzip(request.body, max_bytes);
    // What DynamoDB answers to anything else.
    if (!body) throw aws::Error("InternalServerError", "Internal server error", 500, false);
    request.body = std::move(*body);
}

}  // namespace

void decode(Protocol protocol, const Service& service, const Operation& operation, http::Request& request,
            const UriLabels& labels, void* input, Violations& violations) {
    decompress(protocol, request);
    Seen seen;
    Incoming in{service, operation, request, labels, input, seen, violations, {}};
    switch (protocol) {
        case Protocol::aws_json_1_0:
        case Protocol::aws_json_1_1: aws_json::decode(in); break;
        case Protocol::aws_query: query::decode(in); break;
        case Protocol::ec2_query: ec2::decode(in); break;
        case Protocol::rest_json: rest_json::decode(in); break;
        case Protocol::rest_xml: rest_xml::decode(in); break;
        case Protocol::rpc_v2_cbor: rpc_v2_cbor::decode(in); break;
    }
    if (!operation.input->constrained) return;
    require_members(*operation.input, seen, in.path, violations);
    validate(*operation.input, input, violations);
}

http::Response encode(Protocol protocol, const Service& service, const Operation& operation, const void* output,
                      std::string_view request_id) {
    const Outgoing out{service, operation, output, request_id};
    switch (protocol) {
        case Protocol::aws_query: return query::encode(out);
        case Protocol::ec2_query: return ec2::encode(out);
        case Protocol::rest_json: return rest_json::encode(out);
        case Protocol::rest_xml: return rest_xml::encode(out);
        case Protocol::rpc_v2_cbor: return rpc_v2_cbor::encode(out);
        default: return aws_json::encode(protocol, out);
    }
}

http::Response encode_error(Protocol protocol, const Service* service, const aws::Error& error,
                            std::string_view request_id) {
    const Failure failure{protocol, service, error, request_id};
    switch (protocol) {
        case Protocol::aws_query: return query::encode_error(failure);
        case Protocol::ec2_query: return ec2::encode_error(failure);
        case Protocol::rest_json: return rest_json::encode_error(failure);
        case Protocol::rest_xml: return rest_xml::encode_error(failure);
        case Protocol::rpc_v2_cbor: return rpc_v2_cbor::encode_error(failure);
        default: return aws_json::encode_error(failure);
    }
}

}  // namespace cumulet::wire
