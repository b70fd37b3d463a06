// AddPermission, RemovePermission, GetPolicy, the operations on whole resource policies, and what IAM asks about
// functions.
// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html

#include "base/json.h"
#include "services/lambda/fault.h"
#include "services/lambda/policy.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

/// The revision of what has a policy: $LATEST, a version or an alias. Throws ResourceNotFoundException.
Task<std::string> load_revision(store::Transaction& tx, FunctionCache& cache, FunctionName name) {
    if (!name.names_alias()) co_return (co_await load_qualified(tx, cache, name))->revision();
    const auto alias = co_await find_alias(tx, name);
    if (!alias) throw alias_not_found(name.arn());
    co_return alias->RevisionId.value_or("");
}

/// Gives it another one, since its policy changed.
Task<void> save_revision(store::Transaction& tx, FunctionCache& cache, FunctionName name, std::string revision) {
    if (auto alias = co_await find_alias(tx, name); alias) {
        alias->RevisionId = std::move(revision);
        save_alias(tx, name, *alias);
        co_return;
    }
    auto function = *co_await load_qualified(tx, cache, name);
    revise(function, std::move(revision));
    function.version() == latest ? save_function(tx, name, function) : save_version(tx, name, function);
}

void check_revision(const std::string& revision, const std::optional<std::string>& seen) {
    if (!seen || *seen == revision) return;
    throw user_fault<PreconditionFailedException>(
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve "
        "the latest Revision Id");
}

/// For operations on whole documents, whose revision follows from their text.
void check_policy_revision(const std::string& document, const std::optional<std::string>& seen) {
    if (!seen || *seen == policy_revision(document)) return;
    throw user_fault<PreconditionFailedException>(
        "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest "
        "Revision Id");
}

ResourceNotFoundException no_policy() {
    return user_fault<ResourceNotFoundException>("The resource you requested does not exist.");
}

json::object statement_of(const AddPermissionRequest& request, const std::string& arn) {
    json::object statement{{"Sid", request.StatementId},
                           {"Effect", "Allow"},
                           {"Principal", principal_of(request.Principal)},
                           {"Action", request.Action},
                           {"Resource", arn}};
    json::object condition;
    const auto require = [&](std::string_view test, std::string_view key, const std::optional<std::string>& value) {
        if (!value) return;
        auto& tests = condition[test];
        if (!tests.is_object()) tests.emplace_object();
        tests.as_object()[key] = *value;
    };
    require("StringEquals", "lambda:FunctionUrlAuthType", request.FunctionUrlAuthType);
    require("StringEquals", "lambda:EventSourceToken", request.EventSourceToken);
    require("StringEquals", "aws:PrincipalOrgID", request.PrincipalOrgID);
    require("StringEquals", "AWS:SourceAccount", request.SourceAccount);
    if (request.InvokedViaFunctionUrl) {
        condition["Bool"] =
            json::object{{"lambda:InvokedViaFunctionUrl", *request.InvokedViaFunctionUrl ? "true" : "false"}};
    }
    require("ArnLike", "AWS:SourceArn", request.SourceArn);
    if (!condition.empty()) statement["Condition"] = std::move(condition);
    return statement;
}

}  // namespace

Task<AddPermissionResponse> Service::add_permission(Call& call, AddPermissionRequest request) {
    const auto name = parse_function_name(call, request.FunctionName, request.Qualifier);
    if (name.qualifier == latest) throw invalid("We currently do not support adding policies for $LATEST.");
    check_principal(request.Principal);
    const auto statement = statement_of(request, name.arn());
    const auto revision = call.random().uuid();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_function(tx, name);
        check_revision(co_await load_revision(tx, functions_, name), request.RevisionId);
        save_policy(tx, name, with_statement(co_await find_policy(tx, name), statement));
        co_await save_revision(tx, functions_, name, revision);
    });
    co_return AddPermissionResponse{.Statement = json::serialize(statement)};
}

