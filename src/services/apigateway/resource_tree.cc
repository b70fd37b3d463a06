// CreateResource, GetResource, GetResources, UpdateResource, DeleteResource: the paths of an API.
// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html

#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr PatchRule rules[] = {{"/parentId", "replace"}, {"/pathPart", "replace"}};
constexpr PatchTable table{rules};

/// Without "methods" among what is embedded, a resource only names its methods.
Resource shown(Resource resource, const std::optional<std::vector<std::string>>& embed) {
    const bool whole = embed && contains(*embed, "methods");
    if (!whole && resource.resourceMethods) {
        for (auto& [name, method] : *resource.resourceMethods) method = Method();
    }
    return resource;
}

const Resource* find_by_id(const std::vector<Resource>& resources, const std::optional<std::string>& id) {
    const auto found = std::ranges::find(resources, id, &Resource::id);
    return found == resources.end() ? nullptr : &*found;
}

const Resource& parent_of(const std::vector<Resource>& resources, const Resource& resource) {
    const auto* parent = find_by_id(resources, resource.parentId);
    if (!parent) throw NotFoundException("Invalid Resource identifier specified");
    return *parent;
}

void check_move(const std::vector<Resource>& resources, const Resource& before, const Resource& after) {
    if (!before.pathPart) {
        if (after.pathPart) throw BadRequestException("Root resource cannot update its pathPart.");
        if (after.parentId) throw BadRequestException("Root resource cannot update its parentId.");
        return;
    }
    check_path_part(*after.pathPart);
    const auto& parent = parent_of(resources, after);
    if (contains(subtree_of(resources, *after.id), *after.parentId))
        throw BadRequestException("Resources cannot be cyclical.");
    check_sibling(parent, resources, after);
}

}  // namespace

Task<Resource> Service::create_resource(Call& call, CreateResourceRequest request) {
    Resource resource;
    resource.id = new_id(call.random(), 6);
    resource.parentId = request.parentId;
    resource.pathPart = request.pathPart;

    const auto place = place_of(call, request.restApiId);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Resource> {
        auto made = resource;
        const auto resources = co_await all_items<Resource>(tx, place);
        const auto& parent = parent_of(resources, made);
        check_path_part(*made.pathPart);
        check_sibling(parent, resources, made);
        co_await check_room<Resource>(tx, place);
        made.path = path_below(*parent.path, *made.pathPart);
        save_item(tx, place, made);
        co_return made;
    });
}

Task<Resource> Service::get_resource(Call& call, GetResourceRequest request) {
    co_return shown(co_await store_.transact([&](store::Transaction& tx) -> Task<Resource> {
        return load_item<Resource>(tx, place_of(call, request.restApiId), request.resourceId);
    }),
                    request.embed);
}

Task<Resources> Service::get_resources(Call& call, GetResourcesRequest request) {
    auto resources = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Resource>> {
        co_await load_api(tx, place_of(call, request.restApiId));
        co_return co_await all_items<Resource>(tx, place_of(call, request.restApiId));
    });
    std::ranges::sort(resources, {}, &Resource::path);
    auto page = page_of(std::move(resources), request.limit, request.position);
    for (auto& resource : page.items) resource = shown(std::move(resource), request.embed);
    co_return Resources{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<Resource> Service::update_resource(Call& call, UpdateResourceRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_return shown(co_await store_.transact([&](store::Transaction& tx) -> Task<Resource> {
        const auto before = co_await load_item<Resource>(tx, place, request.resourceId);
        auto after = patched(before, "GetResource", table, request.patchOperations);
        auto resources = co_await all_items<Resource>(tx, place);
        check_move(resources, before, after);
        *std::ranges::find(resources, after.id, &Resource::id) = after;
        name_paths(resources);
        for (const auto& resource : resources) {
            save_item(tx, place, resource);
            if (resource.id == after.id) after = resource;
        }
        co_return after;
    }),
                    std::nullopt);
}

Task<DeleteResourceResponse> Service::delete_resource(Call& call, DeleteResourceRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto resource = co_await load_item<Resource>(tx, place, request.resourceId);
        // Unverified: the words.
        if (!resource.pathPart) throw BadRequestException("Root resource cannot be deleted.");
        for (const auto& id : subtree_of(co_await all_items<Resource>(tx, place), request.resourceId))
            erase_item<Resource>(tx, place, id);
    });
    co_return DeleteResourceResponse{};
}

}  // namespace cumulet::apigateway
