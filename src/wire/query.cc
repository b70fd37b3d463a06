// awsQuery: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html

#include "wire/form.h"
#include "wire/protocols.h"

namespace cumulet::wire::query {
namespace {

/// SQS's older clients name the queue by the URL that they post to.
void take_queue_from_url(Incoming& in) {
    if (in.service.name != "sqs" || in.request.path.size() < 2) return;
    for (const auto& member : in.operation.input->members) {
        if (member.name != "QueueUrl" || member.shape->kind != Kind::string) continue;
        const auto index = size_t(&member - in.operation.input->members.data());
        if (in.seen.test(index)) return;
        as<std::string>(place_of(member, in.input)) =
            fmt::format("{}://{}{}", in.request.tls ? "https" : "http", in.request.host(), in.request.path);
        in.seen.set(index);
        return;
    }
}

/// A form cannot tell an empty list from none: a batch without entries is an empty one.
void take_no_entries(Incoming& in) {
    if (in.service.name != "sqs") return;
    const auto& members = in.operation.input->members;
    for (size_t index = 0; index < members.size(); ++index) {
        if (members[index].name == "Entries" && members[index].shape->kind == Kind::list) in.seen.set(index);
    }
}

}  // namespace

void decode(Incoming& in) {
    read_form(in.request, *in.operation.input, in.input, XmlNames::query, in.path, in.seen, in.violations);
    take_queue_from_url(in);
    take_no_entries(in);
}

http::Response encode(const Outgoing& out) {
    const auto& operation = out.operation;
    http::Response response;
    response.headers.add("Content-Type", "text/xml");
    response.headers.add("x-amzn-RequestId", std::string(out.request_id));
    std::string& body = response.body;
    body = fmt::format("<?xml version=\"1.0\"?><{}Response xmlns=\"", operation.name);
    append_xml_text(body, out.service.xml_namespace);
    body += "\">";
    // A service whose own protocol is another one does not name its results' wrappers.
    const std::string wrapper = !operation.result_wrapper.empty()   ? std::string(operation.result_wrapper)
                                : operation.output->members.empty() ? ""
                                                                    : fmt::format("{}Result", operation.name);
    if (!wrapper.empty()) {
        body += fmt::format("<{}>", wrapper);
        append_xml_members(body, *operation.output, out.output, XmlNames::query);
        body += fmt::format("</{}>", wrapper);
    }
    body += fmt::format("<ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{}Response>", out.request_id,
                        operation.name);
    return response;
}

http::Response encode_error(const Failure& failure) {
    const auto& error = failure.error;
    http::Response response;
    response.status = error.status;
    response.headers.add("Content-Type", "text/xml");
    response.headers.add("x-amzn-RequestId", std::string(failure.request_id));
    std::string& body = response.body;
    body = "<?xml version=\"1.0\"?><ErrorResponse";
    if (failure.service && !failure.service->xml_namespace.empty()) {
        body += " xmlns=\"";
        append_xml_text(body, failure.service->xml_namespace);
        body += '"';
    }
    body += fmt::format("><Error><Type>{}</Type>", fault_of(error));
    append_xml_error(body, error, query_code_of(error), XmlNames::query);
    body += fmt::format("</Error><RequestId>{}</RequestId></ErrorResponse>", failure.request_id);
    return response;
}

}  // namespace cumulet::wire::query
