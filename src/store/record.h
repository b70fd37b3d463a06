// Records: the values that services store, as fields in a fixed order. Each record begins with its own version byte, so
// that a later Cumulet can read what an earlier one wrote.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/time.h"

namespace cumulet::store {

class RecordWriter {
  public:
    explicit RecordWriter(uint8_t version) { bytes_.push_back(static_cast<char>(version)); }

    RecordWriter& text(std::string_view value) {
        number(static_cast<int64_t>(value.size()));
        bytes_.append(value);
        return *this;
    }
    RecordWriter& number(int64_t value);  // variable length: small magnitudes take one byte
    RecordWriter& boolean(bool value) {
        bytes_.push_back(value ? 1 : 0);
        return *this;
    }
    RecordWriter& time(Time value) { return number(value.time_since_epoch().count()); }
    RecordWriter& optional_text(const std::optional<std::string>& value) {
        boolean(value.has_value());
        return value ? text(*value) : *this;
    }
    RecordWriter& texts(const std::map<std::string, std::string>& values);

    /// Makes room for a record of about so many bytes.
    RecordWriter& reserve(size_t size_bytes) {
        bytes_.reserve(size_bytes);
        return *this;
    }
    std::string take() { return std::move(bytes_); }

  private:
    std::string bytes_;
};

/// Throws std::runtime_error if the record ends early: the store is damaged.
class RecordReader {
  public:
    explicit RecordReader(std::string_view bytes) : rest_(bytes) { version_ = static_cast<uint8_t>(take(1)[0]); }

    uint8_t version() const { return version_; }
    std::string text() { return std::string(view()); }
    std::string_view view() { return take(static_cast<size_t>(number())); }
    int64_t number();
    bool boolean() { return take(1)[0] != 0; }
    Time time() { return Time(Duration(number())); }
    std::optional<std::string> optional_text() {
        if (!boolean()) return std::nullopt;
        return text();
    }
    std::map<std::string, std::string> texts();
    bool done() const { return rest_.empty(); }

  private:
    std::string_view take(size_t size_bytes) {
        if (size_bytes > rest_.size()) throw std::runtime_error("a stored record ends early");
        const auto taken = rest_.substr(0, size_bytes);
        rest_.remove_prefix(size_bytes);
        return taken;
    }

    std::string_view rest_;
    uint8_t version_;
};

}  // namespace cumulet::store
