#include "services/dynamodb/page.h"

#include "store/paging.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t chunk_entries = 256;

[[noreturn]] void invalid(std::string_view message) {
    throw aws::validation_error(fmt::format("One or more parameter values were invalid: {}", message));
}

/// Adds one item to the page, as its filter and projection want it.
void take(Page& page, const PageRequest& request, AttributeMap item) {
    if (request.filter && !holds(*request.filter, item.view())) return;
    ++page.count;
    if (request.count_only) return;
    page.items.push_back(request.projection ? project(*request.projection, item.view()) : std::move(item));
}

void check_columns(const std::vector<Path>& columns, const Table& table, const Index& index) {
    std::vector<std::string_view> missing;
    for (const auto& path : columns) {
        if (!index.holds(path[0].name, table.key)) missing.push_back(path[0].name);
    }
    if (missing.empty()) return;
    invalid(fmt::format("Global secondary index {} does not project [{}]", index.name, fmt::join(missing, ", ")));
}

void count_units(Page& page, const PageRequest& request, size_t size_bytes, double fetched) {
    const double units = read_units(size_bytes, request.consistent);
    if (!request.index)
        page.consumed.table = units;
    else if (request.index->global)
        page.consumed.global_indexes[request.index->name] = units;
    else
        page.consumed.local_indexes[request.index->name] = units;
    page.consumed.table += fetched;
}

}  // namespace

Task<Page> read_page(store::Transaction& tx, Scope scope, const Table& table, PageRequest request) {
    Page page;
    size_t& size_bytes = page.size_bytes;
    double fetched_units = 0;
    const auto limit = static_cast<size_t>(request.limit.value_or(INT32_MAX));
    auto& range = request.range;
    bool more = range.begin < range.end;
    while (more) {
        const store::ScanOptions options{.limit = std::min(chunk_entries, limit - static_cast<size_t>(page.scanned)),
                                         .max_bytes = max_page_bytes,
                                         .order = request.order};
        auto entries = co_await tx.scan(range, options);
        more = store::cut_short(entries, options);
        for (auto& entry : entries) {
            auto item = AttributeMap::from_bytes(std::move(entry.value));
            size_bytes += item.size_bytes();
            ++page.scanned;
            const bool full = static_cast<size_t>(page.scanned) == limit || size_bytes >= max_page_bytes;
            if (full) page.last_key = table.key_of(item, request.index);
            if (request.whole_items) {
                auto whole = co_await load_item(tx, item_key(scope, table, item.view()));
                if (whole) item = std::move(*whole);
                fetched_units += read_units(item.size_bytes(), request.consistent);
            }
            take(page, request, std::move(item));
            if (full) {
                more = false;
                break;
            }
        }
        if (more) range = store::rest_after(std::move(range), entries.back().key, request.order);
    }
    count_units(page, request, size_bytes, fetched_units);
    co_return page;
}

void check_consistency(const Index* index, bool consistent) {
    if (index && index->global && consistent) {
        throw aws::validation_error("Consistent reads are not supported on global secondary indexes");
    }
}

void check_filtered(const Condition& filter, const Table& table, const Index& index) {
    std::vector<std::string> missing;
    each_path(filter, [&](const Path& path) {
        const auto& name = path[0].name;
        if (!index.holds(name, table.key) && std::ranges::find(missing, name) == missing.end()) missing.push_back(name);
    });
    if (missing.empty()) return;
    invalid(fmt::format("Secondary index {} does not project one or more filter attributes: [{}]", index.name,
                        fmt::join(missing, ", ")));
}

void select(PageRequest& page, const Table& table, const std::optional<std::string>& selection, const Index* index,
            const std::optional<std::vector<Path>>& projection) {
    page.index = index;
    page.projection = pointer(projection);
    page.count_only = selection == "COUNT";
    if (!index || index->projection == "ALL") return;
    if (index->global && selection == "ALL_ATTRIBUTES") {
        invalid(fmt::format(
            "Select type ALL_ATTRIBUTES is not supported for global secondary index {} because its projection "
            "type is not ALL",
            index->name));
    }
    page.whole_items = !index->global && (selection == "ALL_ATTRIBUTES" || projection);
    if (index->global && projection) check_columns(*projection, table, *index);
    if (page.filter && !page.whole_items) check_filtered(*page.filter, table, *index);
}

void start_after(PageRequest& page, const Scope& scope, const Table& table, const AttributeMap& key,
                 std::string_view complaint) {
    auto at = position(scope, table, page.index, key.view());
    if (!page.range.contains(at)) throw aws::validation_error(std::string(complaint));
    if (page.order == store::Order::ascending)
        page.range.begin = std::move(at) + '\0';
    else
        page.range.end = std::move(at);
}

void check_start_key(const Table& table, const Index* index, const AttributeMap& key) {
    const auto wanted = key_names(table, index);
    bool fits = key.count() == wanted.size();
    for (const auto name : wanted) {
        const auto value = key.find(name);
        const auto& schema = table.key.names(name) ? table.key : index->key;
        fits = fits && value.is(schema.type_of(name));
    }
    if (!fits) {
        throw aws::validation_error(
            "The provided starting key is invalid: The provided key element does not match the schema");
    }
}

}  // namespace cumulet::dynamodb
