#include "services/dynamodb/changes.h"

#include "services/dynamodb/write.h"

namespace cumulet::dynamodb {

using namespace aws::dynamodb;

namespace {

constexpr auto token_counts = 10min;

/// What is wrong with an intent before its item is looked at. Throws aws::Error for an empty key, which DynamoDB
/// notices before it begins a transaction.
std::string refusal_of(const Intent& intent, const Table& table) {
    try {
        if (intent.kind == Intent::Kind::put)
            table.check_item(*intent.key);
        else
            table.check_key(*intent.key);
        if (intent.update) table.check_update(*intent.update);
    } catch (const aws::Error& error) {
        if (error.message.starts_with("One or more parameter values are not valid.")) throw;
        return error.message;
    }
    return "";
}

}  // namespace

void refuse_repetition() {
    throw aws::validation_error("Transaction request cannot include multiple operations on one item");
}

void refuse_size() { throw aws::validation_error("Transaction payload size cannot exceed 4 MB"); }

Task<bool> is_repetition(store::Transaction& tx, Scope scope, std::string token, std::string digest, Time now) {
    if (token.empty()) co_return false;
    const auto known = co_await find_token(tx, scope, token, now);
    if (known && *known != digest) throw IdempotentParameterMismatchException();
    if (!known) remember_token(tx, scope, token, digest, now + token_counts);
    co_return known.has_value();
}

void decide(Change& change) {
    if (!change.refusal.empty()) throw aws::validation_error(change.refusal);
    const Intent& intent = *change.intent;
    if (change.old && intent.existing == Intent::Existing::refuse) {
        throw DuplicateItemException("Duplicate primary key exists in table");
    }
    if (change.old && intent.existing == Intent::Existing::keep) {
        change.item = change.old;
        return;
    }
    require(intent.condition, pointer(change.old), *intent.on_failure);
    switch (intent.kind) {
        case Intent::Kind::check: change.item = change.old; break;
        case Intent::Kind::put: change.item = *intent.key; break;
        case Intent::Kind::remove: change.item.reset(); break;
        case Intent::Kind::update:
            change.item = updated(*intent.update, pointer(change.old), *intent.key);
            if (change.item) change.table->check_updated(*change.item);
            break;
    }
}

void Cancellation::add(std::optional<CancellationReason> reason) {
    cancelled_ = cancelled_ || reason;
    reasons_.push_back(reason ? std::move(*reason) : CancellationReason{.Code = "None"});
}

void Cancellation::check() && {
    if (!cancelled_) return;
    std::vector<std::string_view> codes;
    for (const auto& reason : reasons_) codes.push_back(*reason.Code);
    TransactionCanceledException exception(fmt::format(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", fmt::join(codes, ", ")));
    exception.CancellationReasons = std::move(reasons_);
    throw exception;
}

namespace {

/// What speaks against a change; nothing if it is decided.
std::optional<CancellationReason> obstacle_of(Change& change) {
    try {
        decide(change);
    } catch (const ConditionalCheckFailedException& failure) {
        return CancellationReason{.Item = failure.Item, .Code = "ConditionalCheckFailed", .Message = failure.message};
    } catch (const DuplicateItemException& duplicate) {
        return CancellationReason{.Code = "DuplicateItem", .Message = duplicate.message};
    } catch (const aws::Error& error) {
        if (error.code != "ValidationException") throw;
        return CancellationReason{.Code = "ValidationError", .Message = error.message};
    }
    return std::nullopt;
}

/// Cancels the transaction if something is wrong with an intent itself.
void refuse_wrong(const std::vector<Change>& changes) {
    const auto wrong = std::ranges::find_if(changes, [](const Change& change) { return !change.refusal.empty(); });
    if (wrong == changes.end()) return;
    Cancellation cancellation;
    for (auto change = changes.begin(); change != changes.end(); ++change) {
        std::optional<CancellationReason> reason;
        if (change == wrong) reason = {.Code = "ValidationError", .Message = change->refusal};
        cancellation.add(std::move(reason));
    }
    std::move(cancellation).check();
}

}  // namespace

void decide_all(std::vector<Change>& changes, Spending& spending) {
    refuse_wrong(changes);
    Cancellation cancellation;
    bool throttled = false;
    for (auto& change : changes) {
        auto obstacle = obstacle_of(change);
        if (!obstacle) {
            if (const auto lack =
                    spending.try_write(*change.table, pointer(change.old), pointer(change.item), transaction_factor)) {
                obstacle = lack->reason();
                throttled = true;
            }
        }
        cancellation.add(std::move(obstacle));
    }
    if (throttled) spending.restart();  // what is not let in costs nothing
    std::move(cancellation).check();
}

Task<const Table*> load_once(store::Transaction& tx, Scope scope, Tables& tables, Spending& spending,
                             std::string name) {
    if (const auto known = tables.find(name); known != tables.end()) co_return &known->second;
    if (spending) co_await spending.learn(tx, scope, name);
    co_return &tables.emplace(name, co_await load_table(tx, scope, name)).first->second;
}

Task<std::vector<Change>> load_changes(store::Transaction& tx, Scope scope, Tables& tables, Spending& spending,
                                       const std::vector<Intent>& intents) {
    std::vector<Change> changes;
    std::set<std::string> places;
    size_t payload_bytes = 0;
    for (const auto& intent : intents) {
        const Table* table = co_await load_once(tx, scope, tables, spending, intent.table);
        payload_bytes += intent.key->size_bytes() + intent.values_bytes;
        if (auto refusal = refusal_of(intent, *table); !refusal.empty()) {
            changes.push_back({.intent = &intent, .table = table, .refusal = std::move(refusal)});
            continue;
        }
        auto place = item_key(scope, *table, intent.key->view());
        if (!places.insert(place).second) refuse_repetition();
        auto old = co_await load_item(tx, place);
        changes.push_back({.intent = &intent, .table = table, .place = std::move(place), .old = std::move(old)});
    }
    if (payload_bytes > max_transaction_bytes) refuse_size();
    co_return changes;
}

std::optional<std::vector<ConsumedCapacity>> report_all(const std::map<std::string, Consumption>& consumed,
                                                        const std::optional<std::string>& mode, bool write) {
    if (!wants_capacity(mode)) return std::nullopt;
    std::vector<ConsumedCapacity> reports;
    for (const auto& [name, used] : consumed) {
        auto capacity = *used.report(mode, name);
        (write ? capacity.WriteCapacityUnits : capacity.ReadCapacityUnits) = capacity.CapacityUnits;
        reports.push_back(std::move(capacity));
    }
    return reports;
}

void GetsOfTransaction::add(const std::string& table, size_t size_bytes) {
    const Consumption cost{.table = transaction_factor * read_units(size_bytes, true)};
    consumed_[table].add(cost);
    if (!spending_) return;
    const auto lack = spending_.shortage(table, Access::read, cost);
    throttled_ = throttled_ || lack;
    cancellation_.add(lack ? std::optional(lack->reason()) : std::nullopt);
    spending_.use(table, Access::read, cost);
}

std::optional<std::vector<ConsumedCapacity>> GetsOfTransaction::report(const std::optional<std::string>& mode) && {
    if (throttled_) spending_.restart();  // what is not let in costs nothing
    std::move(cancellation_).check();
    return report_all(consumed_, mode, false);
}

Task<std::optional<std::vector<ConsumedCapacity>>> save_changes(store::Transaction& tx, Scope scope,
                                                                const std::vector<Change>& changes,
                                                                std::optional<std::string> capacity_mode) {
    std::map<std::string, Consumption> consumed;
    for (const auto& change : changes) {
        if (change.intent->kind != Intent::Kind::check && (change.old || change.item)) {
            co_await write_item(tx, scope, *change.table, change.place, pointer(change.old), pointer(change.item));
        }
        if (!wants_capacity(capacity_mode)) continue;
        auto& used = consumed[change.table->name];
        used.add_write(*change.table, pointer(change.old), pointer(change.item), transaction_factor);
    }
    co_return report_all(consumed, capacity_mode, true);
}

}  // namespace cumulet::dynamodb
