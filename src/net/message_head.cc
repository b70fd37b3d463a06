#include "net/message_head.h"

#include <charconv>

#include "base/bytes.h"

namespace cumulet::net {
namespace {

void append_number(std::string& text, uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    text.append(digits, end);
}

// What a handler passes on may come from a caller: a line break in it would begin a field, or an answer, of his.
void append_value(std::string& text, std::string_view value) {
    const auto begin = text.size();
    text += value;
    for (auto at = begin; at < text.size(); ++at) {
        if (text[at] == '\r' || text[at] == '\n' || text[at] == '\0') text[at] = ' ';
    }
}

void append_field(std::string& text, std::string_view name, std::string_view value) {
    append_value(text, name);
    text += ": ";
    append_value(text, value);
    text += "\r\n";
}

bool is(const http::Header& field, std::string_view name) {
    return field.name.size() == name.size() && equal_ignoring_case(field.name, name);
}

bool frames_message(const http::Header& field) {
    return is(field, "Content-Length") || is(field, "Transfer-Encoding") || is(field, "Connection") ||
           is(field, "Keep-Alive");
}

bool status_without_body(int status) { return status < 200 || status == 204 || status == 304; }

BodyFraming framing_of(const http::Response& response, const ResponseSurroundings& surroundings) {
    if (surroundings.answers_head || status_without_body(response.status)) return BodyFraming::none;
    if (!response.stream || response.stream_size) return BodyFraming::length;
    return surroundings.http_1_0 ? BodyFraming::until_close : BodyFraming::chunked;
}

// The length that the body would have had (RFC 9110, 8.6).
std::optional<uint64_t> length_of(const http::Response& response) {
    if (response.stream) return response.stream_size;
    return response.body.size();
}

void append_length(std::string& text, uint64_t length) {
    text += "Content-Length: ";
    append_number(text, length);
    text += "\r\n";
}

void append_framing(std::string& text, const http::Response& response, BodyFraming framing,
                    const ResponseSurroundings& surroundings) {
    if (framing == BodyFraming::chunked) {
        text += "Transfer-Encoding: chunked\r\n";
    } else if (framing == BodyFraming::length) {
        append_length(text, *length_of(response));
    } else if (framing == BodyFraming::none && response.status != 204 && response.status >= 200) {
        const auto* declared = response.headers.find("Content-Length");
        const bool decimal =
            declared && !declared->empty() && declared->find_first_not_of("0123456789") == declared->npos;
        if (decimal) {
            append_field(text, "Content-Length", *declared);
        } else if (surroundings.answers_head && length_of(response)) {
            append_length(text, *length_of(response));
        }
    }
    if (!surroundings.keep_alive || framing == BodyFraming::until_close) {
        text += "Connection: close\r\n";
    } else if (surroundings.http_1_0) {
        text += "Connection: keep-alive\r\n";
    }
}

}  // namespace

BodyFraming write_head(std::string& text, const http::Response& response, const ResponseSurroundings& surroundings) {
    text = "HTTP/1.1 ";
    append_number(text, static_cast<uint64_t>(response.status));
    text += ' ';
    text += http::reason(response.status);
    text += "\r\n";
    bool has_date = false;
    bool has_server = false;
    for (const auto& field : response.headers) {
        if (frames_message(field)) continue;
        has_date |= is(field, "Date");
        has_server |= is(field, "Server");
        append_field(text, field.name, field.value);
    }
    if (!has_date && !surroundings.date.empty()) append_field(text, "Date", surroundings.date);
    if (!has_server && !surroundings.server_name.empty()) append_field(text, "Server", surroundings.server_name);
    const auto framing = framing_of(response, surroundings);
    append_framing(text, response, framing, surroundings);
    text += "\r\n";
    return framing;
}

BodyFraming write_head(std::string& text, const http::Request& request, std::string_view authority) {
    text.clear();
    append_value(text, request.method);
    text += ' ';
    append_value(text, request.target.empty() ? "/" : request.target);
    text += " HTTP/1.1\r\n";
    if (!request.headers.has("Host")) append_field(text, "Host", authority);
    for (const auto& field : request.headers) {
        if (!frames_message(field)) append_field(text, field.name, field.value);
    }
    auto framing = BodyFraming::none;
    if (request.stream && !request.stream_size) {
        framing = BodyFraming::chunked;
        text += "Transfer-Encoding: chunked\r\n";
    } else if (request.stream || !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
               request.method == "PATCH") {
        framing = BodyFraming::length;
        append_length(text, request.stream ? *request.stream_size : request.body.size());
    }
    text += "\r\n";
    return framing;
}

std::string chunk_line(size_t size_bytes) { return fmt::format("{:x}\r\n", size_bytes); }

}  // namespace cumulet::net
