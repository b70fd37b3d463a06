#include "contracts/event_pattern_condition.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/bytes.h"
#include "contracts/event_pattern_reader.h"

namespace cumulet::contracts {
namespace {

std::string_view view(const json::value& value) {
    const auto& text = value.get_string();
    return {text.data(), text.size()};
}

bool plain_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

/// The lower-case form of a letter of two UTF-8 bytes, as its code point.
uint32_t fold_point(uint32_t point) {
    if (point >= 0xC0 && point <= 0xDE && point != 0xD7) return point + 32;
    if ((point >= 0x100 && point <= 0x137) || (point >= 0x14A && point <= 0x177)) return point | 1;
    if ((point >= 0x139 && point <= 0x148) || (point >= 0x179 && point <= 0x17E)) return point + point % 2;
    if (point >= 0x391 && point <= 0x3A9) return point + 32;
    if (point >= 0x410 && point <= 0x42F) return point + 32;
    if (point >= 0x400 && point <= 0x40F) return point + 80;
    return point;
}

std::optional<double> number_of(const json::value& value) {
    if (!value.is_number()) return {};
    return value.to_number<double>();
}

/// Linear in the text, whatever both are.
size_t find_piece(std::string_view text, std::string_view piece, size_t from) {
    if (piece.empty()) return from;
    const auto* found = memmem(text.data() + from, text.size() - from, piece.data(), piece.size());
    return found ? static_cast<const char*>(found) - text.data() : text.npos;
}

bool wildcard_matches(const std::vector<std::string>& pieces, std::string_view text) {
    if (pieces.size() == 1) return text == pieces.front();
    const auto& first = pieces.front();
    const auto& last = pieces.back();
    if (text.size() < first.size() + last.size() || !text.starts_with(first) || !text.ends_with(last)) return false;
    const auto inner = text.substr(0, text.size() - last.size());
    size_t at = first.size();
    for (size_t i = 1; i + 1 < pieces.size(); ++i) {
        const auto found = find_piece(inner, pieces[i], at);
        if (found == inner.npos) return false;
        at = found + pieces[i].size();
    }
    return true;
}

bool same_value(const Test& test, const json::value& scalar) {
    if (test.exact == scalar) return true;
    const auto number = number_of(scalar);
    if (!number || !test.exact.is_number()) return false;
    const auto wanted = test.exact.to_number<double>();
    const auto comparable = comparable_number(*number);
    return *number == wanted || (comparable && comparable == comparable_number(wanted));
}

bool in_numeric_range(const Test& test, const json::value& scalar) {
    const auto number = number_of(scalar);
    const auto value = number ? comparable_number(*number) : std::nullopt;
    if (!value) return false;
    return (test.open_bottom ? *value > test.bottom : *value >= test.bottom) &&
           (test.open_ceiling ? *value < test.ceiling : *value <= test.ceiling);
}

bool in_address_range(const Test& test, std::string_view text) {
    const auto address = address_bytes(text);
    return address && address->size() == test.text.size() && *address >= test.text && *address <= test.top;
}

/// True for a text that is made of an address's characters, whether or not it is one.
bool looks_like_address(std::string_view text) {
    const bool v4 = text.contains('.') && text.find_first_not_of("0123456789.") == text.npos;
    const bool v6 = text.contains(':') && text.find_first_not_of("0123456789abcdefABCDEF:") == text.npos;
    return v4 || v6;
}

}  // namespace

std::optional<int64_t> comparable_number(double number) {
    constexpr double most = 5e9;
    if (!(number >= -most && number <= most)) return {};
    return static_cast<int64_t>(1e6 * (most + number));
}

std::optional<std::string> address_bytes(std::string_view text) {
    // Longer texts are no address; inet_pton wants a terminated one.
    if (text.size() > 45 || !looks_like_address(text)) return {};
    const std::string terminated(text);
    char bytes[16];
    if (inet_pton(AF_INET, terminated.c_str(), bytes) == 1) return std::string(bytes, 4);
    if (inet_pton(AF_INET6, terminated.c_str(), bytes) == 1) return std::string(bytes, 16);
    return {};
}

std::string fold_case(std::string_view text) {
    std::string folded = to_lower(text);
    if (plain_ascii(text)) return folded;
    for (size_t i = 0; i + 1 < folded.size(); ++i) {
        const auto lead = static_cast<uint8_t>(folded[i]);
        const auto next = static_cast<uint8_t>(folded[i + 1]);
        if ((lead & 0xE0) != 0xC0 || (next & 0xC0) != 0x80) continue;
        const auto point = fold_point((lead & 0x1Fu) << 6 | (next & 0x3Fu));
        folded[i] = static_cast<char>(0xC0 | point >> 6);
        folded[i + 1] = static_cast<char>(0x80 | (point & 0x3F));
        ++i;
    }
    return folded;
}

bool Test::passes(const json::value& scalar) const {
    switch (kind) {
        case Kind::present: return true;
        case Kind::number:
        case Kind::literal: return same_value(*this, scalar);
        case Kind::numeric_range: return in_numeric_range(*this, scalar);
        default: break;
    }
    if (!scalar.is_string()) return false;
    const auto value = view(scalar);
    switch (kind) {
        case Kind::string: return value == text;
        case Kind::address: return address_bytes(value) == text;
        case Kind::prefix: return value.starts_with(text);
        case Kind::suffix: return value.ends_with(text);
        case Kind::equal_ignoring_case: return fold_case(value) == text;
        case Kind::prefix_ignoring_case: return fold_case(value).starts_with(text);
        case Kind::suffix_ignoring_case: return fold_case(value).ends_with(text);
        case Kind::address_range: return in_address_range(*this, value);
        case Kind::wildcard: return wildcard_matches(pieces, value);
        default: return false;
    }
}

bool Condition::matches(const json::value& scalar) const {
    return std::ranges::any_of(tests, [&](const Test& test) { return test.passes(scalar); }) != anything_but;
}

bool FieldConditions::matches(const json::value& scalar) const {
    return std::ranges::any_of(any_of, [&](const Condition& condition) { return condition.matches(scalar); });
}

Test address_range(std::string_view cidr) {
    const auto slash = cidr.find('/');
    if (slash == cidr.npos || cidr.find('/', slash + 1) != cidr.npos || slash + 1 == cidr.size())
        throw PatternFault{"Malformed CIDR, one '/' required"};
    const auto mask = cidr.substr(slash + 1);
    int bits = 0;
    if (const auto [end, error] = std::from_chars(mask.begin(), mask.end(), bits);
        error != std::errc() || end != mask.end())
        throw PatternFault{"Malformed CIDR, mask bits must be an integer"};
    if (bits < 0) throw PatternFault{"Malformed CIDR, mask bits must not be negative"};

    const auto address = cidr.substr(0, slash);
    const auto bytes = address_bytes(address);
    if (!bytes) {
        throw PatternFault{(looks_like_address(address) ? "Invalid IP address: " : "Nonstandard IP address: ") +
                           std::string(address)};
    }
    if (bytes->size() == 4 && bits > 31) throw PatternFault{"IPv4 mask bits must be < 32"};
    if (bytes->size() == 16 && bits > 127) throw PatternFault{"IPv6 mask bits must be < 128"};

    Test test{.kind = Test::Kind::address_range, .text = *bytes, .top = *bytes};
    for (size_t i = 0; i < bytes->size(); ++i) {
        const int fixed = std::clamp(bits - static_cast<int>(i) * 8, 0, 8);
        test.top[i] = static_cast<char>(static_cast<uint8_t>(test.top[i]) | 0xFF >> fixed);
    }
    return test;
}

Test wildcard(std::string_view text) {
    Test test{.kind = Test::Kind::wildcard, .pieces = {""}};
    // AWS counts places from the quote before the text.
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '*') {
            if (text.substr(i + 1).starts_with('*'))
                throw PatternFault{"Consecutive wildcard characters at pos " + std::to_string(i + 1)};
            test.pieces.emplace_back();
        } else if (text[i] == '\\') {
            if (i + 1 == text.size() || (text[i + 1] != '*' && text[i + 1] != '\\'))
                throw PatternFault{"Invalid escape character at pos " + std::to_string(i + 1)};
            test.pieces.back() += text[++i];
        } else {
            test.pieces.back() += text[i];
        }
    }
    return test;
}

}  // namespace cumulet::contracts
