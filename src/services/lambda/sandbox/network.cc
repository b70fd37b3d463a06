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
#include <csignal>
#include <cstring>

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

int listen_on(uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
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

OwnNetwork::OwnNetwork(std::vector<uint16_t> ports)
    : ports_(std::move(ports)),
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
    return 0;
}

std::vector<Descriptor> OwnNetwork::receive() {
    std::vector<Descriptor> listeners;
    while (listeners.size() < ports_.size()) {
        auto listener = receive_descriptor(ours_.get());
        if (!listener) break;
        listeners.push_back(std::move(listener));
    }
    return listeners;
}

}  // namespace cumulet::lambda
