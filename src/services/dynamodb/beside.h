// What is kept of a table beside its record: settings of other services, which nothing that reads items needs.
// Key: account, region, "dynamodb" "beside", kind, table, name -> as its kind has it
#pragma once

#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

constexpr std::string_view kinesis_kind = "kinesis";
constexpr std::string_view insights_kind = "insights";
constexpr std::string_view scaling_kind = "scaling";

struct Beside {
    std::string table;
    std::string name;
    std::string value;
};

void put_beside(store::Transaction& tx, const Scope& scope, std::string_view kind, const Beside& beside);
Task<std::optional<Beside>> find_beside(store::Transaction& tx, Scope scope, std::string_view kind, std::string table,
                                        std::string name);
/// Of `table`, or of all tables if that is "", by table and name, up to `limit` after `after`, a key that was
/// `place_of`.
Task<std::vector<Beside>> list_beside(store::Transaction& tx, Scope scope, std::string_view kind, std::string table,
                                      std::string after, size_t limit);
std::string place_of(const Scope& scope, std::string_view kind, const Beside& beside);
/// Everything beside the table: it is going to be deleted.
void erase_beside(store::Transaction& tx, const Scope& scope, const std::string& table);

}  // namespace cumulet::dynamodb
