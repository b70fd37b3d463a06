// What the operations on items ask of their requests' shared parameters: expressions, placeholders, return values.
#pragma once

#include "services/dynamodb/expressions/parser.h"
#include "services/dynamodb/legacy/conditions.h"
#include "services/dynamodb/table.h"

namespace cumulet::dynamodb {

template <typename T>
const T* pointer(const std::optional<T>& value) {
    return value ? &*value : nullptr;
}

/// A parameter of a request by name, and whether it was given.
struct Parameter {
    std::string_view name;
    bool given;
};

/// Throws aws::Error if an expression stands beside a parameter of the API's older form.
void check_forms(std::initializer_list<Parameter> expressions, std::initializer_list<Parameter> older_forms);

/// Throws aws::Error if there are names or values and no expression that could use them.
void check_placeholder_use(bool names, bool values, std::initializer_list<Parameter> with_values,
                           std::initializer_list<Parameter> without_values);

/// The placeholders of a request whose expressions are `with_values` and `without_values` (a projection).
template <typename Request>
Placeholders placeholders_of(const Request& request, std::initializer_list<Parameter> with_values,
                             std::initializer_list<Parameter> without_values = {}) {
    const contracts::AttributeMap* values = nullptr;
    if constexpr (requires { request.ExpressionAttributeValues; }) values = pointer(request.ExpressionAttributeValues);
    check_placeholder_use(request.ExpressionAttributeNames.has_value(), values != nullptr, with_values, without_values);
    return Placeholders(pointer(request.ExpressionAttributeNames), values);
}

std::optional<Condition> condition_of(std::string_view parameter, const std::optional<std::string>& text,
                                      Placeholders& placeholders);

/// What a write demands of the item: ConditionExpression, or the older Expected.
template <typename Request>
std::optional<Condition> write_condition(const Request& request, Placeholders& placeholders) {
    if (request.ConditionExpression) {
        return parse_condition("ConditionExpression", *request.ConditionExpression, placeholders);
    }
    return expected_condition(request.Expected, request.ConditionalOperator);
}

/// Throws ConditionalCheckFailedException unless `item` (nullptr: there is none) satisfies the condition; with the item
/// where `on_failure` (ReturnValuesOnConditionCheckFailure) asks for it.
void require(const std::optional<Condition>& condition, const AttributeMap* item,
             const std::optional<std::string>& on_failure);

/// True for ALL_OLD; throws aws::Error for what PutItem and DeleteItem do not return.
bool returns_old(const std::optional<std::string>& return_values);

/// The paths of AttributesToGet. Throws aws::Error if a name comes twice.
std::vector<Path> attribute_paths(const std::vector<std::string>& names);

/// The paths of a ProjectionExpression or AttributesToGet; nothing if the request has neither.
template <typename Request>
std::optional<std::vector<Path>> projection_of(const Request& request, Placeholders& placeholders) {
    if (request.ProjectionExpression) return parse_projection(*request.ProjectionExpression, placeholders);
    if constexpr (requires { request.AttributesToGet; }) {
        if (request.AttributesToGet) {
            return attribute_paths(*request.AttributesToGet);
        }
    }
    return std::nullopt;
}

/// The digest of a request to `operation`, by which a repetition of it is known.
std::string digest_of(std::string_view operation, const void* request);

}  // namespace cumulet::dynamodb
