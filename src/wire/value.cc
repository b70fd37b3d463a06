#include "wire/value.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/bytes.h"
#include "base/text.h"

namespace cumulet::wire {
namespace {

template <typename T>
std::optional<T> parse_integer(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

constexpr std::string_view blanks = " \t\r\n";

[[noreturn]] void refuse(std::string_view text, std::string_view type) {
    // Unverified: the wording for scalars outside JSON.
    throw serialization_error(fmt::format("'{}' can not be converted to {}", text.substr(0, 256), type));
}

}  // namespace

std::string Path::text() const {
    std::string out = parent ? parent->text() : "";
    if (!parent) return out;
    if (!out.empty()) out += '.';
    if (name.empty() && !is_key) return out + std::to_string(index + 1) + ".member";
    const size_t start = out.size();
    out += name;
    if (is_key) return out + ".member";
    if (out[start] >= 'A' && out[start] <= 'Z') out[start] = char(out[start] + 32);
    return out;
}

void require_members(const Shape& shape, const Seen& seen, const Path& path, Violations& violations) {
    for (size_t i = 0; i < shape.members.size() && i < seen.size(); ++i) {
        const auto& member = shape.members[i];
        if (!member.required || seen.test(i) || is_stream(*member.shape)) continue;
        if (violations.size() >= max_violations) return;
        violations.push_back({path.member(member).text(), "null", "Member must not be null"});
    }
}

aws::Error serialization_error(std::string message) { return aws::Error("SerializationException", std::move(message)); }

TimestampFormat format_of(const Member* member, const Shape& shape, TimestampFormat otherwise) {
    if (member && member->timestamp != TimestampFormat::unset) return member->timestamp;
    return shape.timestamp != TimestampFormat::unset ? shape.timestamp : otherwise;
}

std::optional<Time> parse_timestamp(std::string_view text, TimestampFormat format) {
    const auto epoch = [&]() -> std::optional<Time> {
        const auto seconds = parse_double(text);
        if (!seconds || !std::isfinite(*seconds)) return std::nullopt;
        return from_epoch_seconds(*seconds);
    };
    std::optional<Time> time;
    if (format == TimestampFormat::http_date) time = parse_http_date(text);
    if (!time) time = parse_iso8601(text);
    if (!time) time = epoch();
    if (!time) time = parse_http_date(text);
    if (!time) time = parse_basic(text);
    return time;
}

std::string print_timestamp(Time time, TimestampFormat format) {
    switch (format) {
        case TimestampFormat::http_date: return format_http_date(time);
        case TimestampFormat::epoch_seconds: {
            std::string out;
            append_epoch(out, time);
            return out;
        }
        default: return format_iso8601(time);
    }
}

void append_epoch(std::string& out, Time time) {
    int64_t millis = epoch_millis(time);
    if (millis < 0) {
        out += '-';
        millis = -millis;
    }
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, millis / 1000).ptr;
    out.append(text, end);
    if (const int rest = int(millis % 1000)) {
        out += '.';
        out += char('0' + rest / 100);
        if (rest % 100) out += char('0' + rest / 10 % 10);
        if (rest % 10) out += char('0' + rest % 10);
    }
}

void append_double(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "NaN";
    } else if (std::isinf(value)) {
        out += value < 0 ? "-Infinity" : "Infinity";
    } else {
        char text[32];
        const auto end = std::to_chars(text, text + sizeof text, value).ptr;
        out.append(text, end);
    }
}

std::optional<double> parse_double(std::string_view text) {
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "Infinity") return std::numeric_limits<double>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
    if (text.starts_with('+')) text.remove_prefix(1);
    double value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

void read_scalar(const Shape& shape, TimestampFormat timestamp, std::string_view text, void* target) {
    switch (shape.kind) {
        case Kind::boolean:
            text = trimmed(text, blanks);
            if (!equal_ignoring_case(text, "true") && !equal_ignoring_case(text, "false")) refuse(text, "a Boolean");
            as<bool>(target) = text.size() == 4;
            return;
        case Kind::integer:
        case Kind::long_:
            if (const auto value = parse_integer<int64_t>(trimmed(text, blanks)))
                return set_integer(shape, *value, target);
            refuse(text, shape.kind == Kind::integer ? "an Integer" : "a Long");
        case Kind::float_:
        case Kind::double_:
            if (const auto value = parse_double(trimmed(text, blanks))) {
                as<double>(target) = *value;
                return;
            }
            refuse(text, shape.kind == Kind::float_ ? "a Float" : "a Double");
        case Kind::string:
            if (!valid_utf8(text)) throw serialization_error("The text is not valid UTF-8");
            as<std::string>(target) = text;
            return;
        case Kind::blob:
            if (auto bytes = from_base64(trimmed(text, blanks))) {
                as<std::string>(target) = std::move(*bytes);
                return;
            }
            refuse(text, "a Blob");
        case Kind::timestamp:
            if (const auto time = parse_timestamp(trimmed(text, blanks), timestamp)) {
                as<Time>(target) = *time;
                return;
            }
            refuse(text, "a Timestamp");
        default: refuse(text, shape.name);
    }
}

void append_scalar(std::string& out, const Shape& shape, TimestampFormat timestamp, const void* value) {
    char text[32];
    switch (shape.kind) {
        case Kind::boolean: out += as<bool>(value) ? "true" : "false"; break;
        case Kind::integer: out.append(text, std::to_chars(text, text + sizeof text, as<int32_t>(value)).ptr); break;
        case Kind::long_: out.append(text, std::to_chars(text, text + sizeof text, as<int64_t>(value)).ptr); break;
        case Kind::float_:
        case Kind::double_: append_double(out, as<double>(value)); break;
        case Kind::string: out += as<std::string>(value); break;
        case Kind::blob: out += to_base64(as<std::string>(value)); break;
        case Kind::timestamp: out += print_timestamp(as<Time>(value), timestamp); break;
        default: break;
    }
}

void set_integer(const Shape& shape, int64_t value, void* target) {
    if (shape.kind == Kind::long_) {
        as<int64_t>(target) = value;
        return;
    }
    if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max()) {
        // Unverified: the wording for a number that Java's int cannot hold.
        throw serialization_error("NUMBER_VALUE cannot be converted to Integer");
    }
    as<int32_t>(target) = int32_t(value);
}

void set_integer(const Shape& shape, double value, void* target) {
    // AWS drops the fraction (DynamoDB takes a Limit of 5.5 for 5).
    if (!(value > -9.2e18 && value < 9.2e18)) {
        throw serialization_error(
            fmt::format("NUMBER_VALUE cannot be converted to {}", shape.kind == Kind::integer ? "Integer" : "Long"));
    }
    set_integer(shape, int64_t(value), target);
}

}  // namespace cumulet::wire
