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
                           std::initializer_list<Parameter> without_values, Wording wording);

/// The same of a request whose expressions are `with_values` and `without_values` (a projection).
template <typename Request>
void check_placeholder_use(const Request& request, std::initializer_list<Parameter> with_values,
                           std::initializer_list<Parameter> without_values = {}, Wording wording = Wording::current) {
    bool values = false;
    if constexpr (requires { request.ExpressionAttributeValues; }) {
        values = request.ExpressionAttributeValues.has_value();
    }
    check_placeholder_use(request.ExpressionAttributeNames.has_value(), values, with_values, without_values, wording);
}

template <typename Request>
Placeholders placeholders_of(const Request& request, Wording wording = Wording::current) {
    const contracts::AttributeMap* values = nullptr;
    if constexpr (requires { request.ExpressionAttributeValues; }) values = pointer(request.ExpressionAttributeValues);
    return Placeholders(pointer(request.ExpressionAttributeNames), values, wording);
}

std::optional<Condition> condition_of(std::string_view parameter, const std::optional<std::string>& text,
                                      Placeholders& placeholders);

void check_selection(const std::optional<std::string>& selection, bool of_index, bool attributes_to_get,
                     bool projection, std::string_view introduction);
/// Throws aws::Error if Select does not fit what else of the request says which attributes are wanted; `introduction`
/// is what the message begins with.
template <typename Request>
void check_selection(const Request& request, std::string_view introduction) {
    check_selection(request.Select, request.IndexName.has_value(), request.AttributesToGet.has_value(),
                    request.ProjectionExpression.has_value(), introduction);
}

/// Throws aws::Error if ExclusiveStartKey is refused.
void check_start_values(const std::optional<AttributeMap>& start_key, Wording wording);

/// Puts "1 validation error detected: " before what DynamoDB introduces so; not before what is wrong with the type of a
/// value, or the size of an item.
void introduce(aws::Error& error);
/// Runs `check`, the part of a PutItem, UpdateItem or DeleteItem that looks at nothing but its request: what it refuses
/// is introduced.
template <typename Check>
auto introduced(const Check& check) {
    try {
        return check();
    } catch (aws::Error& error) {
        introduce(error);
        throw;
    }
}

/// Throws aws::Error if a PutItem or a DeleteItem mixes forms, or has placeholders that no expression could use.
template <typename Request>
void check_write_parameters(const Request& request) {
    const Parameter expression{"ConditionExpression", request.ConditionExpression.has_value()};
    check_forms({expression}, {{"Expected", request.Expected.has_value()},
                               {"ConditionalOperator", request.ConditionalOperator.has_value()}});
    check_placeholder_use(request, {expression});
}

/// What it demands of the item: ConditionExpression, or the older Expected.
template <typename Request>
std::optional<Condition> write_condition(const Request& request) {
    auto expected = expected_condition(request.Expected, request.ConditionalOperator);
    auto placeholders = placeholders_of(request);
    auto condition = condition_of("ConditionExpression", request.ConditionExpression, placeholders);
    placeholders.check_all_used();
    return condition ? std::move(condition) : std::move(expected);
}

/// Throws ConditionalCheckFailedException unless `item` (nullptr: there is none) satisfies the condition; with the item
/// where `on_failure` (ReturnValuesOnConditionCheckFailure) asks for it.
void require(const std::optional<Condition>& condition, const AttributeMap* item,
             const std::optional<std::string>& on_failure);

/// True for ALL_OLD. Throws aws::Error for what PutItem and DeleteItem do not return.
bool returns_old(const std::optional<std::string>& return_values);

/// The paths of AttributesToGet; nothing if the request has none. Throws aws::Error if a name comes twice.
std::optional<std::vector<Path>> attribute_paths(const std::optional<std::vector<std::string>>& names);

std::optional<std::vector<Path>> projection_of(const std::optional<std::string>& text, Placeholders& placeholders);

/// The digest of a request to `operation`, by which a repetition of it is known.
std::string digest_of(std::string_view operation, const void* request);

}  // namespace cumulet::dynamodb
