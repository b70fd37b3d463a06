#include "services/dynamodb/legacy/conditions.h"

#include <limits>

#include "contracts/error.h"

namespace cumulet::dynamodb {

namespace {

using Kind = Condition::Kind;
using Types = std::initializer_list<AttributeType>;

[[noreturn]] void invalid(std::string_view message) {
    throw aws::validation_error(fmt::format("One or more parameter values were invalid: {}", message));
}

constexpr size_t unbounded = std::numeric_limits<size_t>::max();

/// What a ComparisonOperator takes.
struct Operator {
    std::string_view name;
    size_t least;
    size_t most;
    enum class Takes { any, scalars, elements, prefixes } takes;
};
constexpr Operator operators[] = {
    {"EQ", 1, 1, Operator::Takes::any},
    {"NE", 1, 1, Operator::Takes::any},
    {"LE", 1, 1, Operator::Takes::scalars},
    {"LT", 1, 1, Operator::Takes::scalars},
    {"GE", 1, 1, Operator::Takes::scalars},
    {"GT", 1, 1, Operator::Takes::scalars},
    {"IN", 1, unbounded, Operator::Takes::scalars},
    {"BETWEEN", 2, 2, Operator::Takes::scalars},
    {"CONTAINS", 1, 1, Operator::Takes::elements},
    {"NOT_CONTAINS", 1, 1, Operator::Takes::elements},
    {"BEGINS_WITH", 1, 1, Operator::Takes::prefixes},
    {"NULL", 0, 0, Operator::Takes::any},
    {"NOT_NULL", 0, 0, Operator::Takes::any},
};

bool takes(Operator::Takes kind, AttributeType type) {
    using enum AttributeType;
    switch (kind) {
        case Operator::Takes::any: return true;
        case Operator::Takes::scalars: return type == S || type == N || type == B;
        case Operator::Takes::elements: return type <= NULL_;
        case Operator::Takes::prefixes: return type == S || type == B;
    }
    return false;
}

/// One attribute's comparison, whichever of the three parameters says it.
struct Comparison {
    std::string attribute;
    std::string_view name;  // of the operator; the contract's constraints admit no other
    std::vector<AttributeView> values;
};

std::vector<AttributeView> views_of(const std::optional<std::vector<AttributeValue>>& values,
                                    Wording wording = Wording::current) {
    std::vector<AttributeView> views;
    if (!values) return views;
    for (const auto& value : *values) {
        value.check(wording);
        views.push_back(value.view());
    }
    return views;
}

void check_values(const Comparison& comparison) {
    const auto* known = std::ranges::find(operators, comparison.name, &Operator::name);
    const auto& values = comparison.values;
    if (values.size() < known->least || values.size() > known->most) {
        invalid(fmt::format("Invalid number of argument(s) for the {} ComparisonOperator", comparison.name));
    }
    for (const auto value : values) {
        if (value.type() != values[0].type()) invalid("AttributeValues inside AttributeValueList must be of same type");
    }
    for (const auto value : values) {
        if (takes(known->takes, value.type())) continue;
        invalid(fmt::format("ComparisonOperator {} is not valid for {} AttributeValue type", comparison.name,
                            name_of(value.type())));
    }
    if (comparison.name == "BETWEEN" && values[0].content() > values[1].content()) {
        throw aws::validation_error(
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound");
    }
}

Operand path_of(const std::string& attribute) {
    return {.kind = Operand::Kind::path, .path = {Step{.name = attribute}}};
}

Condition simple(Kind kind, const Comparison& comparison) {
    Condition condition{.kind = kind};
    condition.operands.push_back(path_of(comparison.attribute));
    for (const auto value : comparison.values) {
        condition.operands.push_back({.kind = Operand::Kind::value, .value = value});
    }
    return condition;
}

Condition condition_of(const Comparison& comparison) {
    constexpr std::pair<std::string_view, Comparator> comparators[] = {
        {"EQ", Comparator::equal},         {"NE", Comparator::not_equal}, {"LT", Comparator::less},
        {"LE", Comparator::less_or_equal}, {"GT", Comparator::greater},   {"GE", Comparator::greater_or_equal}};
    for (const auto& [name, comparator] : comparators) {
        if (comparison.name != name) continue;
        auto condition = simple(Kind::comparison, comparison);
        condition.comparator = comparator;
        return condition;
    }
    if (comparison.name == "NULL") return simple(Kind::attribute_not_exists, comparison);
    if (comparison.name == "NOT_NULL") return simple(Kind::attribute_exists, comparison);
    if (comparison.name == "IN") return simple(Kind::in, comparison);
    if (comparison.name == "BETWEEN") return simple(Kind::between, comparison);
    if (comparison.name == "BEGINS_WITH") return simple(Kind::begins_with, comparison);
    if (comparison.name == "CONTAINS") return simple(Kind::contains, comparison);
    // NOT_CONTAINS is no negation: of an attribute that is not there neither holds.
    Condition condition{.kind = Kind::all};
    condition.parts.push_back(simple(Kind::attribute_exists, {.attribute = comparison.attribute}));
    condition.parts.push_back({.kind = Kind::negation});
    condition.parts.back().parts.push_back(simple(Kind::contains, comparison));
    return condition;
}

std::optional<Condition> join(const std::vector<Comparison>& comparisons, const std::optional<std::string>& joined_by) {
    if (joined_by && comparisons.empty()) {
        throw aws::validation_error("ConditionalOperator cannot be used without Filter or Expected");
    }
    if (joined_by && comparisons.size() == 1) {
        throw aws::validation_error(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements");
    }
    if (comparisons.empty()) return std::nullopt;
    Condition joined{.kind = joined_by == "OR" ? Kind::any : Kind::all};
    for (const auto& comparison : comparisons) joined.parts.push_back(condition_of(comparison));
    return joined;
}

Comparison comparison_of(const std::string& attribute, const aws::dynamodb::ExpectedAttributeValue& expected, Wording) {
    const auto for_attribute = [&](std::string_view message) {
        invalid(fmt::format("{} for Attribute: {}", message, attribute));
    };
    if (expected.AttributeValueList && expected.Value) {
        for_attribute("Value and AttributeValueList cannot be used together");
    }
    auto values = views_of(expected.AttributeValueList);
    if (expected.Value) expected.Value->check();
    const auto value = expected.Value ? expected.Value->view() : AttributeView();
    if (value) values = {value};
    if (expected.ComparisonOperator) {
        const auto& name = *expected.ComparisonOperator;
        if (expected.Exists) for_attribute("Exists and ComparisonOperator cannot be used together");
        if (name != "NULL" && name != "NOT_NULL" && !expected.AttributeValueList && !value) {
            for_attribute(fmt::format("Value or AttributeValueList must be used with ComparisonOperator: {}", name));
        }
        return {.attribute = attribute, .name = name, .values = std::move(values)};
    }
    if (expected.AttributeValueList) for_attribute("AttributeValueList can only be used with a ComparisonOperator");
    if (expected.Exists.value_or(true)) {
        if (!value) {
            for_attribute(fmt::format("Value must be provided when Exists is {}", expected.Exists ? "true" : "null"));
        }
        return {.attribute = attribute, .name = "EQ", .values = std::move(values)};
    }
    if (value) for_attribute("Value cannot be used when Exists is false");
    return {.attribute = attribute, .name = "NULL"};
}

Comparison comparison_of(const std::string& attribute, const aws::dynamodb::Condition& condition, Wording wording) {
    return {.attribute = attribute,
            .name = condition.ComparisonOperator,
            .values = views_of(condition.AttributeValueList, wording)};
}

template <typename Conditions>
std::vector<Comparison> comparisons_of(const Conditions& conditions, Wording wording = Wording::current) {
    std::vector<Comparison> comparisons;
    for (const auto& [attribute, condition] : conditions) {
        comparisons.push_back(comparison_of(attribute, condition, wording));
        check_values(comparisons.back());
    }
    return comparisons;
}

template <typename Conditions>
std::optional<Condition> joined(const Conditions& conditions, const std::optional<std::string>& joined_by,
                                Wording wording) {
    return join(conditions ? comparisons_of(*conditions, wording) : std::vector<Comparison>(), joined_by);
}

}  // namespace

std::optional<Condition> expected_condition(
    const std::optional<std::map<std::string, aws::dynamodb::ExpectedAttributeValue>>& expected,
    const std::optional<std::string>& joined_by) {
    return joined(expected, joined_by, Wording::current);
}

std::optional<Condition> filter_condition(const std::optional<std::map<std::string, aws::dynamodb::Condition>>& filter,
                                          const std::optional<std::string>& joined_by, Wording wording) {
    return joined(filter, joined_by, wording);
}

std::vector<KeyComparison> key_comparisons(const std::map<std::string, aws::dynamodb::Condition>& conditions) {
    using To = KeyComparison::Kind;
    constexpr std::pair<std::string_view, To> kinds[] = {{"EQ", To::equal},
                                                         {"LT", To::less},
                                                         {"LE", To::less_or_equal},
                                                         {"GT", To::greater},
                                                         {"GE", To::greater_or_equal},
                                                         {"BETWEEN", To::between},
                                                         {"BEGINS_WITH", To::begins_with}};
    const auto comparisons = comparisons_of(conditions);
    if (comparisons.empty()) {  // too many are more than the key has: query_keys.h
        throw aws::validation_error("Conditions can be of length 1 or 2 only");
    }
    std::vector<KeyComparison> keys;
    for (const auto& comparison : comparisons) {
        const auto* kind = std::ranges::find(kinds, comparison.name, &std::pair<std::string_view, To>::first);
        auto& key = keys.emplace_back();
        key.attribute = comparison.attribute;
        key.kind = kind == std::end(kinds) ? To::other : kind->second;
        if (!comparison.values.empty()) key.first = comparison.values[0];
        if (comparison.values.size() > 1) key.second = comparison.values[1];
    }
    return keys;
}

}  // namespace cumulet::dynamodb
