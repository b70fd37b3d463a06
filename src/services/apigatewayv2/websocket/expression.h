// Selection expressions: how a message chooses its route, and a response its template. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cumulet::apigatewayv2 {

/// What an expression's variable is, by its name without '$': "request.body.action", "context.connectionId".
using VariableValue = std::function<std::optional<std::string>(std::string_view name)>;

/// True for "$request.body.action", "${request.body.service}/${request.body.action}", "\$default" and plain texts.
bool is_selection_expression(std::string_view text);
/// What the expression says; nothing if one of its variables has no value.
std::optional<std::string> evaluate_selection(std::string_view expression, const VariableValue& value_of);

}  // namespace cumulet::apigatewayv2
