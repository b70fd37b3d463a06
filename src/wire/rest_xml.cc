// restXml: https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html, and what S3 does differently.

#include "base/bytes.h"
#include "base/hash.h"
#include "wire/rest.h"
#include "wire/xml.h"

namespace cumulet::wire::rest_xml {
namespace {

constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

bool is_s3(const Service* service) { return service && service->name == "s3"; }

/// S3's extended request id: opaque to clients, the same for the same request.
std::string host_id(std::string_view request_id) { return to_base64(sha256(request_id)); }

void add_request_id(http::Response& response, const Service* service, std::string_view request_id) {
    if (is_s3(service)) {
        response.headers.add("x-amz-request-id", std::string(request_id));
        response.headers.add("x-amz-id-2", host_id(request_id));
    } else {
        response.headers.add("x-amzn-RequestId", std::string(request_id));
    }
}

void append_root(std::string& body, const Service& service, std::string_view name, const Shape& shape,
                 const void* value) {
    body += declaration;
    body += '<';
    body += name;
    if (shape.xml_namespace.empty() && !service.xml_namespace.empty()) {
        body += " xmlns=\"";
        append_xml_text(body, service.xml_namespace);
        body += '"';
    }
    append_xml_attributes(body, shape, value);
    body += '>';
    append_xml_members(body, shape, value, XmlNames::rest);
    body += fmt::format("</{}>", name);
}

/// GetBucketLocation's answer is the only member's text in the root itself.
void append_bucket_location(std::string& body, const Service& service, const Shape& shape, const void* value) {
    body += declaration;
    body += fmt::format("<LocationConstraint xmlns=\"{}\">", service.xml_namespace);
    for (const auto& member : shape.members) {
        const void* at = value_of(member, value);
        if (at && member.shape->kind == Kind::string) append_xml_text(body, as<std::string>(at));
    }
    body += "</LocationConstraint>";
}

std::string_view payload_name(const Member& payload) {
    if (payload.wire_name != payload.name) return payload.wire_name;
    return payload.shape->xml_name.empty() ? payload.shape->name : payload.shape->xml_name;
}

}  // namespace

void decode(Incoming& in) {
    read_bindings(in);
    const auto& shape = *in.operation.input;
    const auto& body = in.request.body;
    if (const auto* payload = payload_of(shape)) {
        if (read_raw_payload(in, *payload) || body.empty()) return;
        Seen seen;
        const Path path = in.path.member(*payload);
        read_xml(body, *payload->shape, place_of(*payload, in.input), path, seen, in.violations);
        see(in.seen, shape, *payload);
        if (payload->shape->kind == Kind::structure) require_members(*payload->shape, seen, path, in.violations);
    } else if (!body.empty() && has_body_members(shape)) {
        read_xml(body, shape, in.input, in.path, in.seen, in.violations);
    }
}

http::Response encode(const Outgoing& out) {
    const auto& shape = *out.operation.output;
    http::Response response;
    response.status = out.operation.status;
    add_request_id(response, &out.service, out.request_id);
    write_bindings(shape, out.output, response);
    // The model has no status for S3's partial answers; RFC 9110, 15.3.7.
    if (is_s3(&out.service) && response.headers.has("Content-Range")) response.status = 206;
    if (const auto* payload = payload_of(shape)) {
        const void* value = value_of(*payload, out.output);
        if (!value || write_raw_payload(*payload, value, response)) return response;
        append_root(response.body, out.service, payload_name(*payload), *payload->shape, value);
    } else if (has_response_body(shape)) {
        if (is_s3(&out.service) && out.operation.name == "GetBucketLocation") {
            append_bucket_location(response.body, out.service, shape, out.output);
        } else {
            append_root(response.body, out.service, shape.xml_name.empty() ? shape.name : shape.xml_name, shape,
                        out.output);
        }
    }
    if (!response.body.empty() && !response.headers.has("Content-Type")) {
        response.headers.add("Content-Type", "application/xml");
    }
    return response;
}

http::Response encode_error(const Failure& failure) {
    const auto& error = failure.error;
    http::Response response;
    add_request_id(response, failure.service, failure.request_id);
    if (const auto* shape = error.shape()) write_bindings(*shape, error.self(), response);
    response.status = error.status;
    if (error.status == 304) return response;  // Not Modified has no body
    response.headers.set("Content-Type", "application/xml");
    std::string& body = response.body;
    body = declaration;
    if (!failure.service || is_s3(failure.service)) {
        // S3's own common codes do not end in Exception.
        const std::string_view code = error.code == "AccessDeniedException" ? "AccessDenied"
                                      : error.code == "InternalFailure"     ? "InternalError"
                                      : error.code == "ThrottlingException" ? "SlowDown"
                                                                            : std::string_view(error.code);
        body += "<Error>";
        append_xml_error(body, error, code, XmlNames::rest);
        body += fmt::format("<RequestId>{}</RequestId><HostId>{}</HostId></Error>", failure.request_id,
                            host_id(failure.request_id));
        return response;
    }
    body += "<ErrorResponse";
    if (!failure.service->xml_namespace.empty()) {
        body += " xmlns=\"";
        append_xml_text(body, failure.service->xml_namespace);
        body += '"';
    }
    body += fmt::format("><Error><Type>{}</Type>", fault_of(error));
    append_xml_error(body, error, error.code, XmlNames::rest);
    body += fmt::format("</Error><RequestId>{}</RequestId></ErrorResponse>", failure.request_id);
    return response;
}

}  // namespace cumulet::wire::rest_xml
