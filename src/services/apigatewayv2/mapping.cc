#include "services/apigatewayv2/mapping.h"

#include <charconv>

#include "base/bytes.h"
#include "services/apigatewayv2/request_value.h"

namespace cumulet::apigatewayv2 {
namespace {

using aws::apigatewayv2::BadRequestException;

constexpr size_t most_mappings = 50;

/// "append:header.x" in its parts.
struct Target {
    std::string_view action;  ///< "append", "overwrite" or "remove"
    std::string_view where;   ///< "header", "querystring", "path" or "statuscode"
    std::string_view name;    ///< "" for the last two
};

std::optional<Target> read_target(std::string_view key) {
    const auto colon = key.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    Target target{.action = key.substr(0, colon), .where = key.substr(colon + 1), .name = ""};
    if (const auto dot = target.where.find('.'); dot != std::string_view::npos) {
        target.name = target.where.substr(dot + 1);
        target.where = target.where.substr(0, dot);
    }
    const bool named = target.where == "header" || target.where == "querystring";
    const bool known = target.action == "append" || target.action == "overwrite" || target.action == "remove";
    if (!known || named == target.name.empty()) return std::nullopt;
    if (!named && target.action != "overwrite") return std::nullopt;
    return target;
}

bool is_token(std::string_view name) {
    return std::ranges::all_of(name, [](unsigned char c) {
        return std::isalnum(c) || std::string_view("!#$%&'*+-.^_`|~").contains(static_cast<char>(c));
    });
}

/// Headers that belong to API Gateway and to HTTP itself.
bool is_reserved(std::string_view header) {
    const auto name = to_lower(header);
    for (const auto* prefix : {"access-control-", "apigw-", "x-amz-", "x-amzn-"}) {
        if (name.starts_with(prefix)) return true;
    }
    static constexpr std::string_view reserved[] = {"authorization",
                                                    "connection",
                                                    "content-encoding",
                                                    "content-length",
                                                    "content-location",
                                                    "forwarded",
                                                    "host",
                                                    "keep-alive",
                                                    "origin",
                                                    "proxy-authenticate",
                                                    "proxy-authorization",
                                                    "te",
                                                    "trailers",
                                                    "transfer-encoding",
                                                    "upgrade",
                                                    "x-forwarded-for",
                                                    "x-forwarded-host",
                                                    "x-forwarded-proto",
                                                    "via"};
    return std::ranges::find(reserved, name) != std::end(reserved);
}

void check(const Mappings& mappings, std::initializer_list<std::string_view> places) {
    if (mappings.size() > most_mappings) throw BadRequestException("An integration has at most 50 parameter mappings");
    for (const auto& [key, value] : mappings) {
        const auto target = read_target(key);
        // Unverified: the words, of all three.
        if (!target || std::ranges::find(places, target->where) == places.end())
            throw BadRequestException(fmt::format("Invalid mapping expression specified: {}", key));
        if (target->where != "header") continue;
        if (!is_token(target->name)) throw BadRequestException(fmt::format("Invalid header name: {}", target->name));
        if (is_reserved(target->name))
            throw BadRequestException(fmt::format("Operations on header {} are restricted", target->name));
    }
}

/// True if a header may carry it.
bool fits_header(std::string_view value) {
    return std::ranges::none_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void map_header(http::Headers& headers, const Target& target, const std::string& value) {
    const std::string name(target.name);
    if (target.action == "remove") {
        headers.erase(name);
    } else if (fits_header(value)) {
        if (target.action == "overwrite") headers.erase(name);
        headers.add(name, value);
    }
}

void map_query(http::Request& request, const Target& target, const std::string& value) {
    auto parameters = http::parse_query(request.query);
    if (target.action != "append") {
        std::erase_if(parameters, [&](const http::Parameter& each) { return each.name == target.name; });
    }
    if (target.action != "remove") parameters.push_back({std::string(target.name), value});
    std::string query;
    for (const auto& each : parameters) {
        if (!query.empty()) query += '&';
        query += percent_encode(each.name) + "=" + percent_encode(each.value);
    }
    request.set_target(query.empty() ? request.path : request.path + "?" + query);
}

std::optional<std::string> named_value(std::string_view expression, const Passage& passage,
                                       const http::Response* response) {
    constexpr std::string_view header_prefix = "$response.header.", body_prefix = "$response.body.";
    if (!response) return request_value(passage, expression);
    if (expression.starts_with(header_prefix)) {
        const auto values = response->headers.all(expression.substr(header_prefix.size()));
        if (values.empty()) return std::nullopt;
        return fmt::format("{}", fmt::join(values, ","));
    }
    if (expression == "$response.body") return response->body;
    if (expression.starts_with(body_prefix)) {
        return body_value(response->body, expression.substr(body_prefix.size()));
    }
    if (expression.starts_with("$request.")) return std::nullopt;
    return request_value(passage, expression);
}

std::optional<int> read_status(std::string_view text) {
    int status = 0;
    const auto* end = text.data() + text.size();
    const auto [read, error] = std::from_chars(text.data(), end, status);
    if (error != std::errc() || read != end || status < 200 || status > 599) return std::nullopt;
    return status;
}

}  // namespace

void check_request_mappings(const Mappings& mappings) { check(mappings, {"header", "querystring", "path"}); }

void check_response_mappings(const std::map<std::string, Mappings>& mappings) {
    for (const auto& [status, of_status] : mappings) {
        // Unverified: the words.
        if (!read_status(status)) throw BadRequestException(fmt::format("Invalid status code: {}", status));
        check(of_status, {"header", "statuscode"});
    }
}

std::optional<std::string> mapped_value(std::string_view value, const Passage& passage,
                                        const http::Response* response) {
    if (value.starts_with('$') && !value.starts_with("${")) return named_value(value, passage, response);
    std::string text;
    while (true) {
        const auto open = value.find("${");
        const auto close = open == std::string_view::npos ? open : value.find('}', open);
        text += value.substr(0, close == std::string_view::npos ? close : open);
        if (close == std::string_view::npos) return text;
        const auto name = fmt::format("${}", value.substr(open + 2, close - open - 2));
        text += named_value(name, passage, response).value_or("");
        value.remove_prefix(close + 1);
    }
}

void map_request(const Mappings& mappings, const Passage& passage, http::Request& request) {
    for (const auto& [key, expression] : mappings) {
        const auto target = read_target(key);
        const auto value = mapped_value(expression, passage);
        if (!target || (!value && target->action != "remove")) continue;
        if (target->where == "header") map_header(request.headers, *target, value.value_or(""));
        if (target->where == "querystring") map_query(request, *target, value.value_or(""));
        if (target->where == "path") {
            auto path = percent_encode(*value, true);
            if (!path.starts_with('/')) path.insert(0, "/");
            request.set_target(request.query.empty() ? path : path + "?" + request.query);
        }
    }
}

void map_response(const Mappings& mappings, const Passage& passage, http::Response& response) {
    const auto original = response;
    for (const auto& [key, expression] : mappings) {
        const auto target = read_target(key);
        const auto value = mapped_value(expression, passage, &original);
        if (!target || (!value && target->action != "remove")) continue;
        if (target->where == "header") map_header(response.headers, *target, value.value_or(""));
        if (target->where == "statuscode") response.status = read_status(*value).value_or(response.status);
    }
}

}  // namespace cumulet::apigatewayv2
