// What requests to run a function have in common. Pure.
#pragma once

#include <optional>
#include <string>

namespace cumulet::lambda {

inline constexpr size_t most_payload_bytes = 6'291'456;
inline constexpr size_t most_event_bytes = 1'048'576;

/// Throws RequestTooLargeException, and InvalidRequestContentException for what is no JSON.
void check_payload(const std::string& payload, size_t most_bytes);
/// A client context in Base64 as one line of JSON, "" for none. Throws InvalidRequestContentException.
std::string decode_client_context(const std::optional<std::string>& encoded);

}  // namespace cumulet::lambda
