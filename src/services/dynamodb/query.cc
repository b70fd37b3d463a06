// Query: the items of one hash key, in the order of their range keys.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
#include "services/dynamodb/page.h"
#include "services/dynamodb/query_keys.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

/// A filter sees what keys cannot say. `parameter` is what DynamoDB calls it.
void check_filter(std::string_view parameter, const std::optional<Condition>& filter, const KeySchema& schema) {
    if (!filter) return;
    each_path(*filter, [&](const Path& path) {
        if (!schema.names(path[0].name)) return;
        throw aws::validation_error(fmt::format(
            "{} can only contain non-primary key attributes: Primary key attribute: {}", parameter, path[0].name));
    });
}

}  // namespace

Task<QueryOutput> Service::query(Call& call, QueryInput request) {
    const Parameter projected{"ProjectionExpression", request.ProjectionExpression.has_value()};
    const Parameter filtered{"FilterExpression", request.FilterExpression.has_value()};
    const Parameter keyed{"KeyConditionExpression", request.KeyConditionExpression.has_value()};
    check_forms({projected, filtered, keyed}, {{"AttributesToGet", request.AttributesToGet.has_value()},
                                               {"QueryFilter", request.QueryFilter.has_value()},
                                               {"ConditionalOperator", request.ConditionalOperator.has_value()},
                                               {"KeyConditions", request.KeyConditions.has_value() && keyed.given}});
    check_placeholder_use(request, {filtered, keyed}, {projected});
    check_selection(request, "1 validation error detected: ");
    const auto older_filter = filter_condition(request.QueryFilter, request.ConditionalOperator);
    const auto attributes = attribute_paths(request.AttributesToGet);
    check_start_values(request.ExclusiveStartKey, Wording::current);
    if (!keyed.given && !request.KeyConditions) {
        throw aws::validation_error(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
    }
    auto placeholders = placeholders_of(request);
    const auto key_condition = condition_of(keyed.name, request.KeyConditionExpression, placeholders);
    const auto filter =
        filtered.given ? condition_of(filtered.name, request.FilterExpression, placeholders) : older_filter;
    const auto projection = projected.given ? projection_of(request.ProjectionExpression, placeholders) : attributes;
    placeholders.check_all_used();
    const auto comparisons = key_condition ? key_comparisons(*key_condition) : key_comparisons(*request.KeyConditions);
    if (options_.gate) co_await permit_query(call, request, comparisons);
    const Scope scope(call);
    const auto name = table_name(request.TableName);

    Spending spending(throttle_, call.now());
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page> {
        const auto table = co_await load_table(tx, scope, name);
        const Index* index = request.IndexName ? &table.index(*request.IndexName, "Query") : nullptr;
        const auto& schema = index ? index->key : table.key;
        check_consistency(index, request.ConsistentRead.value_or(false));
        if (request.ExclusiveStartKey) check_start_count(table, index, *request.ExclusiveStartKey);
        const auto keys = key_range(schema, comparisons, pointer(request.ExclusiveStartKey));
        if (request.ExclusiveStartKey) check_start(table, schema, comparisons, *request.ExclusiveStartKey);
        if (projection) table.check_paths(*projection);
        check_filter(filtered.given ? "Filter Expression" : "QueryFilter", filter, schema);
        table.check_paths(pointer(filter));

        PageRequest wanted{
            .range = query_range(scope, table, index, keys),
            .order = request.ScanIndexForward.value_or(true) ? store::Order::ascending : store::Order::descending,
            .limit = request.Limit,
            .filter = pointer(filter),
            .consistent = request.ConsistentRead.value_or(false)};
        select(wanted, table, request.Select, index, projection);
        if (request.ExclusiveStartKey) start_after(wanted, scope, table, *request.ExclusiveStartKey, outside_query);
        if (spending) co_await spending.enter(tx, scope, name, Access::read, index);
        co_return co_await read_page(tx, scope, table, std::move(wanted));
    });
    spending.use(name, Access::read, page.consumed);
    co_return output_of<QueryOutput>(std::move(page), request.Select == "COUNT", request.ReturnConsumedCapacity, name);
}

}  // namespace cumulet::dynamodb
