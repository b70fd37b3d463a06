// What CloudFormation may create of REST APIs: AWS::ApiGateway::Resource, Model, RequestValidator, GatewayResponse and
// Authorizer here; RestApi, Deployment and Stage in api_resources.cc, Method in method_resource.cc, ApiKey, UsagePlan,
// UsagePlanKey and Account in access_resources.cc.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_ApiGateway.html

#include "contracts/error.h"
#include "services/apigateway/resource_types.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

json::value in_members_names(const contracts::Shape& shape, const json::value& value);

json::object object_in_members_names(const contracts::Shape& shape, const json::object& properties) {
    json::object result;
    for (const auto& [name, value] : properties) {
        std::string member(name);
        if (!member.empty()) member[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(member[0])));
        const auto found = std::ranges::find(shape.members, std::string_view(member), &contracts::Member::name);
        // What is not known keeps its name, so that the complaint about it has that.
        if (found == shape.members.end()) {
            result[name] = value;
        } else {
            result[member] = in_members_names(*found->shape, value);
        }
    }
    return result;
}

json::value in_members_names(const contracts::Shape& shape, const json::value& value) {
    if (shape.kind == contracts::Kind::structure && value.is_object())
        return object_in_members_names(shape, value.as_object());
    if (shape.kind == contracts::Kind::list && value.is_array()) {
        json::array list;
        for (const auto& element : value.as_array()) list.push_back(in_members_names(*shape.element, element));
        return list;
    }
    if (shape.kind == contracts::Kind::map && value.is_object()) {
        json::object map;
        for (const auto& [key, member] : value.as_object()) map[key] = in_members_names(*shape.element, member);
        return map;
    }
    // A template may write a document where AWS wants its text.
    if (shape.kind == contracts::Kind::string && (value.is_object() || value.is_array()))
        return json::string(json::serialize(value));
    return value;
}

std::string plain_text(const json::value& value) {
    return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

}  // namespace

json::object in_members_names(const contracts::Shape& shape, const json::object& properties) {
    return object_in_members_names(shape, properties);
}

json::object without(json::object properties, std::initializer_list<std::string_view> names) {
    for (const auto name : names) properties.erase(name);
    return properties;
}

std::string text_of(const json::object& properties, std::string_view name) {
    const auto* value = properties.if_contains(name);
    return value ? plain_text(*value) : "";
}

void add_patch(std::vector<PatchOperation>& patches, std::string op, std::string path, std::string value) {
    PatchOperation patch;
    patch.op = std::move(op);
    patch.path = std::move(path);
    patch.value = std::move(value);
    patches.push_back(std::move(patch));
}

std::vector<PatchOperation> patches_for(const json::object& before, const json::object& after,
                                        std::initializer_list<PatchedProperty> properties) {
    std::vector<PatchOperation> patches;
    for (const auto& property : properties) {
        if (contracts::any_differs(before, after, {property.name}))
            add_patch(patches, "replace", std::string(property.path), text_of(after, property.name));
    }
    return patches;
}

std::map<std::string, std::string> tags_for(const contracts::ResourceContext& context, const json::object& properties) {
    return contracts::merged_tags(context, properties);
}

contracts::Resource resource_with(std::string id, std::string_view attribute) {
    contracts::Resource resource;
    if (!attribute.empty()) resource.attributes[attribute] = id;
    resource.physical_id = std::move(id);
    return resource;
}

namespace {

/// What the five have in common: they belong to an API for good, and end with it.
class PartOfApi : public contracts::ResourceType {
  public:
    PartOfApi(contracts::Door& door, std::string_view name, std::initializer_list<std::string_view> lasting)
        : gateway_(door), name_(name), lasting_(lasting) {}
    std::string_view name() const override { return name_; }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return std::ranges::any_of(
            lasting_, [&](std::string_view property) { return contracts::any_differs(before, after, {property}); });
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id,
                      json::object properties) override {
        try {
            co_await erase(call, text_of(properties, "RestApiId"), std::move(physical_id));
        } catch (const NotFoundException&) {
            // gone already, or its API is
        }
    }

  protected:
    virtual Task<void> erase(Call& call, std::string api_id, std::string id) = 0;
    Client gateway_;

  private:
    std::string_view name_;
    std::vector<std::string_view> lasting_;
};

class ResourceResource final : public PartOfApi {
  public:
    explicit ResourceResource(contracts::Door& door)
        : PartOfApi(door, "AWS::ApiGateway::Resource", {"RestApiId", "ParentId", "PathPart"}) {}

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        auto request = request_of<CreateResourceRequest>("CreateResource", properties);
        std::exception_ptr conflict;
        try {
            const auto made = co_await gateway_.create_resource(call, request);
            co_return resource_with(*made.id, "ResourceId");
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the resource that its first try made.
        const auto all = co_await gateway_.get_resources(call, {.restApiId = request.restApiId, .limit = 500});
        for (const auto& resource : *all.items) {
            if (resource.parentId == request.parentId && resource.pathPart == request.pathPart &&
                !resource.resourceMethods)
                co_return resource_with(*resource.id, "ResourceId");
        }
        std::rethrow_exception(conflict);
    }
    Task<contracts::Resource> update(Call&, const contracts::ResourceContext&, std::string physical_id, json::object,
                                     json::object) override {
        co_return resource_with(std::move(physical_id), "ResourceId");
    }

  private:
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        co_await gateway_.delete_resource(call, {std::move(api_id), std::move(id)});
    }
};

