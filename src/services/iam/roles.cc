// CreateRole, GetRole, ListRoles, DeleteRole, UpdateRole, UpdateAssumeRolePolicy, role tags.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html

#include "auth/policy.h"
#include "services/iam/pages.h"
#include "services/iam/service.h"

namespace cumulet::iam {

using namespace aws::iam;

namespace {

aws::iam::Role shown(const Entity& role) {
    aws::iam::Role shown;
    shown.Path = role.path;
    shown.RoleName = role.name;
    shown.RoleId = role.id;
    shown.Arn = role.arn();
    shown.CreateDate = role.created;
    shown.AssumeRolePolicyDocument = encode_document(role.trust_policy);
    if (!role.description.empty()) shown.Description = role.description;
    shown.MaxSessionDuration = role.max_session_seconds;
    if (!role.boundary.empty()) {
        shown.PermissionsBoundary = {.PermissionsBoundaryType = "Policy", .PermissionsBoundaryArn = role.boundary};
    }
    return shown;
}

/// As GetRole and CreateRole show it; lists leave tags and last use out.
aws::iam::Role shown_whole(const Entity& role) {
    auto whole = shown(role);
    if (!role.tags.empty()) whole.Tags = tags_of(role.tags);
    whole.RoleLastUsed.emplace();
    return whole;
}

/// Loads the role, lets `change` change it, and saves it.
template <typename Change>
Task<void> change_role(store::Store& store, Call& call, std::string name, Change change) {
    co_await store.transact([&](store::Transaction& tx) -> Task<void> {
        auto role = co_await load_entity(tx, call.account, Entity::Kind::role, name);
        change(role);
        save_entity(tx, role);
    });
}

}  // namespace

Task<CreateRoleResponse> Service::create_role(Call& call, CreateRoleRequest request) {
    auth::Policy::parse(request.AssumeRolePolicyDocument, auth::PolicyKind::trust);
    Entity role;
    role.kind = Entity::Kind::role;
    role.account = call.account;
    role.name = request.RoleName;
    role.path = request.Path.value_or("/");
    role.id = "AROA" + call.random().text(17);
    role.created = call.now();
    role.trust_policy = request.AssumeRolePolicyDocument;
    role.description = request.Description.value_or("");
    role.max_session_seconds = request.MaxSessionDuration.value_or(3600);
    role.boundary = request.PermissionsBoundary.value_or("");
    role.tags = tags_of(request.Tags);

    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (co_await find_entity(tx, call.account, Entity::Kind::role, role.name)) {
            throw EntityAlreadyExistsException(fmt::format("Role with name {} already exists.", role.name));
        }
        if (!role.boundary.empty()) co_await load_policy(tx, call.account, role.boundary);
        save_entity(tx, role);
    });
    co_return CreateRoleResponse{.Role = shown_whole(role)};
}

Task<GetRoleResponse> Service::get_role(Call& call, GetRoleRequest request) {
    const auto role = co_await store_.transact([&](store::Transaction& tx) -> Task<Entity> {
        co_return co_await load_entity(tx, call.account, Entity::Kind::role, request.RoleName);
    });
    co_return GetRoleResponse{.Role = shown_whole(role)};
}

Task<ListRolesResponse> Service::list_roles(Call& call, ListRolesRequest request) {
    const auto page = Page::of(request.Marker, request.MaxItems);
    auto roles = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Entity>> {
        co_return co_await list_entities(tx, call.account, Entity::Kind::role, page.after, page.limit + 1);
    });
    ListRolesResponse response;
    end_page(response, roles, page, [](const Entity& role) { return role.name; });
    for (const auto& role : roles) {
        if (role.path.starts_with(request.PathPrefix.value_or("/"))) response.Roles.push_back(shown(role));
    }
    co_return response;
}

Task<DeleteRoleResponse> Service::delete_role(Call& call, DeleteRoleRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto role = co_await load_entity(tx, call.account, Entity::Kind::role, request.RoleName);
        if (!role.attached.empty()) {
            throw DeleteConflictException("Cannot delete entity, must detach all policies first.");
        }
        if (!role.inline_policies.empty()) {
            throw DeleteConflictException("Cannot delete entity, must delete policies first.");
        }
        erase_entity(tx, role);
    });
    co_return DeleteRoleResponse{};
}

Task<UpdateRoleResponse> Service::update_role(Call& call, UpdateRoleRequest request) {
    co_await change_role(store_, call, request.RoleName, [&](Entity& role) {
        role.description = request.Description.value_or(role.description);
        role.max_session_seconds = request.MaxSessionDuration.value_or(role.max_session_seconds);
    });
    co_return UpdateRoleResponse{};
}

Task<UpdateAssumeRolePolicyResponse> Service::update_assume_role_policy(Call& call,
                                                                        UpdateAssumeRolePolicyRequest request) {
    auth::Policy::parse(request.PolicyDocument, auth::PolicyKind::trust);
    co_await change_role(store_, call, request.RoleName,
                         [&](Entity& role) { role.trust_policy = request.PolicyDocument; });
    co_return UpdateAssumeRolePolicyResponse{};
}

Task<TagRoleResponse> Service::tag_role(Call& call, TagRoleRequest request) {
    co_await change_role(store_, call, request.RoleName, [&](Entity& role) {
        for (const auto& tag : request.Tags) role.tags[tag.Key] = tag.Value;
        if (role.tags.size() > 50) throw LimitExceededException("The number of tags has reached the maximum limit.");
    });
    co_return TagRoleResponse{};
}

Task<UntagRoleResponse> Service::untag_role(Call& call, UntagRoleRequest request) {
    co_await change_role(store_, call, request.RoleName, [&](Entity& role) {
        for (const auto& key : request.TagKeys) role.tags.erase(key);
    });
    co_return UntagRoleResponse{};
}

Task<ListRoleTagsResponse> Service::list_role_tags(Call& call, ListRoleTagsRequest request) {
    const auto role = co_await store_.transact([&](store::Transaction& tx) -> Task<Entity> {
        co_return co_await load_entity(tx, call.account, Entity::Kind::role, request.RoleName);
    });
    co_return ListRoleTagsResponse{.Tags = tags_of(role.tags), .IsTruncated = false};
}

// Instance profiles are not built; tools ask for a role's before they delete it, and there can be none.
Task<ListInstanceProfilesForRoleResponse> Service::list_instance_profiles_for_role(
    Call& call, ListInstanceProfilesForRoleRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_entity(tx, call.account, Entity::Kind::role, request.RoleName);
    });
    ListInstanceProfilesForRoleResponse response;
    response.IsTruncated = false;
    co_return response;
}

}  // namespace cumulet::iam
