// Managed policies and their versions.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html

#include <charconv>

#include "auth/policy.h"
#include "services/iam/pages.h"
#include "services/iam/service.h"

namespace cumulet::iam {

using namespace aws::iam;

namespace {

constexpr size_t most_versions = 5;
constexpr size_t most_listed_entities = 10'000;

/// How many roles and users hold the policy.
Task<int32_t> count_attachments(store::Transaction& tx, const std::string& account, std::string arn) {
    int32_t count = 0;
    for (const auto kind : {Entity::Kind::role, Entity::Kind::user}) {
        for (const auto& entity : co_await list_entities(tx, account, kind, "", most_listed_entities)) {
            count += static_cast<int32_t>(std::ranges::count(entity.attached, arn));
        }
    }
    co_return count;
}

aws::iam::Policy shown(const ManagedPolicy& policy, int32_t attachments) {
    aws::iam::Policy shown;
    shown.PolicyName = policy.name;
    shown.PolicyId = policy.id;
    shown.Arn = policy.arn();
    shown.Path = policy.path;
    shown.DefaultVersionId = fmt::format("v{}", policy.default_version);
    shown.AttachmentCount = attachments;
    shown.PermissionsBoundaryUsageCount = 0;
    shown.IsAttachable = true;
    if (!policy.description.empty()) shown.Description = policy.description;
    shown.CreateDate = policy.created;
    shown.UpdateDate = policy.updated;
    if (!policy.tags.empty()) shown.Tags = tags_of(policy.tags);
    return shown;
}

aws::iam::PolicyVersion shown_version(const ManagedPolicy& policy, int64_t number, bool with_document) {
    aws::iam::PolicyVersion shown;
    const auto& version = policy.versions.at(number);
    if (with_document) shown.Document = encode_document(version.document);
    shown.VersionId = fmt::format("v{}", number);
    shown.IsDefaultVersion = number == policy.default_version;
    shown.CreateDate = version.created;
    return shown;
}

/// "v3" is 3. Throws NoSuchEntity if the policy has no such version.
int64_t version_number(const ManagedPolicy& policy, std::string_view id) {
    int64_t number = 0;
    if (id.starts_with('v')) std::from_chars(id.data() + 1, id.data() + id.size(), number);
    if (!policy.versions.contains(number)) {
        throw NoSuchEntityException(
            fmt::format("Policy {} version {} does not exist or is not attachable.", policy.arn(), id));
    }
    return number;
}

void check_own(const ManagedPolicy& policy) {
    if (policy.account == "aws") {
        throw aws::Error("AccessDenied",
                         fmt::format("Policy {} is managed by AWS and cannot be changed.", policy.arn()), 403);
    }
}

}  // namespace

Task<CreatePolicyResponse> Service::create_policy(Call& call, CreatePolicyRequest request) {
    auth::Policy::parse(request.PolicyDocument, auth::PolicyKind::identity);
    ManagedPolicy policy;
    policy.account = call.account;
    policy.name = request.PolicyName;
    policy.path = request.Path.value_or("/");
    policy.id = "ANPA" + call.random().text(17);
    policy.description = request.Description.value_or("");
    policy.created = policy.updated = call.now();
    policy.versions[1] = {request.PolicyDocument, call.now()};
    policy.tags = tags_of(request.Tags);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (co_await has_policy_named(tx, call.account, policy.name)) {
            throw EntityAlreadyExistsException(
                fmt::format("A policy called {} already exists. Duplicate names are not allowed.", policy.name));
        }
        save_policy(tx, policy);
    });
    co_return CreatePolicyResponse{.Policy = shown(policy, 0)};
}

Task<GetPolicyResponse> Service::get_policy(Call& call, GetPolicyRequest request) {
    GetPolicyResponse response;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto policy = co_await load_policy(tx, call.account, request.PolicyArn);
        response.Policy = shown(policy, co_await count_attachments(tx, call.account, request.PolicyArn));
    });
    co_return response;
}

