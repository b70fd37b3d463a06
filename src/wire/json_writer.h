// Values to JSON text.
#pragma once

#include "wire/json_reader.h"

namespace cumulet::wire {

void append_json(std::string& out, const Shape& shape, const void* value, JsonNames names,
                 TimestampFormat timestamp = TimestampFormat::epoch_seconds);

/// The body members of a structure without the braces: "a":1,"b":2. Says whether there was any.
/// With `comma`, something stands before them already.
bool append_json_members(std::string& out, const Shape& shape, const void* value, JsonNames names, bool comma = false);

}  // namespace cumulet::wire
