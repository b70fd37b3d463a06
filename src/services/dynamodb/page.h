// One page of Query or Scan: read a range in order, filter, project, and stop at the limits.
#pragma once

#include "services/dynamodb/capacity.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

/// What a page reads and returns. Pointers are to what outlives the reading.
struct PageRequest {
    store::Range range;
    store::Order order = store::Order::ascending;
    std::optional<int32_t> limit;
    const Index* index = nullptr;  ///< nullptr: the table itself
    const Condition* filter = nullptr;
    const std::vector<Path>* projection = nullptr;
    bool count_only = false;
    bool whole_items = false;  ///< of an index that lacks attributes: read them from the table
    bool consistent = false;
};

struct Page {
    std::vector<AttributeMap> items;
    int32_t count = 0;
    int32_t scanned = 0;
    size_t size_bytes = 0;  ///< of what was scanned
    std::optional<AttributeMap> last_key;
    Consumption consumed;
};

/// Bytes of items after which a page ends, before any filter.
constexpr size_t max_page_bytes = 1024 * 1024;

Task<Page> read_page(store::Transaction& tx, Scope scope, const Table& table, PageRequest request);

/// Throws aws::Error if a global index is to be read consistently. `index` may be nullptr.
void check_consistency(const Index* index, bool consistent);

/// Throws aws::Error if `filter` looks at what the index does not hold.
void check_filtered(const Condition& filter, const Table& table, const Index& index);

/// Applies Select, the index's projection and the projection expression to `page`. Throws aws::Error for what the index
/// does not hold. `index` may be nullptr.
void select(PageRequest& page, const Table& table, const std::optional<std::string>& selection, const Index* index,
            const std::optional<std::vector<Path>>& projection);

/// Where reading goes on after `key`: narrows the range. Throws aws::Error with `complaint` if `key` lies outside it.
void start_after(PageRequest& page, const Scope& scope, const Table& table, const AttributeMap& key,
                 std::string_view complaint);

/// Throws aws::Error unless `key` holds the key attributes of the table and the index, and nothing else.
void check_start_key(const Table& table, const Index* index, const AttributeMap& key);

/// The answer's members that Query and Scan share.
template <typename Output>
Output output_of(Page page, bool count_only, const std::optional<std::string>& capacity_mode, const std::string& name) {
    Output output;
    if (!count_only) output.Items = std::move(page.items);
    output.Count = page.count;
    output.ScannedCount = page.scanned;
    output.LastEvaluatedKey = std::move(page.last_key);
    output.ConsumedCapacity = page.consumed.report(capacity_mode, name);
    return output;
}

}  // namespace cumulet::dynamodb