Task<DeletePolicyResponse> Service::delete_policy(Call& call, DeletePolicyRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto policy = co_await load_policy(tx, call.account, request.PolicyArn);
        check_own(policy);
        if (co_await count_attachments(tx, call.account, request.PolicyArn) > 0) {
            throw DeleteConflictException("Cannot delete a policy attached to entities.");
        }
        if (policy.versions.size() > 1) {
            throw DeleteConflictException(
                "This policy has more than one version. Before you delete a policy, you must delete "
                "the policy's versions. The default version is deleted with the policy.");
        }
        erase_policy(tx, policy);
    });
    co_return DeletePolicyResponse{};
}

Task<ListPoliciesResponse> Service::list_policies(Call& call, ListPoliciesRequest request) {
    if (request.PolicyUsageFilter.value_or("PermissionsPolicy") != "PermissionsPolicy") {
        throw aws::not_implemented("iam", "ListPolicies", "PolicyUsageFilter");
    }
    const auto page = Page::of(request.Marker, request.MaxItems);
    const auto scope = request.Scope.value_or("All");
    std::vector<aws::iam::Policy> found;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        found.clear();
        std::vector<ManagedPolicy> policies;
        if (scope != "AWS") policies = co_await iam::list_policies(tx, call.account, "", most_listed_entities);
        if (scope != "Local") policies.insert(policies.end(), aws_policies().begin(), aws_policies().end());
        std::ranges::sort(policies, {}, &ManagedPolicy::arn);
        for (const auto& policy : policies) {
            if (policy.arn() <= page.after || !policy.path.starts_with(request.PathPrefix.value_or("/"))) continue;
            const auto attachments = co_await count_attachments(tx, call.account, policy.arn());
            if (request.OnlyAttached.value_or(false) && attachments == 0) continue;
            found.push_back(shown(policy, attachments));
            if (found.size() > page.limit) break;
        }
    });
    ListPoliciesResponse response;
    end_page(response, found, page, [](const aws::iam::Policy& policy) { return *policy.Arn; });
    response.Policies = std::move(found);
    co_return response;
}

Task<CreatePolicyVersionResponse> Service::create_policy_version(Call& call, CreatePolicyVersionRequest request) {
    auth::Policy::parse(request.PolicyDocument, auth::PolicyKind::identity);
    CreatePolicyVersionResponse response;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto policy = co_await load_policy(tx, call.account, request.PolicyArn);
        check_own(policy);
        if (policy.versions.size() >= most_versions) {
            throw LimitExceededException(
                "A managed policy can have up to 5 versions. Before you create a new version, you "
                "must delete an existing version.");
        }
        const auto number = ++policy.newest_version;
        policy.versions[number] = {request.PolicyDocument, call.now()};
        if (request.SetAsDefault.value_or(false)) policy.default_version = number;
        policy.updated = call.now();
        save_policy(tx, policy);
        response.PolicyVersion = shown_version(policy, number, false);
    });
    co_return response;
}

Task<GetPolicyVersionResponse> Service::get_policy_version(Call& call, GetPolicyVersionRequest request) {
    const auto policy = co_await store_.transact([&](store::Transaction& tx) -> Task<ManagedPolicy> {
        co_return co_await load_policy(tx, call.account, request.PolicyArn);
    });
    co_return GetPolicyVersionResponse{.PolicyVersion =
                                           shown_version(policy, version_number(policy, request.VersionId), true)};
}

Task<DeletePolicyVersionResponse> Service::delete_policy_version(Call& call, DeletePolicyVersionRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto policy = co_await load_policy(tx, call.account, request.PolicyArn);
        check_own(policy);
        const auto number = version_number(policy, request.VersionId);
        if (number == policy.default_version) {
            throw DeleteConflictException("Cannot delete the default version of a policy.");
        }
        policy.versions.erase(number);
        save_policy(tx, policy);
    });
    co_return DeletePolicyVersionResponse{};
}

Task<ListPolicyVersionsResponse> Service::list_policy_versions(Call& call, ListPolicyVersionsRequest request) {
    const auto policy = co_await store_.transact([&](store::Transaction& tx) -> Task<ManagedPolicy> {
        co_return co_await load_policy(tx, call.account, request.PolicyArn);
    });
    ListPolicyVersionsResponse response;
    response.IsTruncated = false;
    response.Versions.emplace();
    for (auto it = policy.versions.rbegin(); it != policy.versions.rend(); ++it) {
        response.Versions->push_back(shown_version(policy, it->first, false));
    }
    co_return response;
}

}  // namespace cumulet::iam
