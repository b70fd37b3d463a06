#include "services/dynamodb/request.h"

#include "base/hash.h"
#include "contracts/reflect.h"

namespace cumulet::dynamodb {

namespace {

std::vector<std::string_view> given(std::initializer_list<Parameter> parameters) {
    std::vector<std::string_view> names;
    for (const auto& parameter : parameters) {
        if (parameter.given) names.push_back(parameter.name);
    }
    return names;
}

}  // namespace

void check_forms(std::initializer_list<Parameter> expressions, std::initializer_list<Parameter> older_forms) {
    const auto older = given(older_forms);
    if (older.empty()) return;
    const auto newer = given(expressions);
    if (newer.empty()) return;
    throw aws::validation_error(
        fmt::format("Can not use both expression and non-expression parameters in the same request: Non-expression "
                    "parameters: {{{}}} Expression parameters: {{{}}}",
                    fmt::join(older, ", "), fmt::join(newer, ", ")));
}

void check_placeholder_use(bool names, bool values, std::initializer_list<Parameter> with_values,
                           std::initializer_list<Parameter> without_values, Wording wording) {
    if (names && given(with_values).empty() && given(without_values).empty()) {
        throw aws::validation_error("ExpressionAttributeNames can only be specified when using expressions");
    }
    if (!values || !given(with_values).empty()) return;
    if (wording == Wording::current) {
        throw aws::validation_error("ExpressionAttributeValues can only be specified when using expressions");
    }
    std::vector<std::string_view> all;
    for (const auto& parameter : with_values) all.push_back(parameter.name);
    throw aws::validation_error(
        fmt::format("ExpressionAttributeValues can only be specified when using expressions: {} {} null",
                    fmt::join(all, " and "), all.size() > 1 ? "are" : "is"));
}

void introduce(aws::Error& error) {
    constexpr std::string_view introduction = "1 validation error detected: ";
    constexpr std::string_view alone[] = {introduction, "Supplied AttributeValue", "Item size has exceeded"};
    if (error.code != "ValidationException") return;
    if (std::ranges::any_of(alone, [&](std::string_view words) { return error.message.starts_with(words); })) return;
    error.message.insert(0, introduction);
}

std::optional<Condition> condition_of(std::string_view parameter, const std::optional<std::string>& text,
                                      Placeholders& placeholders) {
    if (!text) return std::nullopt;
    return parse_condition(parameter, *text, placeholders);
}

void require(const std::optional<Condition>& condition, const AttributeMap* item,
             const std::optional<std::string>& on_failure) {
    if (!condition || holds(*condition, item ? item->view() : AttributeMap().view())) return;
    aws::dynamodb::ConditionalCheckFailedException failure("The conditional request failed");
    if (item && on_failure == "ALL_OLD") failure.Item = *item;
    throw failure;
}

void check_selection(const std::optional<std::string>& selection, bool of_index, bool attributes_to_get,
                     bool projection, std::string_view introduction) {
    if (!selection) return;
    const auto refuse = [&](std::string_view message) {
        throw aws::validation_error(fmt::format("{}{}", introduction, message));
    };
    const bool chosen = attributes_to_get || projection;
    if (*selection == "SPECIFIC_ATTRIBUTES") {
        if (!chosen) {
            refuse("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
        }
        return;
    }
    if (chosen) {
        refuse(fmt::format("Cannot specify the {} when choosing to get {}",
                           attributes_to_get ? "AttributesToGet" : "ProjectionExpression",
                           *selection == "COUNT" ? "only the Count" : *selection));
    }
    if (*selection == "ALL_PROJECTED_ATTRIBUTES" && !of_index) {
        refuse("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
    }
}

void check_start_values(const std::optional<AttributeMap>& start_key, Wording wording) {
    const auto refusal = start_key ? start_key->refusal() : std::nullopt;
    if (!refusal) return;
    // What is wrong with numbers and sets of them is said without an introduction.
    constexpr std::string_view alone[] = {"contains duplicates", "number set", "numeric value", "significant digits",
                                          "number with magnitude"};
    const bool introduced = std::ranges::none_of(
        alone, [&](std::string_view words) { return refusal->in(wording).find(words) != std::string_view::npos; });
    throw aws::validation_error(
        fmt::format("{}{}", introduced ? "The provided starting key is invalid: " : "", refusal->in(wording)));
}

std::optional<std::vector<Path>> attribute_paths(const std::optional<std::vector<std::string>>& names) {
    if (!names) return std::nullopt;
    std::vector<Path> paths;
    for (const auto& name : *names) {
        if (std::ranges::find(paths, Path{Step{.name = name}}) != paths.end()) {
            throw aws::validation_error(
                fmt::format("One or more parameter values were invalid: Duplicate value in attribute name: {}", name));
        }
        paths.push_back({Step{.name = name}});
    }
    return paths;
}

std::optional<std::vector<Path>> projection_of(const std::optional<std::string>& text, Placeholders& placeholders) {
    if (!text) return std::nullopt;
    return parse_projection(*text, placeholders);
}

bool returns_old(const std::optional<std::string>& return_values) {
    if (!return_values || *return_values == "NONE") return false;
    if (*return_values == "ALL_OLD") return true;
    throw aws::validation_error("ReturnValues can only be ALL_OLD or NONE");
}

std::string digest_of(std::string_view operation, const void* request) {
    return sha256(json::serialize(contracts::to_json(*aws::dynamodb::service.find(operation)->input, request)));
}

}  // namespace cumulet::dynamodb
