#include "base/bytes.h"
#include "services/dynamodb/expressions/expression.h"

namespace cumulet::dynamodb {

namespace {

/// The number that size() gives, nothing for a value without a size.
std::optional<size_t> size_of(AttributeView value) {
    if (!value) return std::nullopt;
    switch (value.type()) {
        case AttributeType::S: return utf16_length(value.content());
        case AttributeType::B: return value.content().size();
        case AttributeType::N:
        case AttributeType::BOOL:
        case AttributeType::NULL_: return std::nullopt;
        default: return value.count();
    }
}

/// The operand's value in `item`. `kept` owns what does not lie in item or request.
AttributeView value_of(const Operand& operand, AttributeView item, AttributeValue& kept) {
    switch (operand.kind) {
        case Operand::Kind::path: return find(item, operand.path);
        case Operand::Kind::value: return operand.value;
        default: {
            AttributeValue inner;
            const auto size = size_of(value_of(operand.arguments[0], item, inner));
            if (!size) return {};
            kept = AttributeValue::N(Decimal::from_integer(static_cast<int64_t>(*size)));
            return kept.view();
        }
    }
}

bool is_ordered(AttributeView value) {
    return value.is(AttributeType::S) || value.is(AttributeType::N) || value.is(AttributeType::B);
}

bool compare(Comparator comparator, AttributeView left, AttributeView right) {
    // An attribute that is not there is equal to nothing, not even to another one.
    if (comparator == Comparator::equal) return left && left == right;
    if (comparator == Comparator::not_equal) return !left || !(left == right);
    if (!left || !right || !is_ordered(left) || left.type() != right.type()) return false;
    const int order = left.content().compare(right.content());
    switch (comparator) {
        case Comparator::less: return order < 0;
        case Comparator::less_or_equal: return order <= 0;
        case Comparator::greater: return order > 0;
        default: return order >= 0;
    }
}

bool begins_with(AttributeView value, AttributeView prefix) {
    if (!value || !prefix || value.type() != prefix.type()) return false;
    if (!value.is(AttributeType::S) && !value.is(AttributeType::B)) return false;
    return value.content().starts_with(prefix.content());
}

bool contains(AttributeView value, AttributeView part) {
    if (!value || !part) return false;
    switch (value.type()) {
        case AttributeType::S:
        case AttributeType::B:
            return part.type() == value.type() && value.content().find(part.content()) != std::string_view::npos;
        case AttributeType::SS:
        case AttributeType::NS:
        case AttributeType::BS:
        case AttributeType::L: return value.contains(part);
        default: return false;
    }
}

bool holds_in(const Condition& condition, AttributeView item) {
    AttributeValue kept_first;
    const auto first = value_of(condition.operands[0], item, kept_first);
    for (size_t index = 1; index < condition.operands.size(); ++index) {
        AttributeValue kept;
        if (compare(Comparator::equal, first, value_of(condition.operands[index], item, kept))) return true;
    }
    return false;
}

}  // namespace

bool holds(const Condition& condition, AttributeView item) {
    using Kind = Condition::Kind;
    AttributeValue kept[3];
    const auto operand = [&](size_t index) { return value_of(condition.operands[index], item, kept[index]); };
    const auto part_holds = [&](const Condition& part) { return holds(part, item); };
    switch (condition.kind) {
        case Kind::all: return std::ranges::all_of(condition.parts, part_holds);
        case Kind::any: return std::ranges::any_of(condition.parts, part_holds);
        case Kind::negation: return !holds(condition.parts[0], item);
        case Kind::comparison: return compare(condition.comparator, operand(0), operand(1));
        case Kind::between: {
            const auto value = operand(0);
            return compare(Comparator::greater_or_equal, value, operand(1)) &&
                   compare(Comparator::less_or_equal, value, operand(2));
        }
        case Kind::in: return holds_in(condition, item);
        case Kind::attribute_exists: return static_cast<bool>(operand(0));
        case Kind::attribute_not_exists: return !operand(0);
        case Kind::attribute_type: {
            const auto value = operand(0);
            return value && name_of(value.type()) == operand(1).content();
        }
        case Kind::begins_with: return begins_with(operand(0), operand(1));
        case Kind::contains: return contains(operand(0), operand(1));
        case Kind::misused: return false;
    }
    return false;
}

void each_path(const Condition& condition, const std::function<void(const Path&)>& visit) {
    for (const auto& operand : condition.operands) {
        if (operand.kind == Operand::Kind::path) visit(operand.path);
        for (const auto& argument : operand.arguments) {
            if (argument.kind == Operand::Kind::path) visit(argument.path);
        }
    }
    for (const auto& part : condition.parts) each_path(part, visit);
}

}  // namespace cumulet::dynamodb
