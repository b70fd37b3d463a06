#include "services/dynamodb/vectors/search_condition.h"

#include "contracts/error.h"

namespace cumulet::dynamodb {

namespace {

using Kind = Condition::Kind;

[[noreturn]] void refuse(std::string_view reason) {
    throw aws::validation_error(fmt::format("Invalid SearchConditionExpression: {}", reason));
}

constexpr std::string_view invalid_comparator = "Invalid comparator used in SearchConditionExpression";
constexpr std::string_view invalid_operator = "Invalid operator used in SearchConditionExpression";

/// Calls `visit` with every condition that has operands of its own.
template <typename Visit>
void each_simple(const Condition& condition, const Visit& visit) {
    if (condition.parts.empty()) return visit(condition);
    for (const auto& part : condition.parts) each_simple(part, visit);
}

/// An attribute on the one side, values on the other. Unverified: which functions AWS takes.
void check_form(const Condition& condition) {
    switch (condition.kind) {
        case Kind::comparison:
        case Kind::between:
        case Kind::in:
        case Kind::begins_with:
        case Kind::attribute_exists:
        case Kind::attribute_not_exists: break;
        default: refuse(invalid_operator);
    }
    const auto is = [](Operand::Kind kind) { return [kind](const Operand& operand) { return operand.kind == kind; }; };
    const auto& operands = condition.operands;
    const bool reversed = condition.kind == Kind::comparison && operands[0].kind == Operand::Kind::value;
    const auto paths = std::ranges::count_if(operands, is(Operand::Kind::path));
    const auto values = std::ranges::count_if(operands, is(Operand::Kind::value));
    const bool fits = paths == 1 && static_cast<size_t>(paths + values) == operands.size() &&
                      (reversed || operands[0].kind == Operand::Kind::path);
    if (!fits) refuse(invalid_operator);
}

const Path& path_of(const Condition& condition) {
    return std::ranges::find(condition.operands, Operand::Kind::path, &Operand::kind)->path;
}

void check_attributes(const Condition& condition, const VectorSchema& index) {
    each_path(condition, [&](const Path& path) {
        if (index.element(path[0].name)) return;
        throw aws::validation_error(fmt::format(
            "SearchConditionExpression must not contain any attributes that is not in SearchSchema. Invalid "
            "attribute: {}",
            path[0].name));
    });
    each_path(condition, [&](const Path& path) {
        if (path.size() > 1) refuse("SearchConditionExpression cannot have conditions on nested attributes");
    });
}

/// Values are of the attribute's type.
void check_types(const Condition& condition, const VectorSchema& index) {
    const auto& element = *index.element(path_of(condition)[0].name);
    for (const auto& operand : condition.operands) {
        if (operand.kind != Operand::Kind::value || operand.value.is(element.type)) continue;
        throw aws::validation_error(
            fmt::format("Type of '{}' attribute in SearchConditionExpression ({}) does not match type in search schema "
                        "({})",
                        element.name, contracts::name_of(operand.value.type()), contracts::name_of(element.type)));
    }
}

/// The conditions that all must hold.
void add_conjuncts(const Condition& condition, std::vector<const Condition*>& conjuncts) {
    if (condition.kind != Kind::all) return conjuncts.push_back(&condition);
    for (const auto& part : condition.parts) add_conjuncts(part, conjuncts);
}

/// The value that the partition key equals; nothing if no condition is about it.
AttributeView partition_of(const Condition& condition, const std::string& hash) {
    std::vector<const Condition*> conjuncts;
    add_conjuncts(condition, conjuncts);
    AttributeView partition;
    each_simple(condition, [&](const Condition& simple) {
        if (path_of(simple)[0].name != hash) return;
        if (simple.kind != Kind::comparison) refuse(invalid_operator);
        if (simple.comparator != Comparator::equal) refuse(invalid_comparator);
        // Unverified: what is said of a partition key inside OR or NOT.
        if (std::ranges::find(conjuncts, &simple) == conjuncts.end()) refuse(invalid_operator);
        if (partition) refuse("SearchConditionExpression must only contain one condition per attribute");
        partition = std::ranges::find(simple.operands, Operand::Kind::value, &Operand::kind)->value;
    });
    return partition;
}

void check_not_empty(AttributeView partition, const std::string& hash) {
    if (partition.is(AttributeType::N) || !partition.content().empty()) return;
    throw aws::validation_error(fmt::format(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {} "
        "value. Key: {}",
        partition.is(AttributeType::S) ? "string" : "binary", hash));
}

}  // namespace

AttributeView searched_partition(const Condition* condition, const VectorSchema& index) {
    AttributeView partition;
    if (condition) {
        each_simple(*condition, check_form);
        check_attributes(*condition, index);
        if (index.hash) partition = partition_of(*condition, index.hash->name);
    }
    if (index.hash && !partition) {
        throw aws::validation_error("SearchConditionExpression must be provided when SearchSchema has a HASH key");
    }
    if (condition) each_simple(*condition, [&](const Condition& simple) { check_types(simple, index); });
    if (partition) check_not_empty(partition, index.hash->name);
    return partition;
}

}  // namespace cumulet::dynamodb
