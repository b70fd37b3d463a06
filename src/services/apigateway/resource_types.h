// What the resource types of this folder share.
#pragma once

#include "contracts/reflect.h"
#include "contracts/resource.h"
#include "contracts/resource_marks.h"
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
/// The object `name`, empty where there is none.
const json::object& object_of(const json::object& properties, std::string_view name);
/// A segment of a patch path.
std::string escaped(std::string_view text);

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

/// "remove" and "add" for what differs in the list of texts `name`: "<path><element>".
void patch_named_elements(std::vector<aws::apigateway::PatchOperation>& patches, const json::object& before,
                          const json::object& after, std::string_view name, const std::string& path);
/// The same where the element is the patch's value.
void patch_valued_elements(std::vector<aws::apigateway::PatchOperation>& patches, const json::object& before,
                           const json::object& after, std::string_view name, const std::string& path);
/// What differs in an EndpointConfiguration.
void patch_endpoint(std::vector<aws::apigateway::PatchOperation>& patches, const json::object& before,
                    const json::object& after);

contracts::Resource resource_with(std::string id, std::string_view attribute = "");

/// Makes the tags of "/apikeys/abc" these, but for marks.
Task<void> replace_tags(Call& call, aws::apigateway::Client gateway, std::string path,
                        std::map<std::string, std::string> tags);

/// What has in common what belongs to an API for good, and ends with it.
class PartOfApi : public contracts::ResourceType {
  public:
    /// `lasting` are the properties whose change needs a new resource.
    PartOfApi(contracts::Door& door, std::string_view name, std::initializer_list<std::string_view> lasting)
        : gateway_(door), name_(name), lasting_(lasting) {}
    std::string_view name() const override { return name_; }
    bool needs_replacement(const json::object& before, const json::object& after) const override;
    Task<void> remove(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                      json::object properties) override;

  protected:
    virtual Task<void> erase(Call& call, std::string api_id, std::string id) = 0;
    aws::apigateway::Client gateway_;

  private:
    std::string_view name_;
    std::vector<std::string_view> lasting_;
};

void add_api_types(Types& types, contracts::Door& door);             // api_resources.cc
void add_stage_types(Types& types, contracts::Door& door);           // stage_resources.cc
void add_method_type(Types& types, contracts::Door& door);           // method_resource.cc
void add_access_types(Types& types, contracts::Door& door);          // access_resources.cc
void add_domain_types(Types& types, contracts::Door& door);          // domain_resources.cc
void add_private_domain_types(Types& types, contracts::Door& door);  // private_domain_resources.cc
void add_documentation_types(Types& types, contracts::Door& door);   // documentation_resources.cc
void add_connection_types(Types& types, contracts::Door& door);      // connection_resources.cc

}  // namespace cumulet::apigateway
