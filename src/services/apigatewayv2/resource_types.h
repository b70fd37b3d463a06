// What the resource types of this folder share. CloudFormation's properties have the names of the operations' members.
#pragma once

#include "contracts/reflect.h"
#include "contracts/resource.h"
#include "contracts/resource_marks.h"
#include "services/apigatewayv2/open_api.h"

namespace cumulet::apigatewayv2 {

/// The input of `operation` with these properties. Throws aws::validation_error for a property that it does not have.
template <typename Request>
Request request_of(std::string_view operation, const json::object& properties) {
    Request request;
    contracts::from_json(*aws::apigatewayv2::service.find(operation)->input, &request, properties);
    return request;
}

json::object without(json::object properties, std::initializer_list<std::string_view> names);
/// True if one of `names` was set before and is not any more.
bool removed(const json::object& before, const json::object& after, std::initializer_list<std::string_view> names);

std::string api_arn(const Call& call, std::string_view api_id);
/// Makes the tags of `arn` these, but for marks.
Task<void> replace_tags(Call& call, aws::apigatewayv2::Client gateway, std::string arn,
                        std::map<std::string, std::string> tags);

std::string api_of(const json::object& properties);
/// `attribute` is what Fn::GetAtt knows the id by, "" if by nothing.
contracts::Resource resource_of(std::string id, std::string_view attribute);

/// What has in common what belongs to an API for good, and ends with it.
class PartOfApi : public contracts::ResourceType {
  public:
    explicit PartOfApi(contracts::Door& door) : gateway_(door) {}
    bool needs_replacement(const json::object& before, const json::object& after) const override;
    Task<void> remove(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                      json::object properties) override;

  protected:
    virtual Task<void> erase(Call& call, std::string api_id, std::string id) = 0;
    aws::apigatewayv2::Client gateway_;
};

/// AWS::ApiGatewayV2::RouteResponse and IntegrationResponse.
std::vector<std::unique_ptr<contracts::ResourceType>> response_resources(contracts::Door& door);
std::unique_ptr<contracts::ResourceType> api_resource(contracts::Door& door);
std::unique_ptr<contracts::ResourceType> model_resource(contracts::Door& door);
std::unique_ptr<contracts::ResourceType> vpc_link_resource(contracts::Door& door);
std::unique_ptr<contracts::ResourceType> managed_overrides_resource(contracts::Door& door);
void add_domain_types(std::vector<std::unique_ptr<contracts::ResourceType>>& types, contracts::Door& door);

}  // namespace cumulet::apigatewayv2
