// What IAM evaluates for API Gateway: the path of the request as an ARN,
// "arn:aws:apigateway:us-east-1::/restapis/abc/resources".
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html

#include "services/apigateway/service.h"

namespace cumulet::apigateway {

std::string Service::resource_of(const Call& call, const contracts::Operation& operation, const void* input) const {
    std::string path(operation.uri.substr(0, operation.uri.find('?')));
    for (const auto& member : operation.input->members) {
        if (member.location != contracts::Location::uri || member.optional) continue;
        const auto& value = *reinterpret_cast<const std::string*>(static_cast<const char*>(input) + member.offset);
        const auto label = fmt::format("{{{}}}", member.wire_name);
        if (const auto found = path.find(label); found != std::string::npos) path.replace(found, label.size(), value);
    }
    return fmt::format("arn:aws:apigateway:{}::{}", call.region, path);
}

}  // namespace cumulet::apigateway
