#include "base/bytes.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace cumulet {
namespace {

constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> base64_values = [] {
    std::array<int8_t, 256> values{};
    values.fill(-1);
    for (int i = 0; i < 64; ++i) values[static_cast<uint8_t>(base64_alphabet[i])] = int8_t(i);
    return values;
}();

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

constexpr bool unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; }

/// Length in bytes of the UTF-8 sequence at the front of `text`, 0 if it is malformed.
size_t sequence_length(std::string_view text) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
    const auto continues = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
    const uint8_t first = byte(0);
    if (first < 0x80) return 1;
    if (first < 0xC2) return 0;
    if (first < 0xE0) return continues(1) ? 2 : 0;
    if (first < 0xF0) {
        if (!continues(1) || !continues(2)) return 0;
        if (first == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
        if (first == 0xED && byte(1) >= 0xA0) return 0;  // a surrogate
        return 3;
    }
    if (first > 0xF4 || !continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) >= 0x90) return 0;  // past U+10FFFF
    return 4;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(bytes.size() * 2, '\0');
    for (size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<uint8_t>(bytes[i]);
        text[2 * i] = digits[byte >> 4];
        text[2 * i + 1] = digits[byte & 15];
    }
    return text;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes(text.size() / 2, '\0');
    for (size_t i = 0; i < bytes.size(); ++i) {
        const int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes[i] = char(high << 4 | low);
    }
    return bytes;
}

std::string to_base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4, '=');
    size_t out = 0;
    for (size_t i = 0; i < bytes.size(); i += 3) {
        const size_t count = std::min<size_t>(3, bytes.size() - i);
        uint32_t group = 0;
        for (size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? static_cast<uint8_t>(bytes[i + j]) : 0);
        for (size_t j = 0; j <= count; ++j) text[out + j] = base64_alphabet[group >> (18 - 6 * j) & 63];
        out += 4;
    }
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    if (text.empty()) return std::string{};
    const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    const size_t significant = text.size() - padding;
    uint32_t group = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        const int value = i < significant ? base64_values[static_cast<uint8_t>(text[i])] : 0;
        if (value < 0) return std::nullopt;
        group = group << 6 | uint32_t(value);
        if (i % 4 == 3) {
            bytes += char(group >> 16);
            bytes += char(group >> 8);
            bytes += char(group);
            group = 0;
        }
    }
    bytes.resize(bytes.size() - padding);
    return bytes;
}

std::string percent_encode(std::string_view text, bool keep_slash) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size() + 16);
    for (const char c : text) {
        if (unreserved(c) || (keep_slash && c == '/')) {
            out += c;
        } else {
            const auto byte = static_cast<uint8_t>(c);
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
            if (high >= 0 && low >= 0) {
                out += char(high << 4 | low);
                i += 2;
                continue;
            }
        }
        out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
    return out;
}

bool valid_utf8(std::string_view text) {
    while (!text.empty()) {
        // Most text is ASCII: eight bytes at a time.
        if (text.size() >= 8) {
            uint64_t word;
            std::memcpy(&word, text.data(), 8);
            if ((word & 0x8080808080808080) == 0) {
                text.remove_prefix(8);
                continue;
            }
        }
        const size_t length = sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

size_t utf8_length(std::string_view text) {
    size_t count = 0;
    for (const char c : text) count += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
    return count;
}

size_t utf16_length(std::string_view text) {
    size_t count = 0;
    for (const char c : text) {
        const auto byte = static_cast<uint8_t>(c);
        count += (byte & 0xC0) != 0x80;
        count += byte >= 0xF0;  // past the basic plane: a surrogate pair
    }
    return count;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i) {
        if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

std::string to_lower(std::string_view ascii) {
    std::string out(ascii);
    for (char& c : out) c = lower(c);
    return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < a.size(); ++i) difference = difference | uint8_t(a[i] ^ b[i]);
    return difference == 0;
}

}  // namespace cumulet