class ModelResource final : public PartOfApi {
  public:
    explicit ModelResource(contracts::Door& door)
        : PartOfApi(door, "AWS::ApiGateway::Model", {"RestApiId", "Name", "ContentType"}) {}

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        if (!properties.contains("Name")) {
            std::string name = context.generated_name;
            std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
            properties["Name"] = name;
        }
        if (!properties.contains("ContentType")) properties["ContentType"] = "application/json";
        const auto request = request_of<CreateModelRequest>("CreateModel", properties);
        bool there = false;
        try {
            co_await gateway_.create_model(call, request);
        } catch (const ConflictException&) {
            there = true;
        }
        if (there) {  // by this step's first try, or nothing else changes by taking it over
            const auto known =
                co_await gateway_.get_model(call, {.restApiId = request.restApiId, .modelName = request.name});
            if (known.schema != request.schema) throw ConflictException("Model name already exists for this REST API");
        }
        co_return resource_with(request.name);
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        UpdateModelRequest request{.restApiId = text_of(after, "RestApiId"), .modelName = physical_id};
        request.patchOperations = patches_for(before, after, {{"Description", "/description"}, {"Schema", "/schema"}});
        co_await gateway_.update_model(call, std::move(request));
        co_return resource_with(std::move(physical_id));
    }

  private:
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        co_await gateway_.delete_model(call, {std::move(api_id), std::move(id)});
    }
};

class RequestValidatorResource final : public PartOfApi {
  public:
    explicit RequestValidatorResource(contracts::Door& door)
        : PartOfApi(door, "AWS::ApiGateway::RequestValidator", {"RestApiId", "Name"}) {}

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        if (!properties.contains("Name")) properties["Name"] = context.generated_name;
        const auto request = request_of<CreateRequestValidatorRequest>("CreateRequestValidator", properties);
        const auto made = co_await gateway_.create_request_validator(call, request);
        co_return resource_with(*made.id, "RequestValidatorId");
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        UpdateRequestValidatorRequest request{.restApiId = text_of(after, "RestApiId"),
                                              .requestValidatorId = physical_id};
        request.patchOperations = patches_for(before, after,
                                              {{"ValidateRequestBody", "/validateRequestBody"},
                                               {"ValidateRequestParameters", "/validateRequestParameters"}});
        co_await gateway_.update_request_validator(call, std::move(request));
        co_return resource_with(std::move(physical_id), "RequestValidatorId");
    }

  private:
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        co_await gateway_.delete_request_validator(call, {std::move(api_id), std::move(id)});
    }
};

class GatewayResponseResource final : public PartOfApi {
  public:
    explicit GatewayResponseResource(contracts::Door& door)
        : PartOfApi(door, "AWS::ApiGateway::GatewayResponse", {"RestApiId", "ResponseType"}) {}

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        const auto request = request_of<PutGatewayResponseRequest>("PutGatewayResponse", properties);
        co_await gateway_.put_gateway_response(call, request);
        co_return resource_with(request.responseType, "Id");
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string, json::object,
                                     json::object after) override {
        co_return co_await create(call, context, std::move(after));
    }

  private:
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        co_await gateway_.delete_gateway_response(call, {std::move(api_id), std::move(id)});
    }
};

class AuthorizerResource final : public PartOfApi {
  public:
    explicit AuthorizerResource(contracts::Door& door)
        : PartOfApi(door, "AWS::ApiGateway::Authorizer", {"RestApiId", "ProviderARNs"}) {}

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        if (!properties.contains("Name")) properties["Name"] = context.generated_name;
        const auto request = request_of<CreateAuthorizerRequest>("CreateAuthorizer", properties);
        // A step that is repeated after a crash finds the authorizer that its first try made: names are unique.
        const auto all = co_await gateway_.get_authorizers(call, {.restApiId = request.restApiId, .limit = 500});
        for (const auto& authorizer : *all.items) {
            if (authorizer.name == request.name && authorizer.authorizerUri == request.authorizerUri &&
                authorizer.type == request.type)
                co_return resource_with(*authorizer.id, "AuthorizerId");
        }
        const auto made = co_await gateway_.create_authorizer(call, request);
        co_return resource_with(*made.id, "AuthorizerId");
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        UpdateAuthorizerRequest request{.restApiId = text_of(after, "RestApiId"), .authorizerId = physical_id};
        request.patchOperations = patches_for(before, after,
                                              {{"Name", "/name"},
                                               {"Type", "/type"},
                                               {"AuthorizerUri", "/authorizerUri"},
                                               {"AuthorizerCredentials", "/authorizerCredentials"},
                                               {"IdentitySource", "/identitySource"},
                                               {"IdentityValidationExpression", "/identityValidationExpression"},
                                               {"AuthorizerResultTtlInSeconds", "/authorizerResultTtlInSeconds"}});
        co_await gateway_.update_authorizer(call, std::move(request));
        co_return resource_with(std::move(physical_id), "AuthorizerId");
    }

  private:
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        co_await gateway_.delete_authorizer(call, {std::move(api_id), std::move(id)});
    }
};

}  // namespace

Types resource_types(contracts::Door& door) {
    Types types;
    add_api_types(types, door);
    add_method_type(types, door);
    add_access_types(types, door);
    add_domain_types(types, door);
    types.push_back(std::make_unique<ResourceResource>(door));
    types.push_back(std::make_unique<ModelResource>(door));
    types.push_back(std::make_unique<RequestValidatorResource>(door));
    types.push_back(std::make_unique<GatewayResponseResource>(door));
    types.push_back(std::make_unique<AuthorizerResource>(door));
    return types;
}

}  // namespace cumulet::apigateway
