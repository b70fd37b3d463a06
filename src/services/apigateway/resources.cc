// What CloudFormation may create of REST APIs: AWS::ApiGateway::Resource, Model, RequestValidator, GatewayResponse and
// Authorizer here; the others in the files that end in _resources.cc.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_ApiGateway.html

#include "contracts/error.h"
#include "services/apigateway/resource_types.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

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
        : PartOfApi(door, "AWS::ApiGateway::Authorizer", {"RestApiId"}) {}

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
                                               {"AuthType", "/authType"},
                                               {"AuthorizerResultTtlInSeconds", "/authorizerResultTtlInSeconds"}});
        patch_valued_elements(*request.patchOperations, before, after, "ProviderARNs", "/providerARNs");
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
    add_stage_types(types, door);
    add_method_type(types, door);
    add_access_types(types, door);
    add_domain_types(types, door);
    add_private_domain_types(types, door);
    add_documentation_types(types, door);
    add_connection_types(types, door);
    types.push_back(std::make_unique<ResourceResource>(door));
    types.push_back(std::make_unique<ModelResource>(door));
    types.push_back(std::make_unique<RequestValidatorResource>(door));
    types.push_back(std::make_unique<GatewayResponseResource>(door));
    types.push_back(std::make_unique<AuthorizerResource>(door));
    return types;
}

}  // namespace cumulet::apigateway
