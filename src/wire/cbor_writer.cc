#include <cmath>

#include "wire/cbor.h"

namespace cumulet::wire {
namespace {

enum Major : uint8_t { positive = 0, negative = 1, bytes = 2, text = 3, array = 4, map = 5, tag = 6 };

template <typename Word>
void append_big_endian(std::string& out, Word value) {
    for (int shift = int(sizeof value * 8) - 8; shift >= 0; shift -= 8) out += char(value >> shift & 0xFF);
}

void append_head(std::string& out, Major major, uint64_t value) {
    const auto first = uint8_t(major << 5);
    if (value < 24) {
        out += char(first | value);
    } else if (value <= 0xFF) {
        out += char(first | 24);
        append_big_endian(out, uint8_t(value));
    } else if (value <= 0xFFFF) {
        out += char(first | 25);
        append_big_endian(out, uint16_t(value));
    } else if (value <= 0xFFFFFFFF) {
        out += char(first | 26);
        append_big_endian(out, uint32_t(value));
    } else {
        out += char(first | 27);
        append_big_endian(out, value);
    }
}

void append_integer(std::string& out, int64_t value) {
    value < 0 ? append_head(out, negative, uint64_t(-(value + 1))) : append_head(out, positive, uint64_t(value));
}

void append_float(std::string& out, double value) {
    if (const auto single = float(value); std::isnan(value) || double(single) == value) {
        out += '\xFA';
        append_big_endian(out, std::bit_cast<uint32_t>(single));
    } else {
        out += '\xFB';
        append_big_endian(out, std::bit_cast<uint64_t>(value));
    }
}

/// Tag 1: seconds since 1970, to the millisecond.
void append_timestamp(std::string& out, Time time) {
    append_head(out, tag, 1);
    const int64_t millis = epoch_millis(time);
    millis % 1000 == 0 ? append_integer(out, millis / 1000) : append_float(out, double(millis) / 1000);
}

}  // namespace

void append_cbor_text(std::string& out, std::string_view value) {
    append_head(out, text, value.size());
    out += value;
}

void append_cbor(std::string& out, const Shape& shape, const void* value) {
    switch (shape.kind) {
        case Kind::boolean: out += as<bool>(value) ? '\xF5' : '\xF4'; break;
        case Kind::integer: append_integer(out, as<int32_t>(value)); break;
        case Kind::long_: append_integer(out, as<int64_t>(value)); break;
        case Kind::float_:
        case Kind::double_: append_float(out, as<double>(value)); break;
        case Kind::string: append_cbor_text(out, as<std::string>(value)); break;
        case Kind::blob:
            append_head(out, bytes, as<std::string>(value).size());
            out += as<std::string>(value);
            break;
        case Kind::timestamp: append_timestamp(out, as<Time>(value)); break;
        case Kind::structure:
            out += cbor_map_begin;
            append_cbor_members(out, shape, value);
            out += cbor_break;
            break;
        case Kind::list: {
            const size_t size = shape.ops->size(value);
            append_head(out, array, size);
            for (size_t i = 0; i < size; ++i) append_cbor(out, *shape.element, shape.ops->at(value, i));
            break;
        }
        case Kind::map:
            append_head(out, map, shape.ops->size(value));
            each_entry(shape, value, [&](const std::string& key, const void* element) {
                append_cbor_text(out, key);
                append_cbor(out, *shape.element, element);
            });
            break;
        default: out += '\xF6';  // null: no contract of this protocol has documents or streams inside a message
    }
}

void append_cbor_members(std::string& out, const Shape& shape, const void* value) {
    for (const auto& member : shape.members) {
        const void* at = is_stream(*member.shape) ? nullptr : value_of(member, value);
        if (!at) continue;
        append_cbor_text(out, member.name);
        append_cbor(out, *member.shape, at);
    }
}

}  // namespace cumulet::wire
