// Answers in the encoding that a caller likes best, by its Accept-Encoding.
#pragma once

#include <string>
#include <string_view>

namespace cumulet {

/// "gzip", "deflate" or "" (none): the one that `accept_encoding` likes best, as DynamoDB reads it. Of two it likes
/// equally, the first; what it does not name is "*"; a weight that is no number is 1.
std::string_view preferred_encoding(std::string_view accept_encoding);
/// Compresses `body` that way and returns it; a body for which it is "" stays.
std::string_view encode_as_preferred(std::string& body, std::string_view accept_encoding);

}  // namespace cumulet
