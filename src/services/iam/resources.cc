// AWS::IAM::Role, AWS::IAM::Policy and AWS::IAM::ManagedPolicy for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-role.html

#include "contracts/resource_tags.h"
#include "services/iam/service.h"

namespace cumulet::iam {
namespace {

/// A document's text: templates hold it as an object, or as a string.
std::string document_text(const json::object& properties, std::string_view name) {
    const auto* value = properties.if_contains(name);
    if (!value) return "";
    return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

std::vector<std::string> texts(const json::object& properties, std::string_view name) {
    std::vector<std::string> result;
    const auto* list = properties.if_contains(name);
    if (!list || !list->is_array()) return result;
    for (const auto& item : list->as_array()) {
        if (item.is_string()) result.emplace_back(item.as_string());
    }
    return result;
}

std::map<std::string, std::string> inline_policies(const json::object& properties) {
    std::map<std::string, std::string> result;
    const auto* list = properties.if_contains("Policies");
    if (!list || !list->is_array()) return result;
    for (const auto& item : list->as_array()) {
        if (!item.is_object()) continue;
        result[std::string(string_or(item.as_object(), "PolicyName"))] =
            document_text(item.as_object(), "PolicyDocument");
    }
    return result;
}

std::vector<aws::iam::Tag> tag_list(const contracts::ResourceContext& context, const json::object& properties) {
    return tags_of(contracts::merged_tags(context, properties));
}

class RoleResource final : public contracts::ResourceType {
  public:
    explicit RoleResource(contracts::Door& door) : iam_(door) {}
    std::string_view name() const override { return "AWS::IAM::Role"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        aws::iam::CreateRoleRequest request;
        request.RoleName = string_or(properties, "RoleName", context.generated_name.substr(0, 64));
        request.AssumeRolePolicyDocument = document_text(properties, "AssumeRolePolicyDocument");
        request.Tags = tag_list(context, properties);
        if (properties.contains("Path")) request.Path = string_or(properties, "Path");
        if (properties.contains("Description")) request.Description = string_or(properties, "Description");
        if (properties.contains("PermissionsBoundary"))
            request.PermissionsBoundary = string_or(properties, "PermissionsBoundary");
        if (const auto* seconds = properties.if_contains("MaxSessionDuration"); seconds && seconds->is_int64()) {
            request.MaxSessionDuration = static_cast<int32_t>(seconds->as_int64());
        }
        const auto role = request.RoleName;
        co_await create_role(call, std::move(request));
        std::exception_ptr refused;
        try {
            co_await apply_policies(call, role, {}, properties);
        } catch (...) {
            refused = std::current_exception();
        }
        if (refused) {  // a role that was made half is no role
            co_await remove(call, context, role, {});
            std::rethrow_exception(refused);
        }
        co_return co_await describe(call, role);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"RoleName", "Path"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        if (contracts::any_differs(before, after, {"PermissionsBoundary", "Tags"})) {
            throw aws::not_implemented("iam", "AWS::IAM::Role", "updates of PermissionsBoundary and Tags");
        }
        co_await iam_.update_assume_role_policy(call, {physical_id, document_text(after, "AssumeRolePolicyDocument")});
        aws::iam::UpdateRoleRequest request{.RoleName = physical_id};
        request.Description = string_or(after, "Description");
        const auto* seconds = after.if_contains("MaxSessionDuration");
        request.MaxSessionDuration = seconds && seconds->is_int64() ? static_cast<int32_t>(seconds->as_int64()) : 3600;
        co_await iam_.update_role(call, std::move(request));
        co_await apply_policies(call, physical_id, std::move(before), std::move(after));
        co_return co_await describe(call, physical_id);
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            const auto attached = co_await iam_.list_attached_role_policies(call, {.RoleName = physical_id});
            for (const auto& policy : attached.AttachedPolicies.value_or(std::vector<aws::iam::AttachedPolicy>())) {
                co_await iam_.detach_role_policy(call, {physical_id, policy.PolicyArn.value_or("")});
            }
            const auto names = co_await iam_.list_role_policies(call, {.RoleName = physical_id});
            for (const auto& policy : names.PolicyNames) co_await iam_.delete_role_policy(call, {physical_id, policy});
            co_await iam_.delete_role(call, {physical_id});
        } catch (const aws::iam::NoSuchEntityException&) {
            // gone already
        }
    }

  private:
    /// A step that is repeated after a crash finds the role that its first try made: generated names are its own.
    Task<void> create_role(Call& call, aws::iam::CreateRoleRequest request) {
        const auto document = request.AssumeRolePolicyDocument;
        const auto name = request.RoleName;
        bool existed = false;
        try {
            co_await iam_.create_role(call, std::move(request));
        } catch (const aws::iam::EntityAlreadyExistsException&) {
            existed = true;
        }
        if (!existed) co_return;
        const auto role = co_await iam_.get_role(call, {name});
        if (role.Role.AssumeRolePolicyDocument != encode_document(document)) {
            throw aws::iam::EntityAlreadyExistsException(fmt::format("Role with name {} already exists.", name));
        }
    }

    /// Makes the role's policies those of `after`; what only `before` had goes.
    Task<void> apply_policies(Call& call, std::string role, json::object before, json::object after) {
        const auto wanted = inline_policies(after);
        for (const auto& [policy, document] : wanted) co_await iam_.put_role_policy(call, {role, policy, document});
        for (const auto& [policy, document] : inline_policies(before)) {
            if (!wanted.contains(policy)) co_await iam_.delete_role_policy(call, {role, policy});
        }
        const auto wanted_arns = texts(after, "ManagedPolicyArns");
        for (const auto& arn : wanted_arns) co_await iam_.attach_role_policy(call, {role, arn});
        for (const auto& arn : texts(before, "ManagedPolicyArns")) {
            if (std::ranges::find(wanted_arns, arn) == wanted_arns.end())
                co_await iam_.detach_role_policy(call, {role, arn});
        }
    }

    Task<contracts::Resource> describe(Call& call, std::string name) {
        const auto role = co_await iam_.get_role(call, {name});
        co_return contracts::Resource{.physical_id = name,
                                      .attributes = {{"Arn", role.Role.Arn}, {"RoleId", role.Role.RoleId}}};
    }

    aws::iam::Client iam_;
};

/// An inline policy put on roles and users.
class PolicyResource final : public contracts::ResourceType {
  public:
    explicit PolicyResource(contracts::Door& door) : iam_(door) {}
    std::string_view name() const override { return "AWS::IAM::Policy"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        if (!texts(properties, "Groups").empty()) throw aws::not_implemented("iam", "AWS::IAM::Policy", "Groups");
        const std::string policy(string_or(properties, "PolicyName"));
        const auto document = document_text(properties, "PolicyDocument");
        for (const auto& role : texts(properties, "Roles"))
            co_await iam_.put_role_policy(call, {role, policy, document});
        for (const auto& user : texts(properties, "Users"))
            co_await iam_.put_user_policy(call, {user, policy, document});
        co_return contracts::Resource{.physical_id = context.generated_name,
                                      .attributes = {{"Id", context.generated_name}}};
    }

