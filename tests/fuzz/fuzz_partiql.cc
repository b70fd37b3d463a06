// DynamoDB's PartiQL: any statement is refused in words or understood, and what is understood can be applied.
#include "contracts/error.h"
#include "services/dynamodb/partiql/conditions.h"
#include "services/dynamodb/partiql/parser.h"
#include "services/dynamodb/partiql/plan.h"
#include "services/dynamodb/partiql/updates.h"

namespace {

using namespace cumulet::dynamodb;

const AttributeMap& item() {
    static const auto value = AttributeMap::from_json(
        R"({"a":{"S":"x"},"b":{"N":"1"},"c":{"L":[{"N":"1"},{"M":{"d":{"SS":["x"]}}}]},"e":{"NS":["1","2"]}})");
    return value;
}

const Table& table() {
    static const Table schema = {
        .name = "table", .number = 1, .key = {.hash = "a", .range = "b", .range_type = AttributeType::N}};
    return schema;
}

/// A global index's, of the attributes that statements of the corpus name.
const KeySchema& long_key() {
    static const KeySchema key = {.hash = "a",
                                  .range = "c",
                                  .more_hash = {{.name = "b", .type = AttributeType::N}},
                                  .more_range = {{.name = "d", .type = AttributeType::S}}};
    return key;
}

void check(const partiql::Statement& statement, const partiql::Parameters& parameters) {
    partiql::Values values(statement, statement.parameters == 0 ? nullptr : &parameters);
    if (statement.item) values.item_of(*statement.item);
    if (statement.where) {
        const auto where = partiql::condition_of(*statement.where, values);
        holds(where, item().view());
        auto reads = partiql::plan_reads(&where, table().key);
        partiql::plan_order(statement, table().key, reads);
        partiql::find_target(&where, table());
        auto long_reads = partiql::plan_reads(&where, long_key());
        partiql::plan_order(statement, long_key(), long_reads);
    }
    const auto after = apply(partiql::update_of(statement, values), item());
    // What was written is canonical: it reads back as itself.
    if (!(AttributeMap::from_json(after.json()) == after)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    constexpr size_t max_statement_bytes = 8192;  // the contract's
    const std::string_view text(reinterpret_cast<const char*>(data), std::min(size, max_statement_bytes));
    try {
        const auto statement = partiql::parse(text);
        check(statement, partiql::Parameters(statement.parameters, AttributeValue::S("x")));
    } catch (const aws::Error&) {
        // refused, in words
    }
    return 0;
}
