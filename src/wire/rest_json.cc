// restJson1: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html

#include "base/json.h"
#include "wire/json_writer.h"
#include "wire/rest.h"

namespace cumulet::wire::rest_json {

void decode(Incoming& in) {
    read_bindings(in);
    const auto& shape = *in.operation.input;
    const auto& body = in.request.body;
    if (const auto* payload = payload_of(shape)) {
        if (read_raw_payload(in, *payload) || body.empty()) return;
        Seen seen;
        const Path path = in.path.member(*payload);
        read_json(body, *payload->shape, place_of(*payload, in.input), {.names = JsonNames::wire}, path, seen,
                  in.violations);
        see(in.seen, shape, *payload);
        if (payload->shape->kind == Kind::structure) require_members(*payload->shape, seen, path, in.violations);
    } else if (!body.empty() && has_body_members(shape)) {
        read_json(body, shape, in.input, {.names = JsonNames::wire}, in.path, in.seen, in.violations);
    }
}

http::Response encode(const Outgoing& out) {
    const auto& shape = *out.operation.output;
    http::Response response;
    response.status = out.operation.status;
    response.headers.add("x-amzn-RequestId", std::string(out.request_id));
    write_bindings(shape, out.output, response);
    if (const auto* payload = payload_of(shape)) {
        const void* value = value_of(*payload, out.output);
        if (!value || write_raw_payload(*payload, value, response)) return response;
        append_json(response.body, *payload->shape, value, JsonNames::wire);
    } else if (has_response_body(shape)) {
        response.body = "{";
        append_json_members(response.body, shape, out.output, JsonNames::wire);
        response.body += '}';
    }
    if (!response.body.empty() && !response.headers.has("Content-Type")) {
        response.headers.add("Content-Type", "application/json");
    }
    return response;
}

http::Response encode_error(const Failure& failure) {
    const auto& error = failure.error;
    http::Response response;
    response.status = error.status;
    response.headers.add("Content-Type", "application/json");
    response.headers.add("x-amzn-RequestId", std::string(failure.request_id));
    response.headers.add("x-amzn-ErrorType", error.code);
    response.body = "{";
    bool comma = false;
    if (!message_member(error) && !error.message.empty()) {
        response.body += "\"message\":";
        append_json_string(response.body, error.message);
        comma = true;
    }
    if (const auto* shape = error.shape()) {
        write_bindings(*shape, error.self(), response);
        append_json_members(response.body, *shape, error.self(), JsonNames::wire, comma);
        response.status = error.status;
    }
    response.body += '}';
    return response;
}

}  // namespace cumulet::wire::rest_json
