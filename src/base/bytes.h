// Text forms of bytes. Bytes are std::string: any content, length known.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cumulet {

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

std::string to_base64(std::string_view bytes);
/// Standard alphabet; padding required, white space refused.
std::optional<std::string> from_base64(std::string_view text);

/// Percent-encodes all but RFC 3986's unreserved characters; `keep_slash` leaves '/' as it is.
std::string percent_encode(std::string_view text, bool keep_slash = false);
/// Decodes %XX; with `plus_is_space`, '+' too. A malformed escape stays as it is.
std::string percent_decode(std::string_view text, bool plus_is_space = false);

bool valid_utf8(std::string_view text);
/// Number of Unicode code points of valid UTF-8.
size_t utf8_length(std::string_view text);
/// Number of UTF-16 code units of valid UTF-8, which is how Java, and so AWS, counts some lengths.
size_t utf16_length(std::string_view text);

bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string to_lower(std::string_view ascii);
/// Compares without telling by its duration where the first difference is.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace cumulet
