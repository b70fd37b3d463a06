#include "services/dynamodb/beside.h"

namespace cumulet::dynamodb {

namespace {

using store::Key;

Key kind_key(const Scope& scope, std::string_view kind) {
    return Key(scope.account, scope.region, "dynamodb", "beside", kind);
}

}  // namespace

void put_beside(store::Transaction& tx, const Scope& scope, std::string_view kind, const Beside& beside) {
    tx.put(kind_key(scope, kind) << beside.table << beside.name, beside.value);
}

Task<std::optional<Beside>> find_beside(store::Transaction& tx, Scope scope, std::string_view kind, std::string table,
                                        std::string name) {
    auto value = co_await tx.get(kind_key(scope, kind) << table << name);
    if (!value) co_return std::nullopt;
    co_return Beside{.table = std::move(table), .name = std::move(name), .value = std::move(*value)};
}

Task<std::vector<Beside>> list_beside(store::Transaction& tx, Scope scope, std::string_view kind, std::string table,
                                      std::string after, size_t limit) {
    const Key all = kind_key(scope, kind);
    const auto range = range_behind(table.empty() ? all : Key(all) << table, std::move(after));
    std::vector<Beside> found;
    for (auto& entry : co_await tx.scan(range, {.limit = limit})) {
        store::KeyReader reader(entry.key, all.bytes());
        auto of_table = reader.text();
        found.push_back({.table = std::move(of_table), .name = reader.text(), .value = std::move(entry.value)});
    }
    co_return found;
}

std::string place_of(const Scope& scope, std::string_view kind, const Beside& beside) {
    return (kind_key(scope, kind) << beside.table << beside.name).bytes();
}

void erase_beside(store::Transaction& tx, const Scope& scope, const std::string& table) {
    for (const auto kind : {kinesis_kind, insights_kind, scaling_kind}) {
        tx.erase_range(store::Range::prefix(kind_key(scope, kind) << table));
    }
}

}  // namespace cumulet::dynamodb