    bool needs_replacement(const json::object&, const json::object&) const override { return false; }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        co_await remove(call, context, physical_id, std::move(before));
        co_await create(call, context, std::move(after));
        co_return contracts::Resource{.physical_id = physical_id, .attributes = {{"Id", physical_id}}};
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string, json::object properties) override {
        const std::string policy(string_or(properties, "PolicyName"));
        for (const auto& role : texts(properties, "Roles")) {
            try {
                co_await iam_.delete_role_policy(call, {role, policy});
            } catch (const aws::iam::NoSuchEntityException&) {
                // gone already, or its role is
            }
        }
        for (const auto& user : texts(properties, "Users")) {
            try {
                co_await iam_.delete_user_policy(call, {user, policy});
            } catch (const aws::iam::NoSuchEntityException&) {
                // gone already, or its user is
            }
        }
    }

  private:
    aws::iam::Client iam_;
};

class ManagedPolicyResource final : public contracts::ResourceType {
  public:
    explicit ManagedPolicyResource(contracts::Door& door) : iam_(door) {}
    std::string_view name() const override { return "AWS::IAM::ManagedPolicy"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        if (!texts(properties, "Groups").empty())
            throw aws::not_implemented("iam", "AWS::IAM::ManagedPolicy", "Groups");
        aws::iam::CreatePolicyRequest request;
        request.PolicyName = string_or(properties, "ManagedPolicyName", context.generated_name);
        request.PolicyDocument = document_text(properties, "PolicyDocument");
        if (properties.contains("Path")) request.Path = string_or(properties, "Path");
        if (properties.contains("Description")) request.Description = string_or(properties, "Description");
        const auto arn =
            fmt::format("arn:aws:iam::{}:policy{}{}", call.account, request.Path.value_or("/"), request.PolicyName);
        try {
            co_await iam_.create_policy(call, std::move(request));
        } catch (const aws::iam::EntityAlreadyExistsException&) {
            if (properties.contains("ManagedPolicyName"))
                throw;  // a generated name is this step's own, made before a crash
        }
        for (const auto& role : texts(properties, "Roles")) co_await iam_.attach_role_policy(call, {role, arn});
        for (const auto& user : texts(properties, "Users")) co_await iam_.attach_user_policy(call, {user, arn});
        co_return contracts::Resource{.physical_id = arn, .attributes = {{"PolicyArn", arn}}};
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"ManagedPolicyName", "Path", "Description"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        co_await replace_version(call, physical_id, document_text(after, "PolicyDocument"));
        co_await detach(call, physical_id, std::move(before));
        for (const auto& role : texts(after, "Roles")) co_await iam_.attach_role_policy(call, {role, physical_id});
        for (const auto& user : texts(after, "Users")) co_await iam_.attach_user_policy(call, {user, physical_id});
        co_return contracts::Resource{.physical_id = physical_id, .attributes = {{"PolicyArn", physical_id}}};
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id,
                      json::object properties) override {
        co_await detach(call, physical_id, std::move(properties));
        try {
            co_await iam_.delete_policy(call, {physical_id});
        } catch (const aws::iam::NoSuchEntityException&) {
            // gone already
        }
    }

