// Scan: all items of a table or an index, in segments if the caller wants to read in parallel.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
#include "services/dynamodb/page.h"
#include "services/dynamodb/query_keys.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

void check_segments(const ScanInput& request) {
    if (request.Segment && !request.TotalSegments) {
        throw aws::validation_error(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is "
            "present");
    }
    if (request.TotalSegments && !request.Segment) {
        throw aws::validation_error(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is "
            "present");
    }
    if (request.Segment && *request.Segment >= *request.TotalSegments) {
        throw aws::validation_error(fmt::format(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {} is not "
            "less than TotalSegments: {}",
            *request.Segment, *request.TotalSegments));
    }
}

/// Throws aws::Error unless the key is one of the table and, where there is one, of the index.
void check_scan_start(const Table& table, const Index* index, const AttributeMap& key) {
    constexpr std::string_view complaint = "The provided starting key is invalid";
    try {
        if (!index) return table.check_key(key);
    } catch (const aws::Error& error) {
        throw aws::validation_error(fmt::format("{}: {}", complaint, error.message));
    }
    check_start_count(table, index, key);
    index->key.each([&](std::string_view name) {
        if (!key.find(name)) throw aws::validation_error(std::string(complaint));
        index->key.check_attribute(key.view(), name);
    });
    check_table_start(table, key);
}

}  // namespace

Task<ScanOutput> Service::scan(Call& call, ScanInput request) {
    const Parameter projected{"ProjectionExpression", request.ProjectionExpression.has_value()};
    const Parameter filtered{"FilterExpression", request.FilterExpression.has_value()};
    check_forms({projected, filtered}, {{"AttributesToGet", request.AttributesToGet.has_value()},
                                        {"ScanFilter", request.ScanFilter.has_value()},
                                        {"ConditionalOperator", request.ConditionalOperator.has_value()}});
    check_placeholder_use(request, {filtered}, {projected}, Wording::older);
    check_selection(request, "");
    const auto attributes = attribute_paths(request.AttributesToGet);
    const auto older_filter = filter_condition(request.ScanFilter, request.ConditionalOperator, Wording::older);
    check_start_values(request.ExclusiveStartKey, Wording::older);
    check_segments(request);
    auto placeholders = placeholders_of(request, Wording::older);
    const auto filter =
        filtered.given ? condition_of(filtered.name, request.FilterExpression, placeholders) : older_filter;
    const auto projection = projected.given ? projection_of(request.ProjectionExpression, placeholders) : attributes;
    placeholders.check_all_used();
    const Scope scope(call);
    const auto name = table_name(request.TableName);

    Spending spending(throttle_, call.now());
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page> {
        const auto table = co_await load_table(tx, scope, name);
        const Index* index = request.IndexName ? &table.index(*request.IndexName) : nullptr;
        const bool consistent = request.ConsistentRead.value_or(false);
        check_consistency(index, consistent);
        if (projection) table.check_paths(*projection);
        table.check_paths(pointer(filter));
        PageRequest wanted{
            .range = scan_range(scope, table, index, request.Segment.value_or(0), request.TotalSegments.value_or(1)),
            .limit = request.Limit,
            .filter = pointer(filter),
            .consistent = consistent};
        select(wanted, table, request.Select, index, projection);
        if (request.ExclusiveStartKey) {
            check_scan_start(table, index, *request.ExclusiveStartKey);
            start_after(wanted, scope, table, *request.ExclusiveStartKey,
                        fmt::format("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
                                    "ExclusiveStartKey with correct Segment. TotalSegments: {} Segment: {}",
                                    request.TotalSegments.value_or(1), request.Segment.value_or(0)));
        }
        if (spending) co_await spending.enter(tx, scope, name, Access::read, index);
        co_return co_await read_page(tx, scope, table, std::move(wanted));
    });
    spending.use(name, Access::read, page.consumed);
    co_return output_of<ScanOutput>(std::move(page), request.Select == "COUNT", request.ReturnConsumedCapacity, name);
}

}  // namespace cumulet::dynamodb