Task<RemovePermissionResponse> Service::remove_permission(Call& call, RemovePermissionRequest request) {
    const auto name = parse_function_name(call, request.FunctionName, request.Qualifier);
    const auto revision = call.random().uuid();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (!co_await find_function(tx, name)) {
            throw user_fault<ResourceNotFoundException>("No policy found for: " + name.unqualified_arn());
        }
        const auto current = co_await load_revision(tx, functions_, name);
        const auto document = co_await find_policy(tx, name);
        if (!document.empty()) check_revision(current, request.RevisionId);
        if (auto left = without_statement(document, request.StatementId); left.empty()) {
            erase_policy(tx, name);
        } else {
            save_policy(tx, name, std::move(left));
        }
        co_await save_revision(tx, functions_, name, revision);
    });
    co_return RemovePermissionResponse{};
}

Task<GetPolicyResponse> Service::get_policy(Call& call, GetPolicyRequest request) {
    const auto name = parse_function_name(call, request.FunctionName, request.Qualifier);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<GetPolicyResponse> {
        co_await load_function(tx, name);
        auto document = co_await find_policy(tx, name);
        if (document.empty()) throw no_policy();
        auto revision = co_await load_revision(tx, functions_, name);
        co_return GetPolicyResponse{.Policy = std::move(document), .RevisionId = std::move(revision)};
    });
}

Task<PutResourcePolicyResponse> Service::put_resource_policy(Call& call, PutResourcePolicyRequest request) {
    const auto name = parse_function_name(call, request.ResourceArn);
    const auto document = checked_policy(request.Policy);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_qualified(tx, functions_, name);
        check_policy_revision(co_await find_policy(tx, name), request.RevisionId);
        save_policy(tx, name, document);
    });
    co_return PutResourcePolicyResponse{.Policy = document, .RevisionId = policy_revision(document)};
}

Task<GetResourcePolicyResponse> Service::get_resource_policy(Call& call, GetResourcePolicyRequest request) {
    auto found = co_await get_policy(call, {.FunctionName = request.ResourceArn});
    auto revision = policy_revision(*found.Policy);
    co_return GetResourcePolicyResponse{.Policy = std::move(found.Policy), .RevisionId = std::move(revision)};
}

Task<DeleteResourcePolicyResponse> Service::delete_resource_policy(Call& call, DeleteResourcePolicyRequest request) {
    const auto name = parse_function_name(call, request.ResourceArn);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_qualified(tx, functions_, name);
        const auto document = co_await find_policy(tx, name);
        if (document.empty()) throw no_policy();
        check_policy_revision(document, request.RevisionId);
        erase_policy(tx, name);
    });
    co_return DeleteResourcePolicyResponse{};
}

std::string Service::resource_of(const Call& call, const contracts::Operation& operation, const void* input) const {
    const std::string* text = nullptr;
    std::optional<std::string> qualifier;
    for (const auto& member : operation.input->members) {
        const auto* at = static_cast<const char*>(input) + member.offset;
        if (member.name == "FunctionName" && !member.optional) text = reinterpret_cast<const std::string*>(at);
        if ((member.name == "Resource" || member.name == "ResourceArn") && !member.optional)
            return *reinterpret_cast<const std::string*>(at);
        if (member.name == "Qualifier" && member.optional) {
            if (const auto* value = static_cast<const std::string*>(member.optional->get(at))) qualifier = *value;
        }
    }
    if (!text) return "*";
    try {
        return parse_function_name(call, *text, qualifier).arn();
    } catch (const aws::Error&) {
        return "*";  // the operation itself will refuse the name
    }
}

Task<std::string> Service::resource_policy(Call& call, std::string arn) {
    const auto name = parse_function_name(call, arn);
    co_return co_await store_.transact(
        [&](store::Transaction& tx) -> Task<std::string> { co_return co_await find_policy(tx, name); });
}

}  // namespace cumulet::lambda
