// The conditions that a pattern puts on one field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace cumulet::contracts {

/// A number as patterns compare it: between -5e9 and 5e9, with six digits after the point. Nothing beyond.
std::optional<int64_t> comparable_number(double number);

/// The bytes of an IPv4 or IPv6 address, nothing for any other text.
std::optional<std::string> address_bytes(std::string_view text);

/// Folds upper case to lower case: ASCII, Latin, Greek and Cyrillic letters.
std::string fold_case(std::string_view text);

/// Something that one scalar value of an event fulfils, or not.
struct Test {
    enum class Kind {
        present,  ///< any value
        string,
        address,  ///< a string that is an address, however it is written
        number,
        literal,  ///< true, false, null
        prefix,
        suffix,
        equal_ignoring_case,
        prefix_ignoring_case,
        suffix_ignoring_case,
        numeric_range,
        address_range,
        wildcard,
    };
    Kind kind;
    std::string text;    ///< what is compared; folded where case is ignored; bytes of an address or a range's bottom
    std::string top;     ///< the last address of a range
    json::value exact;   ///< a number or literal
    int64_t bottom = 0;  ///< comparable numbers, with six digits after the point
    int64_t ceiling = 0;
    bool open_bottom = false;
    bool open_ceiling = false;
    std::vector<std::string> pieces;  ///< of a wildcard: what stands between the asterisks

    bool passes(const json::value& scalar) const;
};

/// One entry of a field's array: any of its tests, or with anything-but none of them.
struct Condition {
    std::vector<Test> tests;
    bool anything_but = false;

    bool matches(const json::value& scalar) const;
};

/// A field's array: any of its conditions, or that no value is there.
struct FieldConditions {
    std::vector<Condition> any_of;
    bool or_absent = false;

    bool matches(const json::value& scalar) const;
};

/// The range of addresses of "10.0.0.0/8" or "2001:db8::/32". Throws PatternFault in AWS's words.
Test address_range(std::string_view cidr);

/// Throws PatternFault in AWS's words for "**" and for a backslash before anything but '*' and '\'.
Test wildcard(std::string_view text);

}  // namespace cumulet::contracts
