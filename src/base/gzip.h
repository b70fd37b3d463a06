// GZIP, as request bodies are compressed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cumulet {

/// The text of one or more GZIP members, one after the other; nothing if the bytes are anything else, end early, or
/// stand for more than `max_bytes`.
std::optional<std::string> gunzip(std::string_view bytes, size_t max_bytes);

}  // namespace cumulet
