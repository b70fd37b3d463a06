#include "net/address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/server.h"

namespace cumulet::net {
namespace {

constexpr int backlog = 1024;

[[noreturn]] void fail(const std::string& address, const std::string& reason) {
    throw ListenFailed(fmt::format("cannot listen on {}: {}", address, reason));
}
[[noreturn]] void fail(const std::string& address, int error) { fail(address, std::string(std::strerror(error))); }

class Descriptor {
  public:
    explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
    ~Descriptor() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Descriptor(const Descriptor&) = delete;
    int get() const { return descriptor_; }
    int release() { return std::exchange(descriptor_, -1); }

  private:
    int descriptor_;
};

struct FreeAddresses {
    void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

int open_tcp(const std::string& address, const sockaddr* bind_to, socklen_t size_bytes, bool shared, bool listening) {
    Descriptor descriptor(::socket(bind_to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (descriptor.get() < 0) fail(address, errno);
    const int on = 1;
    ::setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (shared) ::setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (bind_to->sa_family == AF_INET6) ::setsockopt(descriptor.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (::bind(descriptor.get(), bind_to, size_bytes) != 0) fail(address, errno);
    if (listening && ::listen(descriptor.get(), backlog) != 0) fail(address, errno);
    return descriptor.release();
}

uint16_t port_of(const sockaddr_storage& address) {
    return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                               : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

Listening listen_on_tcp(const std::string& address, size_t reactors) {
    const auto [host, port] = split_host_and_port(address);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    hints.ai_family = host == "localhost" ? AF_INET : AF_UNSPEC;
    addrinfo* found = nullptr;
    const int error =
        getaddrinfo(host.empty() ? nullptr : host.c_str(), port.empty() ? "0" : port.c_str(), &hints, &found);
    const std::unique_ptr<addrinfo, FreeAddresses> list(found);
    if (error != 0) fail(address, gai_strerror(error));

    sockaddr_storage bound{};
    socklen_t bound_size = list->ai_addrlen;
    std::memcpy(&bound, list->ai_addr, list->ai_addrlen);
    auto* bound_address = reinterpret_cast<sockaddr*>(&bound);
    // Without SO_REUSEPORT: tells whether somebody else, who may use it too, has the port.
    if (port_of(bound) != 0) Descriptor(open_tcp(address, bound_address, bound_size, false, true));

    Listening result;
    for (size_t i = 0; i < reactors; ++i) {
        result.sockets.push_back(open_tcp(address, bound_address, bound_size, true, true));
        if (i == 0 && ::getsockname(result.sockets[0], bound_address, &bound_size) != 0) fail(address, errno);
    }
    result.port = port_of(bound);
    result.address = fmt::format("{}:{}", host.find(':') == host.npos ? host : "[" + host + "]", result.port);
    return result;
}

Listening listen_on_unix(const std::string& address, const std::string& path) {
    sockaddr_un bind_to{};
    bind_to.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof bind_to.sun_path) fail(address, ENAMETOOLONG);
    std::memcpy(bind_to.sun_path, path.data(), path.size());
    const auto* unix_address = reinterpret_cast<const sockaddr*>(&bind_to);

    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
        const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (::connect(probe.get(), unix_address, sizeof bind_to) == 0) fail(address, EADDRINUSE);
        if (errno == ECONNREFUSED) ::unlink(path.c_str());
    }
    Descriptor descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (descriptor.get() < 0 || ::bind(descriptor.get(), unix_address, sizeof bind_to) != 0 ||
        ::listen(descriptor.get(), backlog) != 0) {
        fail(address, errno);
    }
    Listening result;
    result.sockets.push_back(descriptor.release());
    result.address = address;
    result.unix_path = path;
    return result;
}

}  // namespace

Listening::Listening(Listening&& other) noexcept
    : sockets(std::exchange(other.sockets, {})),
      address(std::move(other.address)),
      port(other.port),
      unix_path(std::exchange(other.unix_path, {})) {}

Listening::~Listening() {
    for (const int socket : sockets) ::close(socket);
    if (!unix_path.empty()) ::unlink(unix_path.c_str());
}

Listening listen_on(const std::string& address, size_t reactors) {
    if (address.starts_with("unix:")) return listen_on_unix(address, address.substr(5));
    return listen_on_tcp(address, reactors);
}

HostAndPort split_host_and_port(std::string_view text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos) return {std::string(text), ""};
        const auto rest = text.substr(end + 1);
        return {std::string(text.substr(1, end - 1)), rest.starts_with(':') ? std::string(rest.substr(1)) : ""};
    }
    const auto colon = text.rfind(':');
    if (colon == text.npos || text.find(':') != colon) return {std::string(text), ""};
    return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

}  // namespace cumulet::net
