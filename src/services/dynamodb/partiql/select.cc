#include "services/dynamodb/partiql/select.h"

#include "base/bytes.h"
#include "contracts/error.h"
#include "services/dynamodb/partiql/conditions.h"

namespace cumulet::dynamodb::partiql {

namespace {

[[noreturn]] void invalid(std::string_view message) {
    throw aws::validation_error(fmt::format("One or more parameter values were invalid: {}", message));
}

/// The name under which a column comes back: the last of its path.
std::string column_name(const Path& path) {
    std::string indexes;
    for (auto step = path.rbegin(); step != path.rend(); ++step) {
        if (!step->is_index()) return step->name + indexes;
        // Unverified: how an element of a list is called.
        indexes = fmt::format("[{}]", step->index) + indexes;
    }
    return indexes;
}

void check_columns(const Statement& statement) {
    std::set<std::string> names;
    for (const auto& column : statement.projection) {
        if (!names.insert(column_name(column.path)).second) {
            throw aws::validation_error(
                fmt::format("Duplicate identifiers in select clause: {}", column_name(column.path)));
        }
    }
}

/// Columns that the index lacks; a local index fetches them from the table.
std::vector<std::string_view> missing_columns(const Statement& statement, const Table& table, const Index& index) {
    std::vector<std::string_view> missing;
    for (const auto& column : statement.projection) {
        if (!index.holds(column.path[0].name, table.key)) missing.push_back(column.path[0].name);
    }
    return missing;
}

const Index* index_of(const Statement& statement, const Table& table, bool consistent) {
    if (statement.index.empty()) return nullptr;
    const auto found = std::ranges::find(table.indexes, statement.index, &Index::name);
    const bool of_vectors =
        std::ranges::find(table.vectors, statement.index, &VectorSchema::name) != table.vectors.end();
    if (found == table.indexes.end() && !of_vectors) {
        throw aws::validation_error("The table does not have the specified index");
    }
    if (!of_vectors && found->global && consistent) {
        throw aws::validation_error("Strongly consistent read is not supported on Global Secondary Indexes");
    }
    return &table.index(statement.index);
}

/// What all reads of a selection have in common.
struct Plan {
    const Index* index = nullptr;
    std::optional<Condition> where;
    std::vector<KeyRange> reads;  // empty: a scan
    bool descending = false;
    bool whole_items = false;
};

Plan plan_of(const Table& table, const Statement& statement, Values& values, bool consistent) {
    check_columns(statement);
    Plan plan{.index = index_of(statement, table, consistent)};
    const auto& schema = plan.index ? plan.index->key : table.key;
    if (statement.where) plan.where = condition_of(*statement.where, values);
    plan.reads = plan_reads(pointer(plan.where), schema);
    plan.descending = plan_order(statement, schema, plan.reads);
    if (!plan.index) return plan;
    const auto missing = missing_columns(statement, table, *plan.index);
    if (plan.index->global && !missing.empty()) {
        invalid(
            fmt::format("Global secondary index {} does not project [{}]", plan.index->name, fmt::join(missing, ", ")));
    }
    plan.whole_items = !missing.empty();
    if (plan.where && !plan.reads.empty()) check_filtered(*plan.where, table, *plan.index);
    return plan;
}

PageRequest page_request(const Scope& scope, const Table& table, const Plan& plan, size_t read,
                         const SelectOptions& options) {
    PageRequest request{.order = plan.descending ? store::Order::descending : store::Order::ascending,
                        .index = plan.index,
                        .filter = pointer(plan.where),
                        .whole_items = plan.whole_items,
                        .consistent = options.consistent};
    request.range = plan.reads.empty() ? scan_range(scope, table, plan.index, 0, 1)
                                       : query_range(scope, table, plan.index, plan.reads[read]);
    if (read == options.from.read && options.from.after) {
        check_start_key(table, plan.index, *options.from.after);
        start_after(request, scope, table, *options.from.after, "Invalid NextToken");
    }
    return request;
}

}  // namespace

Task<Selection> read_selection(store::Transaction& tx, Scope scope, const Table& table, const Statement& statement,
                               Values& values, SelectOptions options) {
    const Plan plan = plan_of(table, statement, values, options.consistent);
    const size_t reads = std::max<size_t>(1, plan.reads.size());
    if (options.from.read >= reads) throw aws::validation_error("Invalid NextToken");
    Selection selection;
    int32_t scanned = 0;
    size_t size_bytes = 0;
    for (size_t read = options.from.read; read < reads; ++read) {
        auto request = page_request(scope, table, plan, read, options);
        if (options.limit) request.limit = *options.limit - scanned;
        auto page = co_await read_page(tx, scope, table, std::move(request));
        scanned += page.scanned;
        size_bytes += page.size_bytes;
        selection.consumed.add(page.consumed);
        for (auto& item : page.items) selection.items.push_back(project(statement, item));
        if (page.last_key) {
            selection.next = Resume{.read = read, .after = std::move(page.last_key)};
            break;
        }
        const bool full = (options.limit && scanned >= *options.limit) || size_bytes >= max_page_bytes;
        if (full && read + 1 < reads) {
            selection.next = Resume{.read = read + 1};
            break;
        }
    }
    co_return selection;
}

AttributeMap project(const Statement& statement, const AttributeMap& item) {
    if (statement.projection.empty()) return item;
    std::string bytes;
    AttributeWriter writer(bytes);
    writer.begin(AttributeType::M);
    for (const auto& column : statement.projection) {
        const auto value = find(item.view(), column.path);
        if (!value) continue;
        writer.key(column_name(column.path));
        writer.value(value);
    }
    writer.end();
    return AttributeMap::from_bytes(std::move(bytes));
}

std::string token_of(const Resume& resume, std::string_view digest) {
    return to_base64(fmt::format("{}:{}:{}", to_hex(digest), resume.read, resume.after ? resume.after->json() : ""));
}

Resume resume_of(std::string_view token, std::string_view digest) {
    const auto text = from_base64(token).value_or("");
    const auto first = text.find(':'), second = text.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos || second - first > 6 || second == first + 1) {
        throw aws::validation_error("Invalid NextToken");
    }
    if (text.substr(0, first) != to_hex(digest)) throw aws::validation_error("NextToken does not match request");
    const auto number = text.substr(first + 1, second - first - 1);
    if (number.find_first_not_of("0123456789") != std::string::npos) throw aws::validation_error("Invalid NextToken");
    Resume resume{.read = std::stoull(number)};
    if (second + 1 < text.size()) resume.after = AttributeMap::from_json(std::string_view(text).substr(second + 1));
    return resume;
}

}  // namespace cumulet::dynamodb::partiql
