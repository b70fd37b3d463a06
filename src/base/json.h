// JSON values (Boost.JSON), for documents whose shape is not a contract's.
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <string>
#include <string_view>

namespace cumulet {

namespace json = boost::json;

/// Parses a whole text; nested deeper than `max_depth` is an error. The error is a sentence.
std::expected<json::value, std::string> parse_json(std::string_view text, size_t max_depth = 128);

/// The member `key` of `object` where it is a string, otherwise `fallback`.
std::string_view string_or(const json::object& object, std::string_view key, std::string_view fallback = "");
/// The member `key` of `object`, or nullptr.
const json::value* find(const json::value& object, std::string_view key);

/// Appends `text` as a JSON string, quoted and escaped.
void append_json_string(std::string& out, std::string_view text);

}  // namespace cumulet
