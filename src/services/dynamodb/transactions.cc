// TransactGetItems and TransactWriteItems: all of it or nothing.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
#include "base/hash.h"
#include "contracts/reflect.h"
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/write.h"

namespace cumulet::dynamodb {

namespace {

constexpr auto token_counts = 10min;
constexpr auto sweep_pause = 1min;
constexpr size_t max_transaction_bytes = 4 * 1024 * 1024;
constexpr double transaction_factor = 2;  // a transaction costs twice the units

[[noreturn]] void refuse_repetition() {
    throw aws::validation_error("Transaction request cannot include multiple operations on one item");
}

/// One part of a TransactWriteItems, read and checked. Pointers are into the request.
struct Intent {
    enum class Kind { check, put, remove, update } kind = Kind::check;
    std::string table;
    const AttributeMap* key = nullptr;  // put: the item
    std::optional<Update> update;
    std::optional<Condition> condition;
    const std::optional<std::string>* on_failure = nullptr;
};

template <typename Part>
Intent intent_of(Intent::Kind kind, const Part& part) {
    Intent intent{
        .kind = kind, .table = table_name(part.TableName), .on_failure = &part.ReturnValuesOnConditionCheckFailure};
    const std::optional<std::string> condition = part.ConditionExpression;
    const Parameter conditional{"ConditionExpression", condition.has_value()};
    if constexpr (requires { part.UpdateExpression; }) {
        auto placeholders = placeholders_of(part, {{"UpdateExpression", true}, conditional});
        intent.update = parse_update(part.UpdateExpression, placeholders);
        intent.condition = condition_of("ConditionExpression", condition, placeholders);
        placeholders.check_all_used();
    } else {
        auto placeholders = placeholders_of(part, {conditional});
        intent.condition = condition_of("ConditionExpression", condition, placeholders);
        placeholders.check_all_used();
    }
    if constexpr (requires { part.Item; })
        intent.key = &part.Item;
    else
        intent.key = &part.Key;
    return intent;
}

Intent intent_of(const TransactWriteItem& item) {
    const int given =
        item.ConditionCheck.has_value() + item.Put.has_value() + item.Delete.has_value() + item.Update.has_value();
    if (given != 1) {
        throw aws::validation_error("TransactItems can only contain one of Check, Put, Update or Delete");
    }
    if (item.ConditionCheck) return intent_of(Intent::Kind::check, *item.ConditionCheck);
    if (item.Put) return intent_of(Intent::Kind::put, *item.Put);
    if (item.Delete) return intent_of(Intent::Kind::remove, *item.Delete);
    return intent_of(Intent::Kind::update, *item.Update);
}

/// An intent beside the item as it is, and as it is to be.
struct Change {
    const Intent* intent;
    const Table* table;
    std::string place;
    std::optional<AttributeMap> old;
    std::optional<AttributeMap> item;
};

/// Decides what becomes of the item; what speaks against it is thrown as a single write would throw it.
void decide(Change& change) {
    const Intent& intent = *change.intent;
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

/// Decides all changes. Throws TransactionCanceledException with a reason for each if one of them cannot be made.
void decide(std::vector<Change>& changes) {
    std::vector<CancellationReason> reasons;
    std::vector<std::string> codes;
    bool cancelled = false;
    for (auto& change : changes) {
        CancellationReason reason{.Code = "None"};
        try {
            decide(change);
        } catch (const ConditionalCheckFailedException& failure) {
            reason = {.Item = failure.Item, .Code = "ConditionalCheckFailed", .Message = failure.message};
            cancelled = true;
        } catch (const aws::Error& error) {
            if (error.code != "ValidationException") throw;
            reason = {.Code = "ValidationError", .Message = error.message};
            cancelled = true;
        }
        codes.push_back(*reason.Code);
        reasons.push_back(std::move(reason));
    }
    if (!cancelled) return;
    TransactionCanceledException exception(fmt::format(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", fmt::join(codes, ", ")));
    exception.CancellationReasons = std::move(reasons);
    throw exception;
}

using Tables = std::map<std::string, Table>;

Task<const Table*> load_once(store::Transaction& tx, Scope scope, Tables& tables, std::string name) {
    if (const auto known = tables.find(name); known != tables.end()) co_return &known->second;
    co_return &tables.emplace(name, co_await load_table(tx, scope, name)).first->second;
}

Task<std::vector<Change>> load_changes(store::Transaction& tx, Scope scope, Tables& tables,
                                       const std::vector<Intent>& intents) {
    std::vector<Change> changes;
    std::set<std::string> places;
    size_t size_bytes = 0;
    for (const auto& intent : intents) {
        const Table* table = co_await load_once(tx, scope, tables, intent.table);
        if (intent.kind == Intent::Kind::put)
            table->check_item(*intent.key);
        else
            table->check_key(*intent.key);
        if (intent.update) table->check_update(*intent.update);
        auto place = item_key(scope, *table, intent.key->view());
        if (!places.insert(place).second) refuse_repetition();
        auto old = co_await load_item(tx, place);
        size_bytes += std::max(intent.key->size_bytes(), old ? old->size_bytes() : 0);
        changes.push_back({.intent = &intent, .table = table, .place = std::move(place), .old = std::move(old)});
    }
    if (size_bytes > max_transaction_bytes) {
        throw aws::validation_error("Aggregated size of all items in the transaction has exceeded the limit of 4 MB");
    }
    co_return changes;
}

/// Sums of units by table, for the answer.
std::optional<std::vector<ConsumedCapacity>> report(const std::map<std::string, Consumption>& consumed,
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

Task<TransactWriteItemsOutput> save_changes(store::Transaction& tx, Scope scope, const std::vector<Change>& changes,
                                            const std::optional<std::string>& capacity_mode) {
    std::map<std::string, Consumption> consumed;
    for (const auto& change : changes) {
        if (change.intent->kind != Intent::Kind::check && (change.old || change.item)) {
            co_await write_item(tx, scope, *change.table, change.place, pointer(change.old), pointer(change.item));
        }
        if (!wants_capacity(capacity_mode)) continue;
        auto& used = consumed[change.table->name];
        used.add_write(*change.table, pointer(change.old), pointer(change.item));
        used.add_write(*change.table, pointer(change.old), pointer(change.item));
    }
    co_return TransactWriteItemsOutput{.ConsumedCapacity = report(consumed, capacity_mode, true)};
}

}  // namespace

Task<TransactGetItemsOutput> Service::transact_get_items(Call& call, TransactGetItemsInput request) {
    std::vector<std::optional<std::vector<Path>>> projections;
    for (const auto& item : request.TransactItems) {
        auto placeholders =
            placeholders_of(item.Get, {}, {{"ProjectionExpression", item.Get.ProjectionExpression.has_value()}});
        projections.push_back(projection_of(item.Get, placeholders));
        placeholders.check_all_used();
    }
    const Scope scope(call);

    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<TransactGetItemsOutput> {
        TransactGetItemsOutput output;
        output.Responses.emplace();
        std::map<std::string, Consumption> consumed;
        Tables tables;
        std::set<std::string> places;
        for (size_t index = 0; index < request.TransactItems.size(); ++index) {
            const auto& get = request.TransactItems[index].Get;
            const Table* table = co_await load_once(tx, scope, tables, table_name(get.TableName));
            table->check_key(get.Key);
            const auto place = item_key(scope, *table, get.Key.view());
            if (!places.insert(place).second) refuse_repetition();
            auto item = co_await load_item(tx, place);
            consumed[table->name].table += transaction_factor * read_units(item ? item->size_bytes() : 0, true);
            if (item && projections[index]) item = project(*projections[index], item->view());
            output.Responses->push_back({.Item = std::move(item)});
        }
        output.ConsumedCapacity = report(consumed, request.ReturnConsumedCapacity, false);
        co_return output;
    });
}

Task<TransactWriteItemsOutput> Service::transact_write_items(Call& call, TransactWriteItemsInput request) {
    std::vector<Intent> intents;
    for (const auto& item : request.TransactItems) intents.push_back(intent_of(item));
    const Scope scope(call);
    const auto token = request.ClientRequestToken.value_or("");
    const auto digest =
        token.empty()
            ? ""
            : sha256(json::serialize(contracts::to_json(*service.find("TransactWriteItems")->input, &request)));
    const auto now = call.now();

    auto output = co_await store_.transact([&](store::Transaction& tx) -> Task<TransactWriteItemsOutput> {
        if (!token.empty()) {
            const auto known = co_await find_token(tx, scope, token, now);
            if (known && *known != digest) throw IdempotentParameterMismatchException();
            if (known) co_return TransactWriteItemsOutput{};
            remember_token(tx, scope, token, digest, now + token_counts);
        }
        Tables tables;
        auto changes = co_await load_changes(tx, scope, tables, intents);
        decide(changes);
        co_return co_await save_changes(tx, scope, changes, request.ReturnConsumedCapacity);
    });
    if (!token.empty()) co_await sweep_tokens(call);
    co_return output;
}

/// Forgets old tokens, once in a while: whoever comes first after the pause does it for all.
Task<void> Service::sweep_tokens(Call& call) {
    const auto now = call.now();
    auto last = tokens_swept_.load();
    if (now < last + sweep_pause || !tokens_swept_.compare_exchange_strong(last, now)) co_return;
    const Scope scope(call);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> { co_await forget_tokens(tx, scope, now); });
}

}  // namespace cumulet::dynamodb
