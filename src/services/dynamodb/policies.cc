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

PolicyHolder holder_of(const std::string& text) {
    const auto arn = Arn::parse(text);
    if (!arn || arn->service != "dynamodb" || !arn->resource.starts_with("table/")) {
        throw aws::validation_error(fmt::format("Invalid ResourceArn: {}", text));  // Unverified: the words
    }
    const auto rest = arn->resource.substr(6);
    return {
        .scope = Scope(arn->account, arn->region), .resource = arn->resource, .table = rest.substr(0, rest.find('/'))};
}

/// Throws ResourceNotFoundException unless the table, or the stream that is its last one, is there.
Task<void> check_holder(store::Transaction& tx, PolicyHolder holder, std::string arn) {
    const auto table = co_await find_table(tx, holder.scope, holder.table);
    const bool found = table && !table->creating &&
                       (holder.resource == "table/" + holder.table || table->description.LatestStreamArn == arn);
    if (!found) {
        throw ResourceNotFoundException(fmt::format("Requested resource not found: ResourceArn: {} not found", arn));
    }
}

/// Unverified: the words.
[[noreturn]] void throw_missing(const std::string& arn) {
    throw PolicyNotFoundException(fmt::format("Resource-based policy not found for the provided ResourceArn: {}", arn));
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
    const auto holder = holder_of(request.ResourceArn);
    auto revision = co_await store_.transact([&](store::Transaction& tx) -> Task<std::string> {
        co_await check_holder(tx, holder, request.ResourceArn);
        const auto existing = co_await find_policy(tx, holder.scope, holder.resource);
        const auto& expected = request.ExpectedRevisionId;
        // "NO_POLICY" asks that there is none yet.
        const bool fits =
            !expected || (*expected == "NO_POLICY" ? !existing : existing && existing->revision == *expected);
        if (!fits) throw_missing(request.ResourceArn);
        if (existing && existing->text == request.Policy) co_return existing->revision;
        co_return save_policy(tx, call, holder.scope, holder.resource, request.Policy);
    });
    co_return PutResourcePolicyOutput{.RevisionId = std::move(revision)};
}

Task<GetResourcePolicyOutput> Service::get_resource_policy(Call&, GetResourcePolicyInput request) {
    const auto holder = holder_of(request.ResourceArn);
    const auto policy = co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<ResourcePolicy>> {
        co_await check_holder(tx, holder, request.ResourceArn);
        co_return co_await find_policy(tx, holder.scope, holder.resource);
    });
    if (!policy) throw_missing(request.ResourceArn);
    co_return GetResourcePolicyOutput{.Policy = policy->text, .RevisionId = policy->revision};
}

Task<DeleteResourcePolicyOutput> Service::delete_resource_policy(Call&, DeleteResourcePolicyInput request) {
    const auto holder = holder_of(request.ResourceArn);
    const auto gone = co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<ResourcePolicy>> {
        co_await check_holder(tx, holder, request.ResourceArn);
        auto policy = co_await find_policy(tx, holder.scope, holder.resource);
        if (request.ExpectedRevisionId && (!policy || policy->revision != *request.ExpectedRevisionId)) {
            throw_missing(request.ResourceArn);
        }
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
