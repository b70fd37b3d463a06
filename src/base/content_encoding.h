// Which encoding of an answer a caller takes, by its Accept-Encoding.
#pragma once

#include <string_view>

namespace cumulet {

/// "gzip", "deflate" or "" (none): the one that `accept_encoding` likes best, as DynamoDB reads it. Of two it likes
/// equally, the first; what it does not name is "*"; a weight that is no number is 1.
std::string_view preferred_encoding(std::string_view accept_encoding);

}  // namespace cumulet
