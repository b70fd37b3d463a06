// GetItem, PutItem, DeleteItem and UpdateItem: one item by its primary key.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/legacy/updates.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/write.h"

namespace cumulet::dynamodb {

Task<GetItemOutput> Service::get_item(Call& call, GetItemInput request) {
    if (options_.gate) co_await permit_item(call, request.TableName, request.Key);
    const Parameter projected{"ProjectionExpression", request.ProjectionExpression.has_value()};
    check_forms({projected}, {{"AttributesToGet", request.AttributesToGet.has_value()}});
    check_placeholder_use(request, {}, {projected});
    request.Key.check();
    const auto attributes = attribute_paths(request.AttributesToGet);
    auto placeholders = placeholders_of(request);
    const auto projection = projected.given ? projection_of(request.ProjectionExpression, placeholders) : attributes;
    placeholders.check_all_used();
    const Scope scope(call);
    const auto name = table_name(request.TableName);

    Spending spending(throttle_, call.now());
    auto item = co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<AttributeMap>> {
        const auto table = co_await load_table(tx, scope, name);
        table.check_key(request.Key);
        if (projection) table.check_paths(*projection);
        if (spending) co_await spending.enter(tx, scope, name, Access::read);
        co_return co_await load_item(tx, item_key(scope, table, request.Key.view()));
    });

    GetItemOutput output;
    if (spending || wants_capacity(request.ReturnConsumedCapacity)) {
        const Consumption used{.table =
                                   read_units(item ? item->size_bytes() : 0, request.ConsistentRead.value_or(false))};
        spending.use(name, Access::read, used);
        output.ConsumedCapacity = used.report(request.ReturnConsumedCapacity, name);
    }
    if (item && projection) item = project(*projection, item->view());
    output.Item = std::move(item);
    co_return output;
}

Task<PutItemOutput> Service::put_item(Call& call, PutItemInput request) {
    if (options_.gate) {
        co_await permit_item(call, request.TableName, request.Item, request.ReturnValues.value_or("NONE"));
    }
    const auto [return_old, condition] = introduced([&] {
        check_write_parameters(request);
        request.Item.check();
        const bool returns = returns_old(request.ReturnValues);
        check_size(request.Item);
        return std::pair(returns, write_condition(request));
    });
    const Scope scope(call);
    const auto name = table_name(request.TableName);

    Spending spending(throttle_, call.now());
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<PutItemOutput> {
        const auto table = co_await load_table(tx, scope, name);
        table.check_item(request.Item);
        if (spending) co_await spending.enter(tx, scope, name, Access::write);
        const auto key = item_key(scope, table, request.Item.view());
        std::optional<AttributeMap> old;
        // An item that nobody asks about is replaced unread.
        if (condition || return_old || table.needs_old() || spending ||
            wants_capacity(request.ReturnConsumedCapacity)) {
            old = co_await load_item(tx, key);
        }
        spending.attempt(name, pointer(old));
        require(condition, pointer(old), request.ReturnValuesOnConditionCheckFailure);
        spending.write(table, pointer(old), &request.Item);
        co_await write_item(tx, scope, table, key, pointer(old), &request.Item);

        PutItemOutput output;
        output.ItemCollectionMetrics =
            collection_metrics(request.ReturnItemCollectionMetrics, table, request.Item.view());
        if (wants_capacity(request.ReturnConsumedCapacity)) {
            Consumption used;
            used.add_write(table, pointer(old), &request.Item);
            output.ConsumedCapacity = used.report(request.ReturnConsumedCapacity, name);
        }
        if (return_old) output.Attributes = std::move(old);
        co_return output;
    });
}

Task<DeleteItemOutput> Service::delete_item(Call& call, DeleteItemInput request) {
    if (options_.gate) {
        co_await permit_item(call, request.TableName, request.Key, request.ReturnValues.value_or("NONE"));
    }
    const auto [return_old, condition] = introduced([&] {
        check_write_parameters(request);
        request.Key.check();
        const bool returns = returns_old(request.ReturnValues);
        return std::pair(returns, write_condition(request));
    });
    const Scope scope(call);
    const auto name = table_name(request.TableName);

    Spending spending(throttle_, call.now());
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<DeleteItemOutput> {
        const auto table = co_await load_table(tx, scope, name);
        table.check_key(request.Key);
        if (spending) co_await spending.enter(tx, scope, name, Access::write);
        const auto key = item_key(scope, table, request.Key.view());
        auto old = co_await load_item(tx, key);
        spending.attempt(name, pointer(old));
        require(condition, pointer(old), request.ReturnValuesOnConditionCheckFailure);
        spending.write(table, pointer(old), nullptr);
        if (old) co_await write_item(tx, scope, table, key, pointer(old), nullptr);

        DeleteItemOutput output;
        output.ItemCollectionMetrics =
            collection_metrics(request.ReturnItemCollectionMetrics, table, request.Key.view());
        if (wants_capacity(request.ReturnConsumedCapacity)) {
            Consumption used;
            used.add_write(table, pointer(old), nullptr);
            output.ConsumedCapacity = used.report(request.ReturnConsumedCapacity, name);
        }
        if (return_old) output.Attributes = std::move(old);
        co_return output;
    });
}

