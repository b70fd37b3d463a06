#include "services/dynamodb/expressions/operands.h"

#include "base/bytes.h"

namespace cumulet::dynamodb {

namespace {

using Kind = Condition::Kind;

constexpr ConditionFunction functions[] = {
    {"attribute_exists", Kind::attribute_exists, 1},
    {"attribute_not_exists", Kind::attribute_not_exists, 1},
    {"attribute_type", Kind::attribute_type, 2},
    {"begins_with", Kind::begins_with, 2},
    {"contains", Kind::contains, 2},
    {"size", Kind::misused, 1},
};

/// Of operands only values, and what size gives, have a type before there is an item.
std::optional<AttributeType> type_of(const Operand& operand) {
    if (operand.kind == Operand::Kind::size) return AttributeType::N;
    if (operand.kind == Operand::Kind::value && operand.value) return operand.value.type();
    return std::nullopt;
}

bool is_ordered(AttributeType type) {
    return type == AttributeType::S || type == AttributeType::N || type == AttributeType::B;
}

std::string content_of(AttributeView value) {
    switch (value.type()) {
        case AttributeType::S: return std::string(value.content());
        case AttributeType::N: return value.number().text();
        case AttributeType::B: return to_base64(value.content());
        case AttributeType::BOOL: return value.boolean() ? "true" : "false";
        case AttributeType::NULL_: return "true";
        case AttributeType::SS:
        case AttributeType::NS:
        case AttributeType::BS: {
            std::vector<std::string> elements;
            for (const auto element : value.elements()) elements.push_back(content_of(element));
            return fmt::format("{}", fmt::join(elements, ","));
        }
        default: {
            std::string json;
            value.append_json(json);
            return json;
        }
    }
}

/// "{S:text}", as errors show a value.
std::string show(AttributeView value) { return fmt::format("{{{}:{}}}", name_of(value.type()), content_of(value)); }

std::string type_name_problem(std::string_view function, const Operand& operand) {
    const auto type = type_of(operand);
    if (type != AttributeType::S) {
        // What is no value has no single type, so DynamoDB names all of them.
        return operand_type_problem(function, type ? name_of(*type) : "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
    }
    if (operand.kind != Operand::Kind::value) return "";
    for (int index = 0; index <= static_cast<int>(AttributeType::M); ++index) {
        if (operand.value.content() == name_of(static_cast<AttributeType>(index))) return "";
    }
    return fmt::format("Invalid attribute type name found; type: {}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}",
                       operand.value.content());
}

}  // namespace

const ConditionFunction* condition_function(std::string_view name) {
    const auto* found = std::ranges::find(functions, name, &ConditionFunction::name);
    return found == std::end(functions) ? nullptr : found;
}

std::string operand_count_problem(std::string_view name, size_t count) {
    return fmt::format(
        "Incorrect number of operands for operator or function; operator or function: {}, number of operands: {}", name,
        count);
}

std::string operand_count_problem(const ConditionFunction& function, size_t count) {
    return count == function.operands ? "" : operand_count_problem(function.name, count);
}

std::string operand_type_problem(std::string_view name, std::string_view type) {
    return fmt::format("Incorrect operand type for operator or function; operator or function: {}, operand type: {}",
                       name, type);
}

std::string distinct_problem(std::string_view name, std::span<const Operand> operands) {
    if (operands.size() != 2 || operands[0].kind != Operand::Kind::path || operands[1].kind != Operand::Kind::path ||
        operands[0].path != operands[1].path) {
        return "";
    }
    return fmt::format(
        "The first operand must be distinct from the remaining operands for this operator or function; operator: {}, "
        "first operand: {}",
        name, text_of(operands[0].path));
}

std::string order_problem(std::string_view name, std::span<const Operand> operands) {
    for (const auto& operand : operands) {
        const auto type = type_of(operand);
        if (type && !is_ordered(*type)) return operand_type_problem(name, name_of(*type));
    }
    return "";
}

std::string between_problem(std::span<const Operand> operands) {
    const auto lower = operands[1].value, upper = operands[2].value;
    const bool same = !lower || !upper || lower.type() == upper.type();
    if (auto problem = order_problem("BETWEEN", operands); same && !problem.empty()) return problem;
    if (!lower || !upper) return "";
    std::string_view rule;
    if (!same)
        rule = "same data type for lower and upper bounds";
    else if (lower.content() > upper.content())
        rule = "upper bound to be greater than or equal to lower bound";
    if (rule.empty()) return "";
    return fmt::format(
        "The BETWEEN operator requires {}; lower bound operand: AttributeValue: {}, upper bound operand: "
        "AttributeValue: {}",
        rule, show(lower), show(upper));
}

std::string call_problem(const ConditionFunction& function, std::span<const Operand> operands) {
    switch (function.kind) {
        case Kind::attribute_exists:
        case Kind::attribute_not_exists:
            if (operands[0].kind == Operand::Kind::path) return "";
            return fmt::format("Operator or function requires a document path; operator or function: {}",
                               function.name);
        case Kind::begins_with:
            for (const auto& operand : operands) {
                const auto type = type_of(operand);
                if (type && *type != AttributeType::S && *type != AttributeType::B) {
                    return operand_type_problem(function.name, name_of(*type));
                }
            }
            return "";
        case Kind::attribute_type: return type_name_problem(function.name, operands[1]);
        case Kind::misused: {
            const auto type = type_of(operands[0]);
            const bool sizeless =
                type == AttributeType::N || type == AttributeType::BOOL || type == AttributeType::NULL_;
            return sizeless ? operand_type_problem(function.name, name_of(*type)) : "";
        }
        default: return "";
    }
}

}  // namespace cumulet::dynamodb
