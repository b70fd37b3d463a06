// Query: the items of one hash key, in the order of their range keys.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
#include "services/dynamodb/expressions/key_condition.h"
#include "services/dynamodb/page.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

struct KeyRange {
    AttributeView hash;
    RangeCondition range;
};

void check_type(const KeySchema& schema, const KeyComparison& comparison) {
    const auto expected = schema.type_of(comparison.attribute);
    for (const auto value : {comparison.first, comparison.second}) {
        if (!value) continue;
        const bool no_prefix = comparison.kind == KeyComparison::Kind::begins_with && expected == AttributeType::N;
        if (!value.is(expected) || no_prefix) {
            throw aws::validation_error(
                "One or more parameter values were invalid: Condition parameter type does not match schema type");
        }
    }
    if (comparison.first.content().empty() && comparison.kind == KeyComparison::Kind::equal) {
        throw aws::validation_error(fmt::format(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
            "empty {} value. Key: {}",
            expected == AttributeType::S ? "string" : "binary", comparison.attribute));
    }
}

RangeCondition range_condition(const KeyComparison& comparison) {
    // Both enumerations have the same order, this one with "any" before.
    return {.kind = static_cast<RangeCondition::Kind>(static_cast<int>(comparison.kind) + 1),
            .first = comparison.first,
            .second = comparison.second};
}
static_assert(static_cast<int>(RangeCondition::Kind::begins_with) ==
              static_cast<int>(KeyComparison::Kind::begins_with) + 1);

/// Fits the comparisons to the key that is queried.
KeyRange key_range(const KeySchema& schema, const std::vector<KeyComparison>& comparisons) {
    KeyRange result;
    const auto find = [&](const std::string& name) -> const KeyComparison* {
        const auto found = std::ranges::find(comparisons, name, &KeyComparison::attribute);
        return found == comparisons.end() ? nullptr : &*found;
    };
    const auto* hash = find(schema.hash);
    const size_t keys = schema.has_range() ? 2 : 1;
    if (comparisons.size() > keys) {
        throw aws::validation_error(fmt::format(
            "The number of query conditions ({}) exceeds the number of key attributes defined in the schema ({})",
            comparisons.size(), keys));
    }
    if (!hash) {
        throw aws::validation_error(fmt::format("Query condition missed key schema element: {}", schema.hash));
    }
    const auto* range = schema.has_range() ? find(schema.range) : nullptr;
    if (comparisons.size() > 1 && !range) {
        throw aws::validation_error(fmt::format("Query condition missed key schema element: {}", schema.range));
    }
    if (hash->kind != KeyComparison::Kind::equal) throw aws::validation_error("Query key condition not supported");
    check_type(schema, *hash);
    result.hash = hash->first;
    if (range) {
        check_type(schema, *range);
        result.range = range_condition(*range);
    }
    return result;
}

std::vector<KeyComparison> older_comparisons(const QueryInput& request) {
    if (!request.KeyConditions) {
        throw aws::validation_error(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
    }
    return key_comparisons(*request.KeyConditions);
}

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
                                               {"KeyConditions", request.KeyConditions.has_value()}});
    auto placeholders = placeholders_of(request, {filtered, keyed}, {projected});
    const auto key_condition = condition_of("KeyConditionExpression", request.KeyConditionExpression, placeholders);
    const auto filter = filtered.given ? condition_of("FilterExpression", request.FilterExpression, placeholders)
                                       : filter_condition(request.QueryFilter, request.ConditionalOperator);
    const auto projection = projection_of(request, placeholders);
    placeholders.check_all_used();
    const auto comparisons = key_condition ? key_comparisons(*key_condition) : older_comparisons(request);
    if (options_.gate) co_await permit_query(call, request, comparisons);
    const Scope scope(call);
    const auto name = table_name(request.TableName);

    Spending spending(throttle_, call.now());
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page> {
        const auto table = co_await load_table(tx, scope, name);
        const Index* index = request.IndexName ? &table.index(*request.IndexName) : nullptr;
        const auto& schema = index ? index->key : table.key;
        check_consistency(index, request.ConsistentRead.value_or(false));
        const auto keys = key_range(schema, comparisons);
        check_filter(filtered.given ? "Filter Expression" : "QueryFilter", filter, schema);

        PageRequest wanted{
            .range = query_range(scope, table, index, keys.hash, keys.range),
            .order = request.ScanIndexForward.value_or(true) ? store::Order::ascending : store::Order::descending,
            .limit = request.Limit,
            .filter = pointer(filter),
            .consistent = request.ConsistentRead.value_or(false)};
        select(wanted, table, request.Select, index, projection, request.AttributesToGet.has_value());
        if (request.ExclusiveStartKey) {
            check_start_key(table, index, *request.ExclusiveStartKey);
            start_after(wanted, scope, table, *request.ExclusiveStartKey,
                        "The provided starting key is outside query boundaries based on provided conditions");
        }
        if (spending) co_await spending.enter(tx, scope, name, Access::read, index);
        co_return co_await read_page(tx, scope, table, std::move(wanted));
    });
    spending.use(name, Access::read, page.consumed);
    co_return output_of<QueryOutput>(std::move(page), request.Select == "COUNT", request.ReturnConsumedCapacity, name);
}

}  // namespace cumulet::dynamodb
