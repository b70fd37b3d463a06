#include "services/dynamodb/expressions/key_condition.h"

#include "contracts/error.h"

namespace cumulet::dynamodb {

namespace {

using Kind = Condition::Kind;

[[noreturn]] void refuse_operator(std::string_view name) {
    throw aws::validation_error(fmt::format("Invalid operator used in KeyConditionExpression: {}", name));
}
[[noreturn]] void refuse(std::string_view reason) {
    throw aws::validation_error(fmt::format("Invalid condition in KeyConditionExpression: {}", reason));
}

KeyComparison::Kind kind_of(const Condition& condition, bool mirrored) {
    using To = KeyComparison::Kind;
    if (condition.kind == Kind::between) return To::between;
    if (condition.kind == Kind::begins_with) return To::begins_with;
    switch (condition.comparator) {
        case Comparator::less: return mirrored ? To::greater : To::less;
        case Comparator::less_or_equal: return mirrored ? To::greater_or_equal : To::less_or_equal;
        case Comparator::greater: return mirrored ? To::less : To::greater;
        case Comparator::greater_or_equal: return mirrored ? To::less_or_equal : To::greater_or_equal;
        default: return To::equal;
    }
}

void check_operator(const Condition& condition) {
    switch (condition.kind) {
        case Kind::any: refuse_operator("OR");
        case Kind::negation: refuse_operator("NOT");
        case Kind::in: refuse_operator("IN");
        case Kind::attribute_exists: refuse_operator("attribute_exists");
        case Kind::attribute_not_exists: refuse_operator("attribute_not_exists");
        case Kind::attribute_type: refuse_operator("attribute_type");
        case Kind::contains: refuse_operator("contains");
        default: break;
    }
    if (condition.kind == Kind::comparison && condition.comparator == Comparator::not_equal) refuse_operator("<>");
}

KeyComparison comparison_of(const Condition& condition) {
    check_operator(condition);
    const auto& operands = condition.operands;
    std::optional<size_t> attribute;
    for (size_t index = 0; index < operands.size(); ++index) {
        if (operands[index].kind == Operand::Kind::size) {
            throw aws::validation_error("KeyConditionExpressions cannot contain nested operations");
        }
        if (operands[index].kind != Operand::Kind::path) continue;
        if (attribute) refuse("Multiple attribute names used in one condition");
        if (operands[index].path.size() > 1) {
            throw aws::validation_error("KeyConditionExpressions cannot have conditions on nested attributes");
        }
        attribute = index;
    }
    const bool first_only = condition.kind == Kind::between || condition.kind == Kind::begins_with;
    if (first_only && attribute != 0u) {
        refuse(fmt::format("{} operator must have the key attribute as its first operand",
                           condition.kind == Kind::between ? "BETWEEN" : "begins_with"));
    }
    if (!attribute) refuse("No key attribute specified");
    const bool mirrored = *attribute == 1;
    KeyComparison comparison{.attribute = operands[*attribute].path[0].name,
                             .kind = kind_of(condition, mirrored),
                             .first = operands[mirrored ? 0 : 1].value};
    if (condition.kind == Kind::between) comparison.second = operands[2].value;
    return comparison;
}

void collect(const Condition& condition, std::vector<KeyComparison>& comparisons) {
    if (condition.kind == Kind::all) {
        for (const auto& part : condition.parts) collect(part, comparisons);
        return;
    }
    auto comparison = comparison_of(condition);
    if (std::ranges::find(comparisons, comparison.attribute, &KeyComparison::attribute) != comparisons.end()) {
        throw aws::validation_error(
            "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key");
    }
    comparisons.push_back(std::move(comparison));
}

}  // namespace

std::vector<KeyComparison> key_comparisons(const Condition& condition) {
    std::vector<KeyComparison> comparisons;
    collect(condition, comparisons);
    return comparisons;
}

}  // namespace cumulet::dynamodb
