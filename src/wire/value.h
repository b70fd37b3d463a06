// How the protocols reach values through the tables, and what they share: paths, members seen, scalars as text.
#pragma once

#include <bitset>
#include <string>
#include <string_view>

#include "base/time.h"
#include "contracts/error.h"
#include "contracts/shape.h"
#include "wire/wire.h"

namespace cumulet::wire {

using contracts::Kind;
using contracts::Location;
using contracts::Member;
using contracts::TimestampFormat;

/// How deep a message may nest, in any protocol.
inline constexpr size_t max_depth = 128;
/// How many elements and entries a message may have: each may become a structure of some hundred bytes.
inline constexpr size_t max_elements = 250'000;
/// How many violations are collected before the rest is left out.
inline constexpr size_t max_violations = 100;

template <typename T>
const T& as(const void* value) {
    return *static_cast<const T*>(value);
}
template <typename T>
T& as(void* value) {
    return *static_cast<T*>(value);
}

/// The member's value inside `structure`, nullptr if it is unset.
inline const void* value_of(const Member& member, const void* structure) {
    const void* at = static_cast<const char*>(structure) + member.offset;
    return member.optional ? member.optional->get(at) : at;
}
/// Where the member's value goes inside `structure`; an optional one is made.
inline void* place_of(const Member& member, void* structure) {
    void* at = static_cast<char*>(structure) + member.offset;
    return member.optional ? member.optional->emplace(at) : at;
}

/// Calls visit(key, value) for each entry of a map.
template <typename Visit>
void each_entry(const Shape& shape, const void* map, Visit visit) {
    shape.ops->each(
        map,
        [](void* context, const std::string& key, const void* value) { (*static_cast<Visit*>(context))(key, value); },
        &visit);
}

inline bool is_stream(const Shape& shape) { return shape.kind == Kind::body || shape.kind == Kind::event_stream; }

/// True if an answer carries the member in its body: a label or query parameter is one only in a request.
inline bool in_response_body(const Member& member) {
    return member.location == Location::body || member.location == Location::query || member.location == Location::uri;
}

/// Which members of a structure a message named. No structure that is an input has more.
using Seen = std::bitset<256>;
inline void see(Seen& seen, const Shape& shape, const Member& member) {
    const auto index = size_t(&member - shape.members.data());
    if (index < seen.size()) seen.set(index);
}

/// Where a decoder is: a chain of stack frames, made text only when something is wrong there.
struct Path {
    const Path* parent = nullptr;
    std::string_view name;  ///< of a member or a map's key; "" for an element of a list
    size_t index = 0;       ///< of an element, from 0
    bool is_key = false;

    Path member(const Member& of) const { return {this, of.name}; }
    Path element(size_t at) const { return {this, "", at}; }
    Path entry(std::string_view key) const { return {this, key, 0, true}; }
    /// "entries.1.member.id": AWS counts from one and spells members with a small first letter.
    std::string text() const;
};

/// Adds "Member must not be null" for each required member that is not in `seen`.
void require_members(const Shape& shape, const Seen& seen, const Path& path, Violations& violations);

aws::Error serialization_error(std::string message);

/// Counts the elements of a message. Throws SerializationException beyond max_elements.
class ElementCount {
  public:
    void add() {
        if (++count_ > max_elements) throw serialization_error("The request has too many elements");
    }

  private:
    size_t count_ = 0;
};

TimestampFormat format_of(const Member* member, const Shape& shape, TimestampFormat otherwise);
/// Any of AWS's text forms; `format` is tried first.
std::optional<Time> parse_timestamp(std::string_view text, TimestampFormat format);
std::string print_timestamp(Time time, TimestampFormat format);
/// "1398796238" or "1398796238.123".
void append_epoch(std::string& out, Time time);
/// The shortest text that reads back as the same number; NaN, Infinity, -Infinity.
void append_double(std::string& out, double value);
std::optional<double> parse_double(std::string_view text);

/// Sets a scalar from the text that a query string, form, header or XML element carries.
/// Throws SerializationException for text that the kind does not allow.
void read_scalar(const Shape& shape, TimestampFormat timestamp, std::string_view text, void* target);
void append_scalar(std::string& out, const Shape& shape, TimestampFormat timestamp, const void* value);

/// Sets an integer of the shape's kind from a number of any size. Throws SerializationException if it does not fit.
void set_integer(const Shape& shape, int64_t value, void* target);
void set_integer(const Shape& shape, double value, void* target);

}  // namespace cumulet::wire
