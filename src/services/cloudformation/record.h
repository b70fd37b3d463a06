// Records as JSON: a struct names its fields once, in `fields`, and is written and read by that. A field that a stored
// record lacks keeps its default, so that records of an older version stay readable.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace cumulet::cloudformation::record {

struct Writer;
struct Reader;

template <typename T>
concept Record = requires(T& value, Reader& reader) { value.fields(reader); };

template <typename T>
json::value to_json(const T& value);
template <typename T>
json::value to_json(const std::vector<T>& values);
template <typename T>
json::value to_json(const std::optional<T>& value);
inline json::value to_json(const std::map<std::string, std::string>& values);

template <typename T>
void from_json(const json::value& from, T& value);
template <typename T>
void from_json(const json::value& from, std::vector<T>& values);
template <typename T>
void from_json(const json::value& from, std::optional<T>& value);
inline void from_json(const json::value& from, std::map<std::string, std::string>& values);

struct Writer {
    json::object result;
    template <typename T>
    void operator()(std::string_view name, const T& value) {
        result.emplace(name, to_json(value));
    }
};

struct Reader {
    const json::object& from;
    template <typename T>
    void operator()(std::string_view name, T& value) {
        if (const auto* found = from.if_contains(name)) from_json(*found, value);
    }
};

template <typename T>
json::value to_json(const std::vector<T>& values) {
    json::array result;
    for (const auto& value : values) result.push_back(to_json(value));
    return result;
}
template <typename T>
json::value to_json(const std::optional<T>& value) {
    return value ? to_json(*value) : json::value(nullptr);
}
inline json::value to_json(const std::map<std::string, std::string>& values) {
    json::object result;
    for (const auto& [key, value] : values) result.emplace(key, value);
    return result;
}
template <typename T>
json::value to_json(const T& value) {
    if constexpr (Record<T>) {
        Writer writer;
        const_cast<T&>(value).fields(writer);
        return std::move(writer.result);
    } else if constexpr (std::is_same_v<T, Time>) {
        return value.time_since_epoch().count();
    } else if constexpr (std::is_enum_v<T>) {
        return static_cast<int64_t>(value);
    } else if constexpr (std::is_same_v<T, std::string>) {
        return json::string(value);
    } else {
        return json::value(value);
    }
}

template <typename T>
void from_json(const json::value& from, std::vector<T>& values) {
    for (const auto& element : from.as_array()) from_json(element, values.emplace_back());
}
template <typename T>
void from_json(const json::value& from, std::optional<T>& value) {
    if (!from.is_null()) from_json(from, value.emplace());
}
inline void from_json(const json::value& from, std::map<std::string, std::string>& values) {
    for (const auto& [key, value] : from.as_object()) values[std::string(key)] = std::string(value.as_string());
}
template <typename T>
void from_json(const json::value& from, T& value) {
    if constexpr (Record<T>) {
        Reader reader{from.as_object()};
        value.fields(reader);
    } else if constexpr (std::is_same_v<T, Time>) {
        value = Time(Duration(from.as_int64()));
    } else if constexpr (std::is_enum_v<T>) {
        value = static_cast<T>(from.as_int64());
    } else if constexpr (std::is_same_v<T, std::string>) {
        value = std::string(from.as_string());
    } else if constexpr (std::is_same_v<T, bool>) {
        value = from.as_bool();
    } else if constexpr (std::is_same_v<T, json::object>) {
        value = from.as_object();
    } else if constexpr (std::is_same_v<T, json::value>) {
        value = from;
    } else {
        value = from.to_number<T>();
    }
}

template <typename T>
std::string write(const T& value) {
    return json::serialize(to_json(value));
}
/// Throws if `text` is not the record that was written.
template <typename T>
T read(std::string_view text) {
    T value;
    auto parsed = parse_json(text, 512);
    if (!parsed) throw std::runtime_error("a stored CloudFormation record is damaged: " + parsed.error());
    from_json(*parsed, value);
    return value;
}

}  // namespace cumulet::cloudformation::record
