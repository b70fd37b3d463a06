// Keys: tuples of text and numbers, encoded so that their bytes sort as the tuples do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace cumulet::store {

/// Builds a key part by part: Key("000000000000", "us-east-1", "sqs") << "queue" << name << 7. Text may hold any byte.
/// A part's kind is fixed by its place: the reader must ask for the same kinds in the same order.
class Key {
  public:
    Key() = default;
    template <typename... Parts>
    explicit Key(const Parts&... parts) {
        (*this << ... << parts);
    }

    Key& operator<<(std::string_view text);  // 0x00 is escaped as 0x00 0xff; the part ends with 0x00 0x01
    Key& operator<<(int64_t number);         // sign flipped, big-endian, 8 bytes
    Key& operator<<(uint64_t number);
    Key& operator<<(int number) { return *this << static_cast<int64_t>(number); }
    Key& operator<<(Time time);  // microseconds as int64_t
    /// Bytes that already sort as they should, unescaped: only as the last part.
    Key& raw(std::string_view bytes);

    const std::string& bytes() const& { return bytes_; }
    std::string bytes() && { return std::move(bytes_); }

  private:
    std::string bytes_;
};

/// Reads the parts of a key back, after a prefix. Throws std::runtime_error if the key is shorter.
class KeyReader {
  public:
    explicit KeyReader(std::string_view key, std::string_view prefix = "");
    std::string text();
    int64_t number();
    uint64_t unsigned_number();
    Time time();
    std::string_view rest() const { return rest_; }
    bool done() const { return rest_.empty(); }

  private:
    std::string_view rest_;
};

/// Keys from `begin` to before `end`; an empty `end` means no upper bound.
struct Range {
    std::string begin;
    std::string end;

    /// All keys that begin with `prefix`.
    static Range prefix(const Key& prefix);
    static Range prefix(std::string_view prefix);
    /// From `from` (within the prefix) to the prefix's end.
    static Range from(const Key& from, const Key& prefix);
    bool contains(std::string_view key) const { return key >= begin && (end.empty() || key < end); }
    bool contains(const Range& other) const {
        return other.begin >= begin && (end.empty() || (!other.end.empty() && other.end <= end));
    }
    bool overlaps(const Range& other) const {
        return (other.end.empty() || begin < other.end) && (end.empty() || other.begin < end);
    }
    bool empty() const { return !end.empty() && begin >= end; }
};

}  // namespace cumulet::store
