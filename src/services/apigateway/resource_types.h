// What the resource types of this folder share.
#pragma once

#include "contracts/reflect.h"
#include "contracts/resource.h"
#include "contracts/resource_tags.h"
#include "services/apigateway/storage.h"

namespace cumulet::apigateway {

using Types = std::vector<std::unique_ptr<contracts::ResourceType>>;

/// CloudFormation's properties with the names that the operation's input has: "RestApiId" as restApiId, to all depths.
/// Numbers, flags and texts convert.
json::object in_members_names(const contracts::Shape& shape, const json::object& properties);

/// The input of `operation` with these properties. Throws aws::validation_error for one that it does not have.
template <typename Request>
Request request_of(std::string_view operation, const json::object& properties) {
    const auto& shape = *aws::apigateway::service.find(operation)->input;
    Request request;
    contracts::from_json(shape, &request, in_members_names(shape, properties));
    return request;
}

json::object without(json::object properties, std::initializer_list<std::string_view> names);
std::string text_of(const json::object& properties, std::string_view name);

/// A property that may change in place, and the patch path that changes it.
struct PatchedProperty {
    std::string_view name;  ///< "AuthorizerUri"
    std::string_view path;  ///< "/authorizerUri"
};
/// "replace" for each that differs; what is not there any more becomes "".
std::vector<aws::apigateway::PatchOperation> patches_for(const json::object& before, const json::object& after,
                                                         std::initializer_list<PatchedProperty> properties);
void add_patch(std::vector<aws::apigateway::PatchOperation>& patches, std::string op, std::string path,
               std::string value);

/// The tags that CloudFormation gives. They need no operation where nothing changed.
std::map<std::string, std::string> tags_for(const contracts::ResourceContext& context, const json::object& properties);
contracts::Resource resource_with(std::string id, std::string_view attribute = "");

void add_api_types(Types& types, contracts::Door& door);     // api_resources.cc
void add_method_type(Types& types, contracts::Door& door);   // method_resource.cc
void add_access_types(Types& types, contracts::Door& door);  // access_resources.cc
void add_domain_types(Types& types, contracts::Door& door);  // domain_resources.cc

}  // namespace cumulet::apigateway
