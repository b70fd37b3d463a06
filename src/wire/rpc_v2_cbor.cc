// rpcv2Cbor: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html

#include "wire/cbor.h"
#include "wire/protocols.h"

namespace cumulet::wire::rpc_v2_cbor {
namespace {

http::Response response_of(int status, std::string_view request_id) {
    http::Response response;
    response.status = status;
    response.headers.add("smithy-protocol", "rpc-v2-cbor");
    response.headers.add("x-amzn-RequestId", std::string(request_id));
    return response;
}

}  // namespace

void decode(Incoming& in) {
    if (in.request.body.empty()) return;
    read_cbor(in.request.body, *in.operation.input, in.input, in.path, in.seen, in.violations);
}

http::Response encode(const Outgoing& out) {
    auto response = response_of(200, out.request_id);
    response.headers.add("Content-Type", "application/cbor");
    append_cbor(response.body, *out.operation.output, out.output);
    return response;
}

http::Response encode_error(const Failure& failure) {
    const auto& error = failure.error;
    auto response = response_of(status_of(failure), failure.request_id);
    response.headers.add("Content-Type", "application/cbor");
    if (failure.service && failure.service->query_compatible) {
        response.headers.add("x-amzn-query-error", fmt::format("{};{}", query_code_of(error), fault_of(error)));
    }
    std::string& body = response.body;
    body += cbor_map_begin;
    append_cbor_text(body, "__type");
    append_cbor_text(body, aws_json::qualified_code(failure.service, error.code));
    if (!message_member(error) && !error.message.empty()) {
        append_cbor_text(body, "message");
        append_cbor_text(body, error.message);
    }
    if (const auto* shape = error.shape()) append_cbor_members(body, *shape, error.self());
    body += cbor_break;
    return response;
}

}  // namespace cumulet::wire::rpc_v2_cbor
