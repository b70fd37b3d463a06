#include "contracts/proxy_reply.h"

#include <charconv>

#include "base/bytes.h"

namespace cumulet::contracts {
namespace {

struct Malformed {};

std::string text_of(const json::value& value) {
    if (value.is_string()) return std::string(value.as_string());
    if (value.is_number() || value.is_bool()) return json::serialize(value);
    throw Malformed();
}

int status_of(const json::value& value) {
    const auto text = text_of(value);
    int status = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
    if (error != std::errc() || end != text.data() + text.size() || status < 200 || status > 599) throw Malformed();
    return status;
}

bool is_token(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
    });
}

/// Header fields that the connection decides about.
bool is_connections_own(std::string_view name) {
    return name == "connection" || name == "content-length" || name == "transfer-encoding" || name == "keep-alive" ||
           name == "upgrade" || name == "trailer";
}

void add_header(http::Response& response, std::string_view name, std::string value, bool replace) {
    auto lower = to_lower(name);
    const bool plain = std::ranges::none_of(value, [](unsigned char c) { return c == '\r' || c == '\n' || c == '\0'; });
    if (!is_token(lower) || !plain) throw Malformed();
    if (is_connections_own(lower)) return;
    if (replace) {
        response.headers.set(lower, std::move(value));
    } else {
        response.headers.add(std::move(lower), std::move(value));
    }
}

void add_headers(http::Response& response, const json::object& reply, std::string_view version) {
    if (const auto* headers = reply.if_contains("headers"); headers && !headers->is_null()) {
        if (!headers->is_object()) throw Malformed();
        for (const auto& [name, value] : headers->as_object()) {
            if (!value.is_null()) add_header(response, name, text_of(value), true);
        }
    }
    if (version == "2.0") {
        const auto* cookies = reply.if_contains("cookies");
        if (!cookies || cookies->is_null()) return;
        if (!cookies->is_array()) throw Malformed();
        for (const auto& cookie : cookies->as_array()) add_header(response, "set-cookie", text_of(cookie), false);
        return;
    }
    const auto* multiple = reply.if_contains("multiValueHeaders");
    if (!multiple || multiple->is_null()) return;
    if (!multiple->is_object()) throw Malformed();
    for (const auto& [name, values] : multiple->as_object()) {
        if (!values.is_array()) throw Malformed();
        response.headers.erase(std::string_view(name));  // where both name a header, the list counts
        for (const auto& value : values.as_array()) add_header(response, name, text_of(value), false);
    }
}

void add_body(http::Response& response, const json::object& reply) {
    const auto* body = reply.if_contains("body");
    if (!body || body->is_null()) return;
    response.body = text_of(*body);
    const auto* encoded = reply.if_contains("isBase64Encoded");
    if (!encoded || !encoded->is_bool() || !encoded->as_bool()) return;
    auto bytes = from_base64(response.body);
    if (!bytes) throw Malformed();
    response.body = std::move(*bytes);
}

http::Response read_structured(const json::object& reply, std::string_view version) {
    http::Response response;
    response.status = status_of(reply.at("statusCode"));
    add_headers(response, reply, version);
    add_body(response, reply);
    if (!response.headers.has("content-type") && !response.body.empty()) {
        response.headers.add("content-type", "text/plain;charset=UTF-8");
    }
    return response;
}

}  // namespace

std::optional<http::Response> read_structured_reply(const json::object& reply, std::string_view version) {
    try {
        return read_structured(reply, version);
    } catch (const Malformed&) {
        return std::nullopt;
    }
}

std::optional<http::Response> read_proxy_reply(std::string_view payload, std::string_view version) {
    const auto parsed = parse_json(payload.empty() ? "null" : payload);
    if (!parsed) return std::nullopt;
    const auto* object = parsed->if_object();
    if (object && object->if_contains("statusCode")) return read_structured_reply(*object, version);
    if (version != "2.0") return std::nullopt;
    http::Response response;
    response.headers.add("content-type", "application/json");
    response.body =
        parsed->is_string() ? std::string(parsed->as_string()) : std::string(payload.empty() ? "null" : payload);
    return response;
}

}  // namespace cumulet::contracts
