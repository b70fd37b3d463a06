#include "wire/json_writer.h"

#include <cmath>

#include "base/bytes.h"
#include "base/json.h"

namespace cumulet::wire {
namespace {

void append_member(std::string& out, const Member& member, const void* value, JsonNames names) {
    append_json(out, *member.shape, value, names, format_of(&member, *member.shape, TimestampFormat::epoch_seconds));
}

void append_list(std::string& out, const Shape& shape, const void* list, JsonNames names) {
    out += '[';
    const auto format = format_of(nullptr, *shape.element, TimestampFormat::epoch_seconds);
    for (size_t i = 0, size = shape.ops->size(list); i < size; ++i) {
        if (i != 0) out += ',';
        append_json(out, *shape.element, shape.ops->at(list, i), names, format);
    }
    out += ']';
}

void append_map(std::string& out, const Shape& shape, const void* map, JsonNames names) {
    out += '{';
    const auto format = format_of(nullptr, *shape.element, TimestampFormat::epoch_seconds);
    bool comma = false;
    each_entry(shape, map, [&](const std::string& key, const void* value) {
        if (comma) out += ',';
        comma = true;
        append_json_string(out, key);
        out += ':';
        append_json(out, *shape.element, value, names, format);
    });
    out += '}';
}

}  // namespace

void append_json(std::string& out, const Shape& shape, const void* value, JsonNames names, TimestampFormat timestamp) {
    switch (shape.kind) {
        case Kind::string: append_json_string(out, as<std::string>(value)); break;
        case Kind::boolean:
        case Kind::integer:
        case Kind::long_: append_scalar(out, shape, timestamp, value); break;
        case Kind::float_:
        case Kind::double_:
            if (std::isfinite(as<double>(value))) {
                append_double(out, as<double>(value));
            } else {
                out += '"';
                append_double(out, as<double>(value));
                out += '"';
            }
            break;
        case Kind::blob:
            out += '"';
            out += to_base64(as<std::string>(value));
            out += '"';
            break;
        case Kind::timestamp:
            if (timestamp == TimestampFormat::epoch_seconds) {
                append_epoch(out, as<Time>(value));
            } else {
                out += '"';
                out += print_timestamp(as<Time>(value), timestamp);
                out += '"';
            }
            break;
        case Kind::structure:
            out += '{';
            append_json_members(out, shape, value, names);
            out += '}';
            break;
        case Kind::list: append_list(out, shape, value, names); break;
        case Kind::map: append_map(out, shape, value, names); break;
        case Kind::document: out += json::serialize(as<json::value>(value)); break;
        case Kind::native: shape.native->append_json(out, value); break;
        case Kind::body:
        case Kind::event_stream: out += "null"; break;
    }
}

bool append_json_members(std::string& out, const Shape& shape, const void* value, JsonNames names, bool comma) {
    bool any = false;
    for (const auto& member : shape.members) {
        if (!in_response_body(member) || is_stream(*member.shape)) continue;
        const void* at = value_of(member, value);
        if (!at) continue;
        if (comma || any) out += ',';
        any = true;
        out += '"';
        out += names == JsonNames::wire ? member.wire_name : member.name;
        out += "\":";
        append_member(out, member, at, names);
    }
    return any;
}

}  // namespace cumulet::wire
