#include "store/key.h"

#include <stdexcept>

namespace cumulet::store {
namespace {

constexpr uint64_t sign_bit = uint64_t{1} << 63;

/// The first key after every key that begins with `prefix`; "" if there is none.
std::string end_of_prefix(std::string_view prefix) {
    std::string end(prefix);
    while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
    if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
    return end;
}

}  // namespace

Key& Key::operator<<(std::string_view text) {
    bytes_.reserve(bytes_.size() + text.size() + 2);
    while (true) {
        const auto zero = text.find('\0');
        bytes_.append(text.substr(0, zero));
        if (zero == std::string_view::npos) break;
        bytes_.append("\x00\xff", 2);
        text.remove_prefix(zero + 1);
    }
    bytes_.append("\x00\x01", 2);
    return *this;
}

Key& Key::operator<<(int64_t number) { return *this << (static_cast<uint64_t>(number) ^ sign_bit); }

Key& Key::operator<<(uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes_.push_back(static_cast<char>(number >> shift));
    return *this;
}

Key& Key::operator<<(Time time) { return *this << static_cast<int64_t>(time.time_since_epoch().count()); }

Key& Key::raw(std::string_view bytes) {
    bytes_.append(bytes);
    return *this;
}

KeyReader::KeyReader(std::string_view key, std::string_view prefix) : rest_(key) {
    if (!rest_.starts_with(prefix)) throw std::runtime_error("the key does not begin with the expected prefix");
    rest_.remove_prefix(prefix.size());
}

std::string KeyReader::text() {
    std::string text;
    while (true) {
        const auto zero = rest_.find('\0');
        if (zero == std::string_view::npos || zero + 1 >= rest_.size()) {
            throw std::runtime_error("the key ends before its text part does");
        }
        text.append(rest_.substr(0, zero));
        const auto mark = static_cast<unsigned char>(rest_[zero + 1]);
        rest_.remove_prefix(zero + 2);
        if (mark == 0x01) return text;
        if (mark != 0xff) throw std::runtime_error("the key's text part is malformed");
        text.push_back('\0');
    }
}

int64_t KeyReader::number() { return static_cast<int64_t>(unsigned_number() ^ sign_bit); }

uint64_t KeyReader::unsigned_number() {
    if (rest_.size() < 8) throw std::runtime_error("the key ends before its number part does");
    uint64_t number = 0;
    for (int i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(rest_[i]);
    rest_.remove_prefix(8);
    return number;
}

Time KeyReader::time() { return Time(Duration(number())); }

Range Range::prefix(const Key& prefix) { return Range::prefix(std::string_view(prefix.bytes())); }

Range Range::prefix(std::string_view prefix) { return {std::string(prefix), end_of_prefix(prefix)}; }

Range Range::from(const Key& from, const Key& prefix) { return {from.bytes(), end_of_prefix(prefix.bytes())}; }

}  // namespace cumulet::store
