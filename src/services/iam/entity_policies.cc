// Inline and attached policies of roles and users: the same rules for both.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html

#include "auth/policy.h"
#include "services/iam/pages.h"
#include "services/iam/service.h"

namespace cumulet::iam {

using namespace aws::iam;

namespace {

constexpr size_t most_attached = 10;
using Kind = Entity::Kind;

Task<Entity> load(store::Store& store, Call& call, Kind kind, std::string name) {
    co_return co_await store.transact(
        [&](store::Transaction& tx) -> Task<Entity> { co_return co_await load_entity(tx, call.account, kind, name); });
}

Task<void> put_inline(store::Store& store, Call& call, Kind kind, std::string name, std::string policy,
                      std::string document) {
    auth::Policy::parse(document, auth::PolicyKind::identity);
    co_await store.transact([&](store::Transaction& tx) -> Task<void> {
        auto entity = co_await load_entity(tx, call.account, kind, name);
        entity.inline_policies[policy] = document;
        save_entity(tx, entity);
    });
}

[[noreturn]] void throw_no_such_inline(Kind kind, std::string_view policy) {
    throw NoSuchEntityException(
        fmt::format("The {} policy with name {} cannot be found.", kind == Kind::role ? "role" : "user", policy));
}

Task<std::string> get_inline(store::Store& store, Call& call, Kind kind, std::string name, std::string policy) {
    const auto entity = co_await load(store, call, kind, std::move(name));
    const auto found = entity.inline_policies.find(policy);
    if (found == entity.inline_policies.end()) throw_no_such_inline(kind, policy);
    co_return encode_document(found->second);
}

Task<void> delete_inline(store::Store& store, Call& call, Kind kind, std::string name, std::string policy) {
    co_await store.transact([&](store::Transaction& tx) -> Task<void> {
        auto entity = co_await load_entity(tx, call.account, kind, name);
        if (entity.inline_policies.erase(policy) == 0) throw_no_such_inline(kind, policy);
        save_entity(tx, entity);
    });
}

Task<void> attach(store::Store& store, Call& call, Kind kind, std::string name, std::string arn) {
    co_await store.transact([&](store::Transaction& tx) -> Task<void> {
        auto entity = co_await load_entity(tx, call.account, kind, name);
        if (!co_await find_policy(tx, call.account, arn)) {
            throw NoSuchEntityException(fmt::format("Policy {} does not exist or is not attachable.", arn));
        }
        if (std::ranges::find(entity.attached, arn) != entity.attached.end()) co_return;
        if (entity.attached.size() >= most_attached) {
            throw LimitExceededException(fmt::format("Cannot exceed quota for PoliciesPer{}: {}",
                                                     kind == Kind::role ? "Role" : "User", most_attached));
        }
        entity.attached.push_back(arn);
        save_entity(tx, entity);
    });
}

Task<void> detach(store::Store& store, Call& call, Kind kind, std::string name, std::string arn) {
    co_await store.transact([&](store::Transaction& tx) -> Task<void> {
        auto entity = co_await load_entity(tx, call.account, kind, name);
        if (std::erase(entity.attached, arn) == 0) {
            throw NoSuchEntityException(fmt::format("Policy {} was not found.", arn));
        }
        save_entity(tx, entity);
    });
}

/// Fills ListRolePolicies' and ListUserPolicies' answers.
template <typename Response, typename Request>
Response names_of(const Entity& entity, const Request& request) {
    const auto page = Page::of(request.Marker, request.MaxItems);
    Response response;
    for (auto it = entity.inline_policies.upper_bound(page.after); it != entity.inline_policies.end(); ++it) {
        response.PolicyNames.push_back(it->first);
        if (response.PolicyNames.size() > page.limit) break;
    }
    end_page(response, response.PolicyNames, page, [](const std::string& name) { return name; });
    return response;
}

template <typename Response, typename Request>
Response attached_of(const Entity& entity, const Request& request) {
    const auto page = Page::of(request.Marker, request.MaxItems);
    Response response;
    auto& policies = response.AttachedPolicies.emplace();
    auto first = entity.attached.begin();
    if (!page.after.empty()) {
        first = std::ranges::find(entity.attached, page.after);
        if (first != entity.attached.end()) ++first;
    }
    for (; first != entity.attached.end() && policies.size() <= page.limit; ++first) {
        policies.push_back({.PolicyName = first->substr(first->rfind('/') + 1), .PolicyArn = *first});
    }
    end_page(response, policies, page, [](const AttachedPolicy& policy) { return *policy.PolicyArn; });
    return response;
}

}  // namespace

Task<PutRolePolicyResponse> Service::put_role_policy(Call& call, PutRolePolicyRequest request) {
    co_await put_inline(store_, call, Kind::role, request.RoleName, request.PolicyName, request.PolicyDocument);
    co_return PutRolePolicyResponse{};
}

Task<GetRolePolicyResponse> Service::get_role_policy(Call& call, GetRolePolicyRequest request) {
    auto document = co_await get_inline(store_, call, Kind::role, request.RoleName, request.PolicyName);
    co_return GetRolePolicyResponse{request.RoleName, request.PolicyName, std::move(document)};
}

Task<DeleteRolePolicyResponse> Service::delete_role_policy(Call& call, DeleteRolePolicyRequest request) {
    co_await delete_inline(store_, call, Kind::role, request.RoleName, request.PolicyName);
    co_return DeleteRolePolicyResponse{};
}

Task<ListRolePoliciesResponse> Service::list_role_policies(Call& call, ListRolePoliciesRequest request) {
    co_return names_of<ListRolePoliciesResponse>(co_await load(store_, call, Kind::role, request.RoleName), request);
}

Task<AttachRolePolicyResponse> Service::attach_role_policy(Call& call, AttachRolePolicyRequest request) {
    co_await attach(store_, call, Kind::role, request.RoleName, request.PolicyArn);
    co_return AttachRolePolicyResponse{};
}

Task<DetachRolePolicyResponse> Service::detach_role_policy(Call& call, DetachRolePolicyRequest request) {
    co_await detach(store_, call, Kind::role, request.RoleName, request.PolicyArn);
    co_return DetachRolePolicyResponse{};
}

Task<ListAttachedRolePoliciesResponse> Service::list_attached_role_policies(Call& call,
                                                                            ListAttachedRolePoliciesRequest request) {
    co_return attached_of<ListAttachedRolePoliciesResponse>(co_await load(store_, call, Kind::role, request.RoleName),
                                                            request);
}

Task<PutUserPolicyResponse> Service::put_user_policy(Call& call, PutUserPolicyRequest request) {
    co_await put_inline(store_, call, Kind::user, request.UserName, request.PolicyName, request.PolicyDocument);
    co_return PutUserPolicyResponse{};
}

Task<GetUserPolicyResponse> Service::get_user_policy(Call& call, GetUserPolicyRequest request) {
    auto document = co_await get_inline(store_, call, Kind::user, request.UserName, request.PolicyName);
    co_return GetUserPolicyResponse{request.UserName, request.PolicyName, std::move(document)};
}

Task<DeleteUserPolicyResponse> Service::delete_user_policy(Call& call, DeleteUserPolicyRequest request) {
    co_await delete_inline(store_, call, Kind::user, request.UserName, request.PolicyName);
    co_return DeleteUserPolicyResponse{};
}

Task<ListUserPoliciesResponse> Service::list_user_policies(Call& call, ListUserPoliciesRequest request) {
    co_return names_of<ListUserPoliciesResponse>(co_await load(store_, call, Kind::user, request.UserName), request);
}

Task<AttachUserPolicyResponse> Service::attach_user_policy(Call& call, AttachUserPolicyRequest request) {
    co_await attach(store_, call, Kind::user, request.UserName, request.PolicyArn);
    co_return AttachUserPolicyResponse{};
}

Task<DetachUserPolicyResponse> Service::detach_user_policy(Call& call, DetachUserPolicyRequest request) {
    co_await detach(store_, call, Kind::user, request.UserName, request.PolicyArn);
    co_return DetachUserPolicyResponse{};
}

Task<ListAttachedUserPoliciesResponse> Service::list_attached_user_policies(Call& call,
                                                                            ListAttachedUserPoliciesRequest request) {
    co_return attached_of<ListAttachedUserPoliciesResponse>(co_await load(store_, call, Kind::user, request.UserName),
                                                            request);
}

}  // namespace cumulet::iam
