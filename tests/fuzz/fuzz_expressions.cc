// DynamoDB's expressions and items: any text is refused in words or understood, and what is understood can be applied.
#include "contracts/error.h"
#include "services/dynamodb/expressions/key_condition.h"
#include "services/dynamodb/expressions/parser.h"
#include "services/dynamodb/query_keys.h"

namespace {

using namespace cumulet::dynamodb;

const AttributeMap& item() {
    static const auto value = AttributeMap::from_json(
        R"({"a":{"S":"x"},"b":{"N":"1"},"c":{"L":[{"N":"1"},{"M":{"d":{"SS":["x"]}}}]},"e":{"NS":["1","2"]}})");
    return value;
}

void check_condition(std::string_view text, Placeholders& placeholders) {
    const auto condition = parse_condition("ConditionExpression", text, placeholders);
    holds(condition, item().view());
    const auto comparisons = key_comparisons(condition);
    static const KeySchema key = {.hash = "a",
                                  .range = "b",
                                  .range_type = AttributeType::N,
                                  .more_hash = {{.name = "c"}},
                                  .more_range = {{.name = "e"}}};
    key_range(key, comparisons, nullptr);
}

void check_update(std::string_view text, Placeholders& placeholders) {
    const auto update = parse_update(text, placeholders);
    const auto after = apply(update, item());
    project(update.paths(), after.view());
    // What was written is canonical: it reads back as itself.
    if (!(AttributeMap::from_json(after.json()) == after)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    static const Placeholders::Names names = {{"#a", "a"}, {"#c", "c"}, {"#n", "name"}};
    static const auto values = AttributeMap::from_json(
        R"({":s":{"S":"x"},":n":{"N":"1"},":l":{"L":[]},":e":{"NS":["2"]},":t":{"S":"SS"},":b":{"BOOL":true}})");
    Placeholders placeholders(&names, &values);
    try {
        switch (data[0] % 4) {
            case 0: check_condition(text, placeholders); break;
            case 1: check_update(text, placeholders); break;
            case 2: project(parse_projection(text, placeholders), item().view()); break;
            default: {
                const auto read = AttributeMap::from_json(text);
                if (!(AttributeMap::from_json(read.json()) == read)) __builtin_trap();
            }
        }
    } catch (const aws::Error&) {
        // refused, in words
    }
    return 0;
}
