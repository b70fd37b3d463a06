// Documentation parts and versions: create, get, list, update, delete. A version keeps the parts as they were.
// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDocumentationPart.html

#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr PatchRule part_rules[] = {{"/properties", "replace"}};
constexpr PatchTable part_table{part_rules};
constexpr PatchRule version_rules[] = {{"/description", "replace"}};
constexpr PatchTable version_table{version_rules};

void check_properties(const std::optional<std::string>& properties) {
    const auto parsed = parse_json(properties.value_or(""));
    if (!parsed || !parsed->is_object())
        throw BadRequestException("Documentation properties must be a JSON object");  // Unverified: the words.
}

}  // namespace

Task<DocumentationPart> Service::create_documentation_part(Call& call, CreateDocumentationPartRequest request) {
    DocumentationPart part;
    part.id = new_id(call.random(), 6);
    part.location = request.location;
    part.properties = request.properties;
    check_properties(part.properties);
    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_api(tx, place);
        co_await check_room<DocumentationPart>(tx, place);
        for (const auto& other : co_await all_items<DocumentationPart>(tx, place)) {
            // Unverified: the words.
            if (other.location == part.location)
                throw ConflictException("Documentation part already exists for the specified location");
        }
        save_item(tx, place, part);
    });
    co_return part;
}

Task<DocumentationPart> Service::get_documentation_part(Call& call, GetDocumentationPartRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<DocumentationPart> {
        return load_item<DocumentationPart>(tx, place_of(call, request.restApiId), request.documentationPartId);
    });
}

Task<DocumentationParts> Service::get_documentation_parts(Call& call, GetDocumentationPartsRequest request) {
    if (request.locationStatus.value_or("DOCUMENTED") != "DOCUMENTED")
        throw unsupported("GetDocumentationParts with locationStatus");
    const auto place = place_of(call, request.restApiId);
    auto parts = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<DocumentationPart>> {
        co_await load_api(tx, place);
        co_return co_await all_items<DocumentationPart>(tx, place);
    });
    std::erase_if(parts, [&](const DocumentationPart& part) {
        const auto& location = *part.location;
        return (request.type && location.type != *request.type) || (request.path && location.path != request.path) ||
               (request.nameQuery && !location.name.value_or("").contains(*request.nameQuery));
    });
    auto page = page_of(std::move(parts), request.limit, request.position);
    co_return DocumentationParts{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<DocumentationPart> Service::update_documentation_part(Call& call, UpdateDocumentationPartRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<DocumentationPart> {
        const auto before = co_await load_item<DocumentationPart>(tx, place, request.documentationPartId);
        auto part = patched(before, "GetDocumentationPart", part_table, request.patchOperations);
        check_properties(part.properties);
        save_item(tx, place, part);
        co_return part;
    });
}

Task<DeleteDocumentationPartResponse> Service::delete_documentation_part(Call& call,
                                                                         DeleteDocumentationPartRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_api(tx, place);
        co_await load_item<DocumentationPart>(tx, place, request.documentationPartId);
        erase_item<DocumentationPart>(tx, place, request.documentationPartId);
    });
    co_return DeleteDocumentationPartResponse{};
}

Task<DocumentationVersion> Service::create_documentation_version(Call& call,
                                                                 CreateDocumentationVersionRequest request) {
    DocumentationVersion version;
    version.version = request.documentationVersion;
    version.createdDate = call.now();
    version.description = request.description;
    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_api(tx, place);
        co_await check_room<DocumentationVersion>(tx, place);
        // Unverified: the words.
        if (co_await find_item<DocumentationVersion>(tx, place, request.documentationVersion))
            throw ConflictException("Documentation version already exists");
        save_item(tx, place, version);
        for (const auto& part : co_await all_items<DocumentationPart>(tx, place))
            save_item(tx, place_of_version(place, request.documentationVersion), part);
        if (!request.stageName) co_return;
        auto stage = co_await load_item<Stage>(tx, place, *request.stageName);
        stage.documentationVersion = request.documentationVersion;
        save_item(tx, place, stage);
    });
    co_return version;
}

Task<DocumentationVersion> Service::get_documentation_version(Call& call, GetDocumentationVersionRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<DocumentationVersion> {
        return load_item<DocumentationVersion>(tx, place_of(call, request.restApiId), request.documentationVersion);
    });
}

Task<DocumentationVersions> Service::get_documentation_versions(Call& call, GetDocumentationVersionsRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<DocumentationVersion>> {
        co_await load_api(tx, place_of(call, request.restApiId));
        co_return co_await list_items<DocumentationVersion>(tx, place_of(call, request.restApiId), request.limit,
                                                            request.position);
    });
    co_return DocumentationVersions{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<DocumentationVersion> Service::update_documentation_version(Call& call,
                                                                 UpdateDocumentationVersionRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<DocumentationVersion> {
        const auto before = co_await load_item<DocumentationVersion>(tx, place, request.documentationVersion);
        auto version = patched(before, "GetDocumentationVersion", version_table, request.patchOperations);
        save_item(tx, place, version);
        co_return version;
    });
}

Task<DeleteDocumentationVersionResponse> Service::delete_documentation_version(
    Call& call, DeleteDocumentationVersionRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<DocumentationVersion>(tx, place, request.documentationVersion);
        for (const auto& stage : co_await all_items<Stage>(tx, place)) {
            // Unverified: the words.
            if (stage.documentationVersion == request.documentationVersion)
                throw ConflictException("Documentation version is in use by the stage " + *stage.stageName);
        }
        erase_item<DocumentationVersion>(tx, place, request.documentationVersion);
        const auto kept = place_of_version(place, request.documentationVersion);
        for (const auto& part : co_await all_items<DocumentationPart>(tx, kept))
            erase_item<DocumentationPart>(tx, kept, *part.id);
    });
    co_return DeleteDocumentationVersionResponse{};
}

}  // namespace cumulet::apigateway
