// CreateUser, GetUser, ListUsers, DeleteUser, and users' access keys.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html

#include "services/iam/pages.h"
#include "services/iam/service.h"

namespace cumulet::iam {

using namespace aws::iam;

namespace {

constexpr size_t most_access_keys = 2;

aws::iam::User shown(const Entity& user) {
    aws::iam::User shown;
    shown.Path = user.path;
    shown.UserName = user.name;
    shown.UserId = user.id;
    shown.Arn = user.arn();
    shown.CreateDate = user.created;
    if (!user.boundary.empty()) {
        shown.PermissionsBoundary = {.PermissionsBoundaryType = "Policy", .PermissionsBoundaryArn = user.boundary};
    }
    if (!user.tags.empty()) shown.Tags = tags_of(user.tags);
    return shown;
}

/// The user that is meant: the named one, otherwise the caller.
std::string name_or_caller(const Call& call, const std::optional<std::string>& name) {
    if (name) return *name;
    if (call.principal.kind == Principal::Kind::user) {
        return call.principal.arn.substr(call.principal.arn.rfind('/') + 1);
    }
    throw aws::Error("ValidationError", "Must specify userName when calling with non-User credentials", 400);
}

/// The user's key. Throws NoSuchEntity.
Task<AccessKey> load_access_key(store::Transaction& tx, const std::string& account, std::string user, std::string id) {
    auto key = co_await find_access_key(tx, id);
    if (!key || key->account != account || key->user != user) {
        throw NoSuchEntityException(fmt::format("The Access Key with id {} cannot be found.", id));
    }
    co_return std::move(*key);
}

}  // namespace

Task<CreateUserResponse> Service::create_user(Call& call, CreateUserRequest request) {
    Entity user;
    user.kind = Entity::Kind::user;
    user.account = call.account;
    user.name = request.UserName;
    user.path = request.Path.value_or("/");
    user.id = "AIDA" + call.random().text(17);
    user.created = call.now();
    user.boundary = request.PermissionsBoundary.value_or("");
    user.tags = tags_of(request.Tags);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (co_await find_entity(tx, call.account, Entity::Kind::user, user.name)) {
            throw EntityAlreadyExistsException(fmt::format("User with name {} already exists.", user.name));
        }
        if (!user.boundary.empty()) co_await load_policy(tx, call.account, user.boundary);
        save_entity(tx, user);
    });
    co_return CreateUserResponse{.User = shown(user)};
}

Task<GetUserResponse> Service::get_user(Call& call, GetUserRequest request) {
    const auto name = name_or_caller(call, request.UserName);
    const auto user = co_await store_.transact([&](store::Transaction& tx) -> Task<Entity> {
        co_return co_await load_entity(tx, call.account, Entity::Kind::user, name);
    });
    co_return GetUserResponse{.User = shown(user)};
}

Task<ListUsersResponse> Service::list_users(Call& call, ListUsersRequest request) {
    const auto page = Page::of(request.Marker, request.MaxItems);
    auto users = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Entity>> {
        co_return co_await list_entities(tx, call.account, Entity::Kind::user, page.after, page.limit + 1);
    });
    ListUsersResponse response;
    end_page(response, users, page, [](const Entity& user) { return user.name; });
    for (const auto& user : users) {
        if (user.path.starts_with(request.PathPrefix.value_or("/"))) response.Users.push_back(shown(user));
    }
    co_return response;
}

Task<DeleteUserResponse> Service::delete_user(Call& call, DeleteUserRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto user = co_await load_entity(tx, call.account, Entity::Kind::user, request.UserName);
        if (!user.attached.empty())
            throw DeleteConflictException("Cannot delete entity, must detach all policies first.");
        if (!user.inline_policies.empty())
            throw DeleteConflictException("Cannot delete entity, must delete policies first.");
        if (!(co_await access_keys_of(tx, call.account, user.name)).empty()) {
            throw DeleteConflictException("Cannot delete entity, must delete access keys first.");
        }
        erase_entity(tx, user);
    });
    co_return DeleteUserResponse{};
}

Task<CreateAccessKeyResponse> Service::create_access_key(Call& call, CreateAccessKeyRequest request) {
    AccessKey key;
    key.id = "AKIA" + call.random().text(16);
    key.account = call.account;
    key.user = name_or_caller(call, request.UserName);
    key.secret = to_base64(call.random().bytes(30));
    key.created = call.now();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_entity(tx, call.account, Entity::Kind::user, key.user);
        if ((co_await access_keys_of(tx, call.account, key.user)).size() >= most_access_keys) {
            throw LimitExceededException("Cannot exceed quota for AccessKeysPerUser: 2");
        }
        save_access_key(tx, key);
    });
    co_return CreateAccessKeyResponse{.AccessKey = {.UserName = key.user,
                                                    .AccessKeyId = key.id,
                                                    .Status = "Active",
                                                    .SecretAccessKey = key.secret,
                                                    .CreateDate = key.created}};
}

Task<DeleteAccessKeyResponse> Service::delete_access_key(Call& call, DeleteAccessKeyRequest request) {
    const auto user = name_or_caller(call, request.UserName);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        erase_access_key(tx, co_await load_access_key(tx, call.account, user, request.AccessKeyId));
    });
    co_return DeleteAccessKeyResponse{};
}

Task<ListAccessKeysResponse> Service::list_access_keys(Call& call, ListAccessKeysRequest request) {
    const auto user = name_or_caller(call, request.UserName);
    const auto keys = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<AccessKey>> {
        co_await load_entity(tx, call.account, Entity::Kind::user, user);
        co_return co_await access_keys_of(tx, call.account, user);
    });
    ListAccessKeysResponse response;
    response.IsTruncated = false;
    for (const auto& key : keys) {
        response.AccessKeyMetadata.push_back({.UserName = key.user,
                                              .AccessKeyId = key.id,
                                              .Status = key.active ? "Active" : "Inactive",
                                              .CreateDate = key.created});
    }
    co_return response;
}

Task<UpdateAccessKeyResponse> Service::update_access_key(Call& call, UpdateAccessKeyRequest request) {
    const auto user = name_or_caller(call, request.UserName);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto key = co_await load_access_key(tx, call.account, user, request.AccessKeyId);
        key.active = request.Status == "Active";
        save_access_key(tx, key);
    });
    co_return UpdateAccessKeyResponse{};
}

}  // namespace cumulet::iam
