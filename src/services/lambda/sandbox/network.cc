#include "services/lambda/sandbox/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

namespace cumulet::lambda {
namespace {

constexpr int most_waiting = 128;

bool write_file(const char* file, std::string_view text) {
    const int fd = ::open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(fd);
    return written;
}

bool switch_loopback_on() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    ifreq request{};
    std::memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    const bool on = ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    ::close(fd);
    return on;
}

int new_socket() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

int listen_on(uint16_t port) {
    const int fd = new_socket();
    if (fd < 0) return -1;
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && ::listen(fd, most_waiting) == 0)
        return fd;
    ::close(fd);
    return -1;
}

bool send_descriptor(int channel, int fd) {
    char byte = 0;
    iovec content{.iov_base = &byte, .iov_len = 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fd)> control{};
    msghdr message{};
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return ::sendmsg(channel, &message, MSG_NOSIGNAL) == 1;
}

Descriptor receive_descriptor(int channel) {
    char byte = 0;
    iovec content{.iov_base = &byte, .iov_len = 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) return {};
    const auto* header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_RIGHTS) return {};
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return Descriptor(fd);
}

}  // namespace

std::vector<uint16_t> local_servers(size_t most) {
    // Those of 127.0.0.1 and of every address, as the kernel writes them: in the machine's order of bytes.
    constexpr std::array<std::string_view, 4> reached{"0100007F", "00000000", "00000000000000000000000000000000",
                                                      "0000000000000000FFFF00000100007F"};
    constexpr std::string_view listens = "0A";
    std::set<uint16_t> ports;
    for (const auto* table : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
        std::ifstream file(table);
        std::string line;
        std::getline(file, line);
        while (std::getline(file, line)) {
            std::istringstream fields(line);
            std::string number, local, remote, state;
            fields >> number >> local >> remote >> state;
            const auto colon = local.find(':');
            if (state != listens || colon == local.npos) continue;
            if (std::ranges::find(reached, local.substr(0, colon)) == reached.end()) continue;
            uint16_t port = 0;
            std::from_chars(local.data() + colon + 1, local.data() + local.size(), port, 16);
            if (port != 0) ports.insert(port);
        }
    }
    std::vector<uint16_t> found(ports.begin(), ports.end());
    if (found.size() > most) found.resize(most);
    return found;
}

OwnNetwork::OwnNetwork(std::vector<uint16_t> ports, size_t callers)
    : ports_(std::move(ports)),
      callers_(callers),
      users_(fmt::format("{0} {0} 1", ::geteuid())),
      groups_(fmt::format("{0} {0} 1", ::getegid())) {
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return;
    ours_ = Descriptor(ends[0]);
    theirs_ = Descriptor(ends[1]);
}

int OwnNetwork::enter() const {
    if (::unshare(CLONE_NEWNET) != 0) {
        // An ordinary user may make a network in a user namespace only.
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return errno;
        write_file("/proc/self/setgroups", "deny");
        if (!write_file("/proc/self/uid_map", users_) || !write_file("/proc/self/gid_map", groups_)) return EPERM;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // which new credentials take back
    }
    if (!switch_loopback_on()) return errno;
    for (const auto port : ports_) {
        const int fd = listen_on(port);
        if (fd < 0 || !send_descriptor(theirs_.get(), fd)) return errno;
        ::close(fd);
    }
    for (size_t i = 0; i < callers_; ++i) {
        const int fd = new_socket();
        if (fd < 0 || !send_descriptor(theirs_.get(), fd)) return errno;
        ::close(fd);
    }
    return 0;
}

OwnNetwork::Sockets OwnNetwork::receive() {
    Sockets sockets;
    while (sockets.callers.size() < callers_ || sockets.listeners.size() < ports_.size()) {
        auto socket = receive_descriptor(ours_.get());
        if (!socket) break;
        auto& kind = sockets.listeners.size() < ports_.size() ? sockets.listeners : sockets.callers;
        kind.push_back(std::move(socket));
    }
    return sockets;
}

}  // namespace cumulet::lambda
