#include "services/apigatewayv2/websocket/expression.h"

#include <array>
#include <cctype>

namespace cumulet::apigatewayv2 {
namespace {

bool begins_variable(std::string_view name) {
    constexpr std::array<std::string_view, 7> roots = {"request.body", "request.header",  "request.querystring",
                                                       "context.",     "stageVariables.", "integration.response",
                                                       "route.request"};
    for (const auto root : roots) {
        if (name.starts_with(root)) return true;
    }
    return false;
}

bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || std::string_view(".-_[]'").contains(c); }

/// Cuts "$name" or "${name}" off `text`, which begins with '$'; nothing if it is neither.
std::optional<std::string_view> take_variable(std::string_view& text) {
    text.remove_prefix(1);
    std::string_view name;
    if (text.starts_with('{')) {
        const auto end = text.find('}');
        if (end == std::string_view::npos) return std::nullopt;
        name = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
    } else {
        size_t size = 0;
        while (size < text.size() && in_name(text[size])) ++size;
        name = text.substr(0, size);
        text.remove_prefix(size);
    }
    return begins_variable(name) ? std::optional(name) : std::nullopt;
}

}  // namespace

std::optional<std::string> evaluate_selection(std::string_view expression, const VariableValue& value_of) {
    if (expression == "$default") return "$default";
    std::string result;
    while (!expression.empty()) {
        if (expression.starts_with("\\$")) {
            result += '$';
            expression.remove_prefix(2);
        } else if (expression.front() == '$') {
            const auto name = take_variable(expression);
            const auto value = name ? value_of(*name) : std::nullopt;
            if (!value) return std::nullopt;
            result += *value;
        } else {
            result += expression.front();
            expression.remove_prefix(1);
        }
    }
    return result;
}

bool is_selection_expression(std::string_view text) {
    return !text.empty() && evaluate_selection(text, [](std::string_view) { return std::optional<std::string>("x"); });
}

}  // namespace cumulet::apigatewayv2
