// What a TLS client says first, before anything is decided for it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace cumulet::net {

/// The largest record there may be, with its head.
inline constexpr size_t largest_hello_bytes = (16 << 10) + 5;

/// How many bytes the record at the beginning of `bytes` has, its head included; 5 while not even that is known.
size_t hello_bytes(std::string_view bytes);
/// The server's name that a whole ClientHello asks for (SNI), in lower case. "" if it says none, or is none.
std::string read_server_name(std::string_view record);

}  // namespace cumulet::net
