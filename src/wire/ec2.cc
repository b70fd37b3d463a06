// ec2Query: https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html

#include "wire/form.h"
#include "wire/protocols.h"

namespace cumulet::wire::ec2 {

void decode(Incoming& in) {
    read_form(in.request, *in.operation.input, in.input, XmlNames::ec2, in.path, in.seen, in.violations);
}

http::Response encode(const Outgoing& out) {
    http::Response response;
    response.headers.add("Content-Type", "text/xml;charset=UTF-8");
    response.headers.add("x-amzn-RequestId", std::string(out.request_id));
    std::string& body = response.body;
    body = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{}Response xmlns=\"", out.operation.name);
    append_xml_text(body, out.service.xml_namespace);
    body += fmt::format("\"><requestId>{}</requestId>", out.request_id);
    append_xml_members(body, *out.operation.output, out.output, XmlNames::ec2);
    body += fmt::format("</{}Response>", out.operation.name);
    return response;
}

http::Response encode_error(const Failure& failure) {
    const auto& error = failure.error;
    http::Response response;
    response.status = error.status;
    response.headers.add("Content-Type", "text/xml;charset=UTF-8");
    response.headers.add("x-amzn-RequestId", std::string(failure.request_id));
    std::string& body = response.body;
    body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Errors><Error>";
    append_xml_error(body, error, query_code_of(error), XmlNames::ec2);
    body += fmt::format("</Error></Errors><RequestID>{}</RequestID></Response>", failure.request_id);
    return response;
}

}  // namespace cumulet::wire::ec2