  private:
    /// The new version becomes the only one.
    Task<void> replace_version(Call& call, std::string arn, std::string document) {
        co_await iam_.create_policy_version(call, {arn, std::move(document), true});
        const auto versions = co_await iam_.list_policy_versions(call, {.PolicyArn = arn});
        for (const auto& version : versions.Versions.value_or(std::vector<aws::iam::PolicyVersion>())) {
            if (!version.IsDefaultVersion.value_or(false)) {
                co_await iam_.delete_policy_version(call, {arn, version.VersionId.value_or("")});
            }
        }
    }

    Task<void> detach(Call& call, std::string arn, json::object properties) {
        for (const auto& role : texts(properties, "Roles")) {
            try {
                co_await iam_.detach_role_policy(call, {role, arn});
            } catch (const aws::iam::NoSuchEntityException&) {
                // not attached any more
            }
        }
        for (const auto& user : texts(properties, "Users")) {
            try {
                co_await iam_.detach_user_policy(call, {user, arn});
            } catch (const aws::iam::NoSuchEntityException&) {
                // not attached any more
            }
        }
    }

    aws::iam::Client iam_;
};

}  // namespace

std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door) {
    std::vector<std::unique_ptr<contracts::ResourceType>> types;
    types.push_back(std::make_unique<RoleResource>(door));
    types.push_back(std::make_unique<PolicyResource>(door));
    types.push_back(std::make_unique<ManagedPolicyResource>(door));
    return types;
}

}  // namespace cumulet::iam
