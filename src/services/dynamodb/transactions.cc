// TransactGetItems and TransactWriteItems: all of it or nothing.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
#include "services/dynamodb/changes.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

constexpr auto sweep_pause = 1min;

template <typename Part>
Intent intent_of(Intent::Kind kind, const Part& part) {
    Intent intent{
        .kind = kind, .table = table_name(part.TableName), .on_failure = &part.ReturnValuesOnConditionCheckFailure};
    const std::optional<std::string> condition = part.ConditionExpression;
    const Parameter conditional{"ConditionExpression", condition.has_value()};
    if constexpr (requires { part.Item; })
        intent.key = &part.Item;
    else
        intent.key = &part.Key;
    if constexpr (requires { part.ExpressionAttributeValues; }) {
        if (part.ExpressionAttributeValues) intent.values_bytes = part.ExpressionAttributeValues->size_bytes();
    }
    if constexpr (requires { part.UpdateExpression; }) {
        check_placeholder_use(part, {{"UpdateExpression", true}, conditional}, {}, Wording::older);
    } else {
        check_placeholder_use(part, {conditional}, {}, Wording::older);
    }
    auto placeholders = placeholders_of(part, Wording::older);
    if constexpr (requires { part.UpdateExpression; }) {
        intent.update = parse_update(part.UpdateExpression, placeholders);
    }
    intent.condition = condition_of(conditional.name, condition, placeholders);
    placeholders.check_all_used();
    intent.key->check(Wording::older);
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

}  // namespace

Task<TransactGetItemsOutput> Service::transact_get_items(Call& call, TransactGetItemsInput request) {
    std::vector<std::optional<std::vector<Path>>> projections;
    for (const auto& item : request.TransactItems) {
        check_placeholder_use(item.Get, {}, {{"ProjectionExpression", item.Get.ProjectionExpression.has_value()}});
        item.Get.Key.check(Wording::older);
        auto placeholders = placeholders_of(item.Get);
        projections.push_back(projection_of(item.Get.ProjectionExpression, placeholders));
        placeholders.check_all_used();
    }
    co_await permit_parts(call, request);
    const Scope scope(call);

    Spending spending(throttle_, call.now());
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<TransactGetItemsOutput> {
        spending.restart();
        GetsOfTransaction gets(spending);
        TransactGetItemsOutput output;
        output.Responses.emplace();
        Tables tables;
        std::set<std::string> places;
        size_t size_bytes = 0;
        for (size_t index = 0; index < request.TransactItems.size(); ++index) {
            const auto& get = request.TransactItems[index].Get;
            const Table* table = co_await load_once(tx, scope, tables, spending, table_name(get.TableName));
            table->check_key(get.Key);
            if (projections[index]) table->check_paths(*projections[index]);
            const auto place = item_key(scope, *table, get.Key.view());
            if (!places.insert(place).second) refuse_repetition();
            auto item = co_await load_item(tx, place);
            const size_t item_bytes = item ? item->size_bytes() : 0;
            size_bytes += item_bytes;
            if (size_bytes > max_transaction_bytes) refuse_size();  // Unverified: the words
            gets.add(table->name, item_bytes);
            if (item && projections[index]) item = project(*projections[index], item->view());
            output.Responses->push_back({.Item = std::move(item)});
        }
        output.ConsumedCapacity = std::move(gets).report(request.ReturnConsumedCapacity);
        co_return output;
    });
}

Task<TransactWriteItemsOutput> Service::transact_write_items(Call& call, TransactWriteItemsInput request) {
    std::vector<Intent> intents;
    for (const auto& item : request.TransactItems) intents.push_back(intent_of(item));
    co_await permit_parts(call, request);
    const Scope scope(call);
    const auto token = request.ClientRequestToken.value_or("");
    const auto digest = token.empty() ? "" : digest_of("TransactWriteItems", &request);
    const auto now = call.now();

    Spending spending(throttle_, now);
    auto output = co_await store_.transact([&](store::Transaction& tx) -> Task<TransactWriteItemsOutput> {
        spending.restart();
        const bool again = co_await is_repetition(tx, scope, token, digest, now);
        Tables tables;
        auto changes = co_await load_changes(tx, scope, tables, spending, intents);
        if (again) {  // costs what it is to read the items
            GetsOfTransaction reads(spending);
            for (const auto& change : changes) {
                reads.add(change.table->name, change.old ? change.old->size_bytes() : 0);
            }
            co_return TransactWriteItemsOutput{.ConsumedCapacity =
                                                   std::move(reads).report(request.ReturnConsumedCapacity)};
        }
        decide_all(changes, spending);
        TransactWriteItemsOutput output{.ConsumedCapacity =
                                            co_await save_changes(tx, scope, changes, request.ReturnConsumedCapacity)};
        CollectionMetrics metrics(request.ReturnItemCollectionMetrics);
        for (const auto& change : changes) metrics.add(*change.table, change.intent->key->view());
        output.ItemCollectionMetrics = std::move(metrics).report();
        co_return output;
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
