#include "wire/rest.h"

#include "base/bytes.h"
#include "base/text.h"

namespace cumulet::wire {
namespace {

/// The elements of a header's list: comma-separated, quoted where they hold a comma or a quote.
std::vector<std::string> split_list(std::string_view text, bool dates) {
    std::vector<std::string> elements;
    text = trimmed(text);
    while (!text.empty()) {
        std::string element;
        if (text.front() == '"') {
            size_t i = 1;
            for (; i < text.size() && text[i] != '"'; ++i) {
                if (text[i] == '\\' && i + 1 < text.size()) ++i;
                element += text[i];
            }
            text.remove_prefix(std::min(i + 1, text.size()));
            text.remove_prefix(std::min(text.find(','), text.size()));
        } else {
            auto comma = text.find(',');
            if (dates && comma != text.npos) comma = text.find(',', comma + 1);  // "Mon, 16 Dec 2019 …"
            element = trimmed(text.substr(0, comma));
            text.remove_prefix(std::min(comma, text.size()));
        }
        elements.push_back(std::move(element));
        if (!text.empty()) text = trimmed(text.substr(1));
    }
    return elements;
}

void append_list_element(std::string& out, std::string_view element) {
    if (!out.empty()) out += ", ";
    if (element.find_first_of(",\"") == element.npos) {
        out += element;
        return;
    }
    out += '"';
    for (const char c : element) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

class Binder {
  public:
    explicit Binder(Incoming& in) : in_(in), shape_(*in.operation.input) {}

    void read() {
        for (const auto& member : shape_.members) {
            switch (member.location) {
                case Location::uri: label(member); break;
                case Location::query: query(member); break;
                case Location::header: header(member); break;
                case Location::headers: headers(member); break;
                default: break;
            }
        }
    }

  private:
    void* place(const Member& member) {
        see(in_.seen, shape_, member);
        return place_of(member, in_.input);
    }

    void label(const Member& member) {
        for (const auto& label : in_.labels) {
            if (label.name != member.wire_name) continue;
            const auto format = format_of(&member, *member.shape, TimestampFormat::iso8601);
            read_scalar(*member.shape, format, label.value, place(member));
        }
    }

    void query(const Member& member) {
        if (!parsed_) {
            parameters_ = http::parse_query(in_.request.query);
            parsed_ = true;
        }
        const auto& shape = *member.shape;
        if (shape.kind == Kind::map) return query_map(member);
        void* list = nullptr;
        for (const auto& parameter : parameters_) {
            if (parameter.name != member.wire_name) continue;
            if (shape.kind == Kind::list) {
                if (!list) list = place(member);
                const auto format = format_of(nullptr, *shape.element, TimestampFormat::iso8601);
                read_scalar(*shape.element, format, parameter.value, shape.ops->append(list));
            } else {
                const auto format = format_of(&member, shape, TimestampFormat::iso8601);
                return read_scalar(shape, format, parameter.value, place(member));
            }
        }
    }

    /// A map member takes every parameter, those with a member of their own included.
    void query_map(const Member& member) {
        void* map = nullptr;
        const auto& element = *member.shape->element;
        for (const auto& parameter : parameters_) {
            if (!map) map = place(member);
            void* value = member.shape->ops->insert(map, parameter.name);
            if (element.kind == Kind::list) {
                read_scalar(*element.element, TimestampFormat::iso8601, parameter.value, element.ops->append(value));
            } else {
                read_scalar(element, TimestampFormat::iso8601, parameter.value, value);
            }
        }
    }

    void header(const Member& member) {
        const auto& shape = *member.shape;
        const auto* value = in_.request.headers.find(member.wire_name);
        if (!value) return;
        if (shape.kind == Kind::list) {
            void* list = place(member);
            const auto format = format_of(nullptr, *shape.element, TimestampFormat::http_date);
            const bool dates = shape.element->kind == Kind::timestamp && format == TimestampFormat::http_date;
            for (const auto& field : in_.request.headers.all(member.wire_name)) {
                for (const auto& element : split_list(field, dates)) {
                    read_scalar(*shape.element, format, element, shape.ops->append(list));
                }
            }
        } else if (member.json_text) {
            auto text = from_base64(*value);
            if (!text) throw serialization_error(fmt::format("The header {} is not Base64", member.wire_name));
            as<std::string>(place(member)) = std::move(*text);
        } else {
            read_scalar(shape, format_of(&member, shape, TimestampFormat::http_date), *value, place(member));
        }
    }

    void headers(const Member& member) {
        void* map = nullptr;
        const auto prefix = to_lower(member.wire_name);
        for (const auto& field : in_.request.headers) {
            const auto name = to_lower(field.name);
            if (!name.starts_with(prefix) || name.size() == prefix.size()) continue;
            if (!map) map = place(member);
            as<std::string>(member.shape->ops->insert(map, name.substr(prefix.size()))) = field.value;
        }
    }

    Incoming& in_;
    const Shape& shape_;
    bool parsed_ = false;
    std::vector<http::Parameter> parameters_;
};

std::string header_text(const Member& member, const void* value) {
    const auto& shape = *member.shape;
    std::string text;
    if (shape.kind == Kind::list) {
        const auto format = format_of(nullptr, *shape.element, TimestampFormat::http_date);
        const bool dates = shape.element->kind == Kind::timestamp;
        for (size_t i = 0, size = shape.ops->size(value); i < size; ++i) {
            std::string element;
            append_scalar(element, *shape.element, format, shape.ops->at(value, i));
            if (dates) {
                text += (text.empty() ? "" : ", ") + element;
            } else {
                append_list_element(text, element);
            }
        }
    } else if (member.json_text) {
        text = to_base64(as<std::string>(value));
    } else {
        append_scalar(text, shape, format_of(&member, shape, TimestampFormat::http_date), value);
    }
    // A value that would end the header field is cut there.
    if (const auto end = text.find_first_of(std::string_view("\r\n\0", 3)); end != text.npos) text.resize(end);
    return text;
}

}  // namespace

void read_bindings(Incoming& in) { Binder(in).read(); }

void write_bindings(const Shape& shape, const void* value, http::Response& response) {
    for (const auto& member : shape.members) {
        if (in_response_body(member)) continue;
        const void* at = value_of(member, value);
        if (!at) continue;
        if (member.location == Location::header) {
            std::string text = header_text(member, at);
            if (text.empty() && member.shape->kind == Kind::list) continue;
            response.headers.set(member.wire_name, std::move(text));
        } else if (member.location == Location::headers) {
            each_entry(*member.shape, at, [&](const std::string& key, const void* entry) {
                response.headers.set(fmt::format("{}{}", member.wire_name, key), as<std::string>(entry));
            });
        } else if (member.location == Location::status && as<int32_t>(at) >= 100 && as<int32_t>(at) <= 999) {
            response.status = as<int32_t>(at);
        }
    }
}

bool has_body_members(const Shape& shape) {
    return std::ranges::any_of(shape.members, [](const Member& member) { return member.location == Location::body; });
}
bool has_response_body(const Shape& shape) { return std::ranges::any_of(shape.members, in_response_body); }

bool read_raw_payload(Incoming& in, const Member& payload) {
    auto& request = in.request;
    switch (payload.shape->kind) {
        case Kind::body:
        case Kind::event_stream:
            as<std::shared_ptr<ByteStream>>(place_of(payload, in.input)) =
                request.stream ? std::move(request.stream) : stream_of(std::move(request.body));
            see(in.seen, *in.operation.input, payload);
            return true;
        case Kind::blob:
        case Kind::string:
            if (request.body.empty()) return true;
            if (payload.shape->kind == Kind::string && !valid_utf8(request.body)) {
                throw serialization_error("The body is not valid UTF-8");
            }
            as<std::string>(place_of(payload, in.input)) = std::move(request.body);
            see(in.seen, *in.operation.input, payload);
            return true;
        default: return false;
    }
}

bool write_raw_payload(const Member& payload, const void* value, http::Response& response) {
    switch (payload.shape->kind) {
        case Kind::body:
        case Kind::event_stream: response.stream = as<std::shared_ptr<ByteStream>>(value); break;
        case Kind::blob:
        case Kind::string: response.body = as<std::string>(value); break;
        default: return false;
    }
    if (!response.headers.has("Content-Type")) {
        const auto kind = payload.shape->kind;
        response.headers.add("Content-Type", kind == Kind::string         ? "text/plain"
                                             : kind == Kind::event_stream ? "application/vnd.amazon.eventstream"
                                                                          : "application/octet-stream");
    }
    // Whoever sets a Content-Length knows how long the stream is; net writes the field itself.
    if (response.stream && response.headers.has("Content-Length")) {
        response.stream_size = std::strtoull(std::string(response.headers.get("Content-Length")).c_str(), nullptr, 10);
    }
    response.headers.erase("Content-Length");
    return true;
}

}  // namespace cumulet::wire