namespace {

/// What UpdateItem answers of the item before and after.
std::optional<AttributeMap> returned(const std::optional<std::string>& return_values, const Update& update,
                                     const AttributeMap* old, const AttributeMap* item) {
    if (!return_values || *return_values == "NONE") return std::nullopt;
    const AttributeMap* chosen = return_values->ends_with("_OLD") ? old : item;
    if (!chosen) return std::nullopt;
    if (return_values->starts_with("ALL_")) return *chosen;
    auto updated = project(update.paths(), chosen->view());
    if (updated.empty()) return std::nullopt;
    return updated;
}

/// What an UpdateItem changes, and on what condition.
std::pair<Update, std::optional<Condition>> read_update(const UpdateItemInput& request) {
    const Parameter changed{"UpdateExpression", request.UpdateExpression.has_value()};
    const Parameter conditional{"ConditionExpression", request.ConditionExpression.has_value()};
    check_forms({changed, conditional}, {{"AttributeUpdates", request.AttributeUpdates.has_value()},
                                         {"Expected", request.Expected.has_value()},
                                         {"ConditionalOperator", request.ConditionalOperator.has_value()}});
    check_placeholder_use(request, {changed, conditional});
    request.Key.check();
    auto update = request.AttributeUpdates ? update_of(*request.AttributeUpdates) : Update();
    auto condition = expected_condition(request.Expected, request.ConditionalOperator);
    auto placeholders = placeholders_of(request);
    if (changed.given) update = parse_update(*request.UpdateExpression, placeholders);
    if (conditional.given) condition = condition_of(conditional.name, request.ConditionExpression, placeholders);
    placeholders.check_all_used();
    return {std::move(update), std::move(condition)};
}

}  // namespace

Task<UpdateItemOutput> Service::update_item(Call& call, UpdateItemInput request) {
    if (options_.gate) {
        co_await permit_item(call, request.TableName, request.Key, request.ReturnValues.value_or("NONE"));
    }
    const auto [update, condition] = introduced([&] { return read_update(request); });
    const Scope scope(call);
    const auto name = table_name(request.TableName);

    // Whoever ran into another update of the item queues up with the others of that fate; nobody queues for the disk.
    bool ran_before = false;
    Spending spending(throttle_, call.now());
    std::optional<KeyedLocks::Guard> turn;
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<UpdateItemOutput> {
        if (ran_before && !turn) {
            turn.emplace(co_await items_.lock(
                fmt::format("{}/{}/{}/{}", scope.account, scope.region, name, request.Key.bytes())));
        }
        ran_before = true;
        const auto table = co_await load_table(tx, scope, name);
        table.check_key(request.Key);
        table.check_update(update);
        if (spending) co_await spending.enter(tx, scope, name, Access::write);
        const auto key = item_key(scope, table, request.Key.view());
        const auto old = co_await load_item(tx, key);
        spending.attempt(name, pointer(old));
        require(condition, pointer(old), request.ReturnValuesOnConditionCheckFailure);
        const auto item = updated(update, pointer(old), request.Key);
        if (item) {
            table.check_updated(*item);
            spending.write(table, pointer(old), pointer(item));
            co_await write_item(tx, scope, table, key, pointer(old), pointer(item));
        }

        UpdateItemOutput output{.Attributes = returned(request.ReturnValues, update, pointer(old), pointer(item))};
        output.ItemCollectionMetrics =
            collection_metrics(request.ReturnItemCollectionMetrics, table, request.Key.view());
        if (wants_capacity(request.ReturnConsumedCapacity)) {
            Consumption used;
            used.add_write(table, pointer(old), pointer(item));
            output.ConsumedCapacity = used.report(request.ReturnConsumedCapacity, name);
        }
        co_return output;
    });
}

}  // namespace cumulet::dynamodb
