// GZIP and its kin, as the bodies of requests and answers are compressed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cumulet {

/// The text of one or more GZIP members, one after the other; nothing if the bytes are anything else, end early, or
/// stand for more than `max_bytes`.
std::optional<std::string> gunzip(std::string_view bytes, size_t max_bytes);
/// The same for HTTP's "deflate": one text in zlib's frame.
std::optional<std::string> undeflate(std::string_view bytes, size_t max_bytes);

/// `text` compressed: one GZIP member.
std::string gzip(std::string_view text);
/// `text` compressed as HTTP's "deflate" is: zlib's frame.
std::string deflated(std::string_view text);

}  // namespace cumulet
