#include "services/s3/conditions.h"

#include <charconv>

#include "base/text.h"
#include "services/s3/errors.h"

namespace cumulet::s3 {
namespace {

std::optional<uint64_t> parse_number(std::string_view text) {
    uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Detailed<> not_modified(const Object& object) {
    return error("NotModified", "Not Modified", 304,
                 {.etag_field = quote_etag(object.etag), .last_modified_field = format_http_date(object.modified)});
}

struct Ends {
    std::optional<uint64_t> first;
    std::optional<uint64_t> last;
};

/// The two numbers of "bytes=first-last"; nothing if it is something else.
std::optional<Ends> parse_ends(std::string_view field) {
    field = trimmed(field, " ");
    if (!field.starts_with("bytes=") || field.find(',') != field.npos) return std::nullopt;
    field.remove_prefix(6);
    const auto dash = field.find('-');
    if (dash == field.npos) return std::nullopt;
    const auto before = trimmed(field.substr(0, dash), " "), after = trimmed(field.substr(dash + 1), " ");
    const Ends ends{parse_number(before), parse_number(after)};
    const bool readable = (before.empty() || ends.first) && (after.empty() || ends.last);
    if (!readable || (!ends.first && !ends.last)) return std::nullopt;
    if (ends.first && ends.last && *ends.first > *ends.last) return std::nullopt;
    return ends;
}

}  // namespace

bool names_etag(std::string_view field, std::string_view etag) {
    while (!field.empty()) {
        const auto comma = std::min(field.find(','), field.size());
        auto element = trimmed(field.substr(0, comma), " ");
        if (element.starts_with("W/")) element.remove_prefix(2);
        if (element.size() >= 2 && element.front() == '"' && element.back() == '"') {
            element = element.substr(1, element.size() - 2);
        }
        if (element == "*" || element == etag) return true;
        field.remove_prefix(std::min(comma + 1, field.size()));
    }
    return false;
}

void check_conditions(const Conditions& conditions, const Object& object) {
    if (conditions.match) {
        if (!names_etag(*conditions.match, object.etag)) throw precondition_failed("If-Match");
    } else if (conditions.unmodified_since && object.modified > *conditions.unmodified_since) {
        throw precondition_failed("If-Unmodified-Since");
    }
    if (conditions.none_match) {
        if (names_etag(*conditions.none_match, object.etag)) throw not_modified(object);
    } else if (conditions.modified_since && object.modified <= *conditions.modified_since) {
        throw not_modified(object);
    }
}

void check_copy_conditions(const Conditions& conditions, const Object& source) {
    try {
        check_conditions(conditions, source);
    } catch (const Detailed<>& failure) {
        if (failure.code == "NotModified") {
            throw precondition_failed(conditions.none_match ? "x-amz-copy-source-If-None-Match"
                                                            : "x-amz-copy-source-If-Modified-Since");
        }
        throw precondition_failed("x-amz-copy-source-" + failure.details.Condition.value_or(""));
    }
}

void check_write_conditions(const std::optional<std::string>& match, const std::optional<std::string>& none_match,
                            const std::string& key, const std::optional<Object>& existing) {
    if (none_match) {
        if (*none_match != "*") {
            throw error("NotImplemented", "A header you provided implies functionality that is not implemented", 501,
                        {.Header = "If-None-Match"});
        }
        if (existing) throw precondition_failed("If-None-Match");
    }
    if (match) {
        if (!existing) throw no_such_key(key);
        if (!names_etag(*match, existing->etag)) throw precondition_failed("If-Match");
    }
}

std::optional<Slice> parse_range(std::string_view field, uint64_t size_bytes) {
    const auto ends = parse_ends(field);
    if (!ends) return std::nullopt;
    const auto none = [&] {
        return error("InvalidRange", "The requested range is not satisfiable", 416,
                     {.RangeRequested = std::string(field), .ActualObjectSize = std::to_string(size_bytes)});
    };
    if (!ends->first) {
        const uint64_t length = std::min(*ends->last, size_bytes);
        if (length == 0) throw none();
        return Slice{size_bytes - length, length};
    }
    if (*ends->first >= size_bytes) throw none();
    const uint64_t last = std::min(ends->last.value_or(size_bytes - 1), size_bytes - 1);
    return Slice{*ends->first, last - *ends->first + 1};
}

Slice parse_copy_range(std::string_view field, uint64_t size_bytes) {
    const auto ends = parse_ends(field);
    if (!ends || !ends->first || !ends->last) {
        throw invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last "
            "are the zero-based offsets of the first and last bytes to copy",
            "x-amz-copy-source-range", std::string(field));
    }
    if (*ends->last >= size_bytes) {
        throw invalid_argument(fmt::format("Range specified is not valid for source object of size: {}", size_bytes),
                               "x-amz-copy-source-range", std::string(field));
    }
    return Slice{*ends->first, *ends->last - *ends->first + 1};
}

std::string content_range(Slice slice, uint64_t size_bytes) {
    return fmt::format("bytes {}-{}/{}", slice.offset, slice.offset + slice.length - 1, size_bytes);
}

}  // namespace cumulet::s3
