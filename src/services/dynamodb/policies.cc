// PutResourcePolicy, GetResourcePolicy and DeleteResourcePolicy.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutResourcePolicy.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetResourcePolicy.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteResourcePolicy.html
#include "services/dynamodb/policies.h"

#include "base/json.h"
#include "services/dynamodb/service.h"
#include "store/record.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t most_policy_bytes = 20 * 1024;

/// What a policy is attached to.
struct PolicyHolder {
    Scope scope{"", ""};
    std::string resource;  ///< "table/orders", "table/orders/stream/2026-…"
    std::string table;
};

[[noreturn]] void invalid(std::string_view message) {
    throw aws::validation_error(fmt::format("One or more parameter values were invalid: {}", message));
}

PolicyHolder holder_of(const Call& call, const std::string& text) {
    if (!text.starts_with("arn:")) invalid(fmt::format("ARNs must start with 'arn:': {}", text));
    const auto arn = Arn::parse(text);
    const bool of_table = arn && arn->service == "dynamodb" && arn->resource.starts_with("table/");
    const auto rest = of_table ? arn->resource.substr(6) : "";
    const auto table = rest.substr(0, rest.find('/'));
    const auto part = rest.substr(table.size());
    const bool index = part.starts_with("/index/");
    if (!of_table || (!part.empty() && !index && !part.starts_with("/stream/"))) {
        invalid(fmt::format("Provided Arn is not a DynamoDB resource arn: {}", text));
    }
    if (arn->account != call.account) {
        throw aws::validation_error(
            "This action is only supported by accounts that match the resource owner\u2019s account.");
    }
    if (arn->region != call.region || !text.starts_with("arn:aws:")) {
        invalid(fmt::format("Invalid resource Arn: {}", text));
    }
    if (index) {
        invalid(fmt::format(
            "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {}", text));
    }
    return {.scope = Scope(call), .resource = arn->resource, .table = table};
}

/// Throws ResourceNotFoundException unless the table, or the stream that is its last one, is there.
Task<void> check_holder(store::Transaction& tx, PolicyHolder holder, std::string arn) {
    const auto table = co_await load_named_table(tx, holder.scope, holder.table);
    if (holder.resource == "table/" + holder.table || table.description.LatestStreamArn == arn) co_return;
    throw ResourceNotFoundException(fmt::format("Requested resource not found: Stream: {} not found for Table: {}",
                                                arn.substr(arn.rfind('/') + 1), holder.table));
}

[[noreturn]] void throw_missing(std::string_view what) {
    throw PolicyNotFoundException(
        fmt::format("Resource-based policy not found for the provided ResourceArn: {}", what));
}

/// Throws unless the policy is the one that the caller expects; "NO_POLICY" asks that there is none.
void check_expected(const std::optional<std::string>& expected, const std::optional<ResourcePolicy>& policy,
                    const PolicyHolder& holder, const std::string& arn) {
    if (!expected) return;
    if (*expected == "NO_POLICY") {
        if (!policy) return;
        throw_missing(fmt::format(
            "Requested policy update expecting none to be present for table {}, but a policy exists with revision id "
            "{}.",
            holder.table, policy->revision));
    }
    if (!policy) throw_missing(arn);
    if (policy->revision == *expected) return;
    throw_missing(fmt::format(
        "Requested update for policy with revision id {}, but the policy associated to target table {} has revision id "
        "{}.",
        *expected, holder.table, policy->revision));
}

void check_policy(const std::string& text) {
    if (text.size() > most_policy_bytes) {
        throw aws::validation_error("Resource-based policy exceeds the size limit of 20 KB");  // Unverified: the words
    }
    const auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object() || !parsed->as_object().contains("Statement")) {
        throw aws::validation_error("Resource-based policy is invalid: it is no policy document");
    }
}

store::Key policy_key(const Scope& scope, std::string_view resource) {
    return store::Key(scope.account, scope.region, "dynamodb", "policy", resource);
}

}  // namespace

Task<std::optional<ResourcePolicy>> find_policy(store::Transaction& tx, Scope scope, std::string resource) {
    const auto record = co_await tx.get(policy_key(scope, resource));
    if (!record) co_return std::nullopt;
    store::RecordReader reader(*record);
    ResourcePolicy policy{.text = reader.text()};
    policy.revision = reader.text();
    co_return policy;
}

std::string save_policy(store::Transaction& tx, Call& call, const Scope& scope, std::string_view resource,
                        const std::string& text) {
    check_policy(text);
    const auto revision = std::to_string(epoch_millis(call.now())) + std::to_string(call.random().below(1'000'000));
    tx.put(policy_key(scope, resource), store::RecordWriter(1).text(text).text(revision).take());
    return revision;
}

void erase_policies(store::Transaction& tx, const Scope& scope, std::string_view table_name) {
    const auto resource = fmt::format("table/{}", table_name);
    tx.erase(policy_key(scope, resource));
    auto streams = policy_key(scope, resource + "/").bytes();
    streams.resize(streams.size() - 2);  // without the mark that ends a text
    tx.erase_range(store::Range::prefix(streams));
}

Task<PutResourcePolicyOutput> Service::put_resource_policy(Call& call, PutResourcePolicyInput request) {
    const auto holder = holder_of(call, request.ResourceArn);
    auto revision = co_await store_.transact([&](store::Transaction& tx) -> Task<std::string> {
        co_await check_holder(tx, holder, request.ResourceArn);
        const auto existing = co_await find_policy(tx, holder.scope, holder.resource);
        check_expected(request.ExpectedRevisionId, existing, holder, request.ResourceArn);
        if (existing && existing->text == request.Policy) co_return existing->revision;
        co_return save_policy(tx, call, holder.scope, holder.resource, request.Policy);
    });
    co_return PutResourcePolicyOutput{.RevisionId = std::move(revision)};
}

Task<GetResourcePolicyOutput> Service::get_resource_policy(Call& call, GetResourcePolicyInput request) {
    const auto holder = holder_of(call, request.ResourceArn);
    const auto policy = co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<ResourcePolicy>> {
        co_await check_holder(tx, holder, request.ResourceArn);
        co_return co_await find_policy(tx, holder.scope, holder.resource);
    });
    if (!policy) throw_missing(request.ResourceArn);
    co_return GetResourcePolicyOutput{.Policy = policy->text, .RevisionId = policy->revision};
}

Task<DeleteResourcePolicyOutput> Service::delete_resource_policy(Call& call, DeleteResourcePolicyInput request) {
    const auto holder = holder_of(call, request.ResourceArn);
    const auto gone = co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<ResourcePolicy>> {
        co_await check_holder(tx, holder, request.ResourceArn);
        auto policy = co_await find_policy(tx, holder.scope, holder.resource);
        check_expected(request.ExpectedRevisionId, policy, holder, request.ResourceArn);
        tx.erase(policy_key(holder.scope, holder.resource));
        co_return policy;
    });
    DeleteResourcePolicyOutput output;
    if (gone) output.RevisionId = gone->revision;
    co_return output;
}

Task<std::string> Service::resource_policy(Call&, std::string arn) {
    const auto parsed = Arn::parse(arn);
    if (!parsed || !parsed->resource.starts_with("table/")) co_return "";
    auto resource = parsed->resource;
    // An index is covered by its table's policy.
    if (const auto index = resource.find("/index/"); index != std::string::npos) resource.resize(index);
    const auto policy = co_await store_.transact(
        [&](store::Transaction& tx) { return find_policy(tx, Scope(parsed->account, parsed->region), resource); });
    co_return policy ? policy->text : "";
}

}  // namespace cumulet::dynamodb
