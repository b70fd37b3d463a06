// The methods of Java's strings, numbers, lists and maps that templates call.
#pragma once

#include <span>

#include "velocity/value.h"

namespace cumulet::velocity {

/// Lists and texts grow no larger than this by what a template does.
inline constexpr size_t max_elements = 100'000;
inline constexpr size_t max_text_bytes = 10 << 20;

/// Null if the receiver has no such method, or not for these arguments. Throws TooDeep.
Value call_method(const Value& receiver, std::string_view method, std::span<const Value> arguments, Copying& copying);
/// "receiver.name": a map's member, an object's, or what Java calls a property.
Value member_of(const Value& receiver, std::string_view name);
/// "receiver[index]".
Value element_of(const Value& receiver, const Value& index);

}  // namespace cumulet::velocity
