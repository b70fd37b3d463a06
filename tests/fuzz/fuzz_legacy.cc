// DynamoDB's older parameters: any condition or update is refused in words or understood, and what is understood can be
// applied. The input chooses operators, attributes and values from tables.
#include "contracts/error.h"
#include "services/dynamodb/legacy/conditions.h"
#include "services/dynamodb/legacy/updates.h"

namespace {

using namespace cumulet::dynamodb;

constexpr const char* operators[] = {"EQ",      "NE",       "LE",           "LT",          "GE",   "GT",      "IN",
                                     "BETWEEN", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH", "NULL", "NOT_NULL"};
constexpr const char* actions[] = {"PUT", "ADD", "DELETE"};
constexpr const char* names[] = {"a", "b", "c", "e", "none", "a.b", ""};

const std::vector<AttributeValue>& values() {
    static const auto all = [] {
        std::vector<AttributeValue> list = {AttributeValue()};
        const auto map = AttributeMap::from_json(
            R"({"1":{"S":"x"},"2":{"N":"1"},"3":{"L":[{"N":"1"}]},"4":{"NS":["2"]},"5":{"BOOL":true},"6":{"NULL":true},
                "7":{"B":"eA=="},"8":{"M":{}},"9":{"SS":["x"]}})");
        for (const auto& member : map.members()) list.emplace_back(member.value);
        return list;
    }();
    return all;
}

const AttributeMap& item() {
    static const auto value =
        AttributeMap::from_json(R"({"a":{"S":"x"},"b":{"N":"1"},"c":{"L":[{"N":"1"}]},"e":{"NS":["1","2"]}})");
    return value;
}

/// Numbers from the input, 0 where it has ended.
class Choices {
  public:
    Choices(const uint8_t* data, size_t size) : data_(data), size_(size) {}
    size_t below(size_t bound) { return size_ == 0 ? 0 : (--size_, *data_++ % bound); }
    bool any() const { return size_ > 0; }
    template <typename T, size_t count>
    T one_of(const T (&table)[count]) {
        return table[below(count)];
    }

  private:
    const uint8_t* data_;
    size_t size_;
};

aws::dynamodb::ExpectedAttributeValue expected_of(Choices& choices) {
    aws::dynamodb::ExpectedAttributeValue expected;
    if (choices.below(2)) expected.Value = values()[choices.below(values().size())];
    if (choices.below(3) == 0) expected.Exists = choices.below(2) == 1;
    if (choices.below(2)) expected.ComparisonOperator = choices.one_of(operators);
    if (choices.below(2)) {
        expected.AttributeValueList.emplace();
        for (size_t count = choices.below(4); count > 0; --count) {
            expected.AttributeValueList->push_back(values()[choices.below(values().size())]);
        }
    }
    return expected;
}

void check_conditions(Choices& choices) {
    // Optional, as in a request: what is read views into it.
    std::optional<std::map<std::string, aws::dynamodb::ExpectedAttributeValue>> expected;
    std::optional<std::map<std::string, aws::dynamodb::Condition>> conditions;
    expected.emplace();
    conditions.emplace();
    while (choices.any()) {
        const auto one = expected_of(choices);
        const std::string name = choices.one_of(names);
        (*conditions)[name] = {.AttributeValueList = one.AttributeValueList,
                               .ComparisonOperator = choices.one_of(operators)};
        (*expected)[name] = one;
    }
    try {
        if (const auto condition = expected_condition(expected, std::nullopt)) holds(*condition, item().view());
    } catch (const aws::Error&) {
    }
    try {
        if (const auto filter = filter_condition(conditions, "OR")) holds(*filter, item().view());
    } catch (const aws::Error&) {
    }
    key_comparisons(*conditions);
}

void check_updates(Choices& choices) {
    std::map<std::string, aws::dynamodb::AttributeValueUpdate> updates;
    while (choices.any()) {
        aws::dynamodb::AttributeValueUpdate update{.Action = choices.one_of(actions)};
        if (choices.below(4)) update.Value = values()[choices.below(values().size())];
        updates[choices.one_of(names)] = std::move(update);
    }
    const auto after = apply(update_of(updates), item());
    if (!(AttributeMap::from_json(after.json()) == after)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Choices choices(data, size);
    try {
        choices.below(2) ? check_conditions(choices) : check_updates(choices);
    } catch (const aws::Error&) {
        // refused, in words
    }
    return 0;
}
