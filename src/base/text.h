// Small changes of ASCII text.
#pragma once

#include <string>
#include <string_view>

namespace cumulet {

/// What is left of `text` without the characters of `blanks` around it.
inline std::string_view trimmed(std::string_view text, std::string_view blanks = " \t") {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return "";
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

inline std::string to_upper(std::string_view ascii) {
    std::string out(ascii);
    for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return out;
}

}  // namespace cumulet
