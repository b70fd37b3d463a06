#include "base/http.h"

#include "base/bytes.h"

namespace cumulet::http {

const std::string* Headers::find(std::string_view name) const {
    for (const auto& field : fields_) {
        if (equal_ignoring_case(field.name, name)) return &field.value;
    }
    return nullptr;
}

std::string_view Headers::get(std::string_view name) const {
    const auto* value = find(name);
    return value ? std::string_view{*value} : std::string_view{};
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& field : fields_) {
        if (equal_ignoring_case(field.name, name)) values.push_back(field.value);
    }
    return values;
}

void Headers::add(std::string name, std::string value) { fields_.push_back({std::move(name), std::move(value)}); }

void Headers::set(std::string_view name, std::string value) {
    for (auto field = fields_.begin(); field != fields_.end(); ++field) {
        if (!equal_ignoring_case(field->name, name)) continue;
        field->value = std::move(value);
        fields_.erase(std::remove_if(field + 1, fields_.end(),
                                     [&](const Header& other) { return equal_ignoring_case(other.name, name); }),
                      fields_.end());
        return;
    }
    fields_.push_back({std::string(name), std::move(value)});
}

void Headers::erase(std::string_view name) {
    std::erase_if(fields_, [&](const Header& field) { return equal_ignoring_case(field.name, name); });
}

void Request::set_target(std::string new_target) {
    target = std::move(new_target);
    const auto mark = target.find('?');
    path = target.substr(0, mark);
    query = mark == target.npos ? "" : target.substr(mark + 1);
}

std::vector<Parameter> parse_query(std::string_view query) {
    std::vector<Parameter> parameters;
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto piece = query.substr(0, end);
        query.remove_prefix(end == query.npos ? query.size() : end + 1);
        if (piece.empty()) continue;
        const auto equals = piece.find('=');
        parameters.push_back({percent_decode(piece.substr(0, equals), true),
                              equals == piece.npos ? "" : percent_decode(piece.substr(equals + 1), true)});
    }
    return parameters;
}

std::string_view reason(int status) {
    switch (status) {
        case 100: return "Continue";
        case 101: return "Switching Protocols";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 203: return "Non-Authoritative Information";
        case 204: return "No Content";
        case 205: return "Reset Content";
        case 206: return "Partial Content";
        case 207: return "Multi-Status";
        case 300: return "Multiple Choices";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 402: return "Payment Required";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 407: return "Proxy Authentication Required";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 418: return "I'm a teapot";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 423: return "Locked";
        case 424: return "Failed Dependency";
        case 425: return "Too Early";
        case 426: return "Upgrade Required";
        case 428: return "Precondition Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 451: return "Unavailable For Legal Reasons";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        case 507: return "Insufficient Storage";
        case 511: return "Network Authentication Required";
        default: return "";
    }
}

}  // namespace cumulet::http
