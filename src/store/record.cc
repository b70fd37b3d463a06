#include "store/record.h"

namespace cumulet::store {

// Zigzag, then seven bits a byte, the lowest first.
RecordWriter& RecordWriter::number(int64_t value) {
    auto bits = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
    while (bits >= 0x80) {
        bytes_.push_back(static_cast<char>(bits | 0x80));
        bits >>= 7;
    }
    bytes_.push_back(static_cast<char>(bits));
    return *this;
}

RecordWriter& RecordWriter::texts(const std::map<std::string, std::string>& values) {
    number(static_cast<int64_t>(values.size()));
    for (const auto& [name, value] : values) text(name).text(value);
    return *this;
}

int64_t RecordReader::number() {
    uint64_t bits = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        const auto byte = static_cast<uint8_t>(take(1)[0]);
        bits |= static_cast<uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
    }
    throw std::runtime_error("a stored number is too long");
}

std::map<std::string, std::string> RecordReader::texts() {
    std::map<std::string, std::string> values;
    for (auto left = number(); left > 0; --left) {
        auto name = text();
        values.emplace(std::move(name), text());
    }
    return values;
}

}  // namespace cumulet::store
