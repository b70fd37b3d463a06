// AWS::ApiGateway::DocumentationPart and DocumentationVersion for CloudFormation.

#include "services/apigateway/resource_types.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

class DocumentationPartResource final : public PartOfApi {
  public:
    explicit DocumentationPartResource(contracts::Door& door)
        : PartOfApi(door, "AWS::ApiGateway::DocumentationPart", {"RestApiId", "Location"}) {}

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        const auto request = request_of<CreateDocumentationPartRequest>("CreateDocumentationPart", properties);
        std::exception_ptr conflict;
        try {
            const auto made = co_await gateway_.create_documentation_part(call, request);
            co_return resource_with(*made.id, "DocumentationPartId");
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the part that its first try made.
        const auto all =
            co_await gateway_.get_documentation_parts(call, {.restApiId = request.restApiId, .limit = 500});
        for (const auto& part : *all.items) {
            if (part.location == request.location && part.properties == request.properties)
                co_return resource_with(*part.id, "DocumentationPartId");
        }
        std::rethrow_exception(conflict);
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        UpdateDocumentationPartRequest request{.restApiId = text_of(after, "RestApiId"),
                                               .documentationPartId = physical_id};
        request.patchOperations = patches_for(before, after, {{"Properties", "/properties"}});
        co_await gateway_.update_documentation_part(call, std::move(request));
        co_return resource_with(std::move(physical_id), "DocumentationPartId");
    }

  private:
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        co_await gateway_.delete_documentation_part(call, {std::move(api_id), std::move(id)});
    }
};

class DocumentationVersionResource final : public PartOfApi {
  public:
    explicit DocumentationVersionResource(contracts::Door& door)
        : PartOfApi(door, "AWS::ApiGateway::DocumentationVersion", {"RestApiId", "DocumentationVersion"}) {}

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        const auto request = request_of<CreateDocumentationVersionRequest>("CreateDocumentationVersion", properties);
        std::exception_ptr conflict;
        try {
            co_await gateway_.create_documentation_version(call, request);
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        if (conflict) {  // a step that is repeated after a crash finds the version that its first try made
            const auto known = co_await gateway_.get_documentation_version(
                call, {.restApiId = request.restApiId, .documentationVersion = request.documentationVersion});
            if (known.description != request.description) std::rethrow_exception(conflict);
        }
        co_return resource_with(request.documentationVersion);
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        UpdateDocumentationVersionRequest request{.restApiId = text_of(after, "RestApiId"),
                                                  .documentationVersion = physical_id};
        request.patchOperations = patches_for(before, after, {{"Description", "/description"}});
        co_await gateway_.update_documentation_version(call, std::move(request));
        co_return resource_with(std::move(physical_id));
    }

  private:
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        co_await gateway_.delete_documentation_version(call, {std::move(api_id), std::move(id)});
    }
};

}  // namespace

void add_documentation_types(Types& types, contracts::Door& door) {
    types.push_back(std::make_unique<DocumentationPartResource>(door));
    types.push_back(std::make_unique<DocumentationVersionResource>(door));
}

}  // namespace cumulet::apigateway
