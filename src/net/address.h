// The addresses that a server listens on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cumulet::net {

/// Listening sockets of one address: one per reactor for TCP, one in all for a UNIX socket. Closed when destroyed.
struct Listening {
    Listening() = default;
    Listening(Listening&& other) noexcept;
    Listening& operator=(Listening&&) = delete;
    ~Listening();

    std::vector<int> sockets;
    std::string address;  ///< with the port that was taken
    uint16_t port = 0;
    std::string unix_path;
};

/// Binds and listens on "host:port", "[address]:port" or "unix:/path". A TCP port that another process listens on is
/// refused, though SO_REUSEPORT would let both have it. Throws ListenFailed.
Listening listen_on(const std::string& address, size_t reactors);

struct HostAndPort {
    std::string host;
    std::string port;
};
/// Splits "host:port" or "[address]:port"; without a port it is "". The brackets are dropped.
HostAndPort split_host_and_port(std::string_view text);

}  // namespace cumulet::net
