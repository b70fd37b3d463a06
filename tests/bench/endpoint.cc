#include "endpoint.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <string_view>

#include "server.h"

namespace cumulet::load {
namespace {

/// Requests without bodies, each in one piece: what a proxy on loopback sends.
[[noreturn]] void serve(int listener) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    use_core(false);
    const std::string answer =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + std::string(1024, 'x');
    const int events = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
    ::epoll_ctl(events, EPOLL_CTL_ADD, listener, &event);
    while (true) {
        epoll_event ready[64];
        const int count = ::epoll_wait(events, ready, std::size(ready), -1);
        for (int i = 0; i < count; ++i) {
            if (ready[i].data.fd == listener) {
                event.data.fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
                const int on = 1;
                ::setsockopt(event.data.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                ::epoll_ctl(events, EPOLL_CTL_ADD, event.data.fd, &event);
                continue;
            }
            char request[16 << 10];
            const auto got = ::recv(ready[i].data.fd, request, sizeof request, 0);
            const bool whole = got > 0 && std::string_view(request, static_cast<size_t>(got)).ends_with("\r\n\r\n");
            if (got <= 0) {
                ::close(ready[i].data.fd);
            } else if (whole) {
                ::send(ready[i].data.fd, answer.data(), answer.size(), MSG_NOSIGNAL);
            }
        }
    }
}

}  // namespace

Endpoint::Endpoint() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener, 128) != 0)
        fail("no port is free");
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    process_ = ::fork();
    if (process_ == 0) serve(listener);
    ::close(listener);
}

Endpoint::~Endpoint() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
}

std::chrono::microseconds Endpoint::cpu() const { return cpu_of(process_); }

}  // namespace cumulet::load
