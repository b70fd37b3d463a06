#include "services/lambda/workers/relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

namespace cumulet::lambda {
namespace {

Descriptor connect_to(uint16_t port) {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    if (!socket) return {};
    const bool connected = ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (!connected && errno != EINPROGRESS) return {};
    return socket;
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

void Relay::start() {
    loop_.watch(listener_.get(), EPOLLIN, [weak = weak_from_this()](uint32_t) {
        if (const auto self = weak.lock()) self->accept();
    });
}

void Relay::stop() {
    std::lock_guard lock(mutex_);
    if (listener_) loop_.forget(listener_.get());
    listener_.reset();
    while (!links_.empty()) close(*links_.begin());
}

void Relay::accept() {
    std::lock_guard lock(mutex_);
    while (listener_) {
        if (links_.size() >= most_links) {
            accepts_ = false;
            return loop_.change(listener_.get(), 0);
        }
        Descriptor inside(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!inside) return;
        auto outside = connect_to(port_);
        if (!outside) continue;
        const int on = 1;
        for (const int fd : {inside.get(), outside.get()}) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto link = std::make_shared<Link>();
        link->sides[0].socket = std::move(inside);
        link->sides[1].socket = std::move(outside);
        links_.insert(link);
        for (const auto& side : link->sides) {
            loop_.watch(side.socket.get(), EPOLLIN, [weak = weak_from_this(), link = std::weak_ptr(link)](uint32_t) {
                const auto self = weak.lock();
                const auto found = link.lock();
                if (self && found) self->ready(found);
            });
        }
    }
}

void Relay::ready(const std::shared_ptr<Link>& link) {
    std::lock_guard lock(mutex_);
    if (!links_.contains(link)) return;
    auto& [one, other] = link->sides;
    const bool whole = pass(one, other) && pass(other, one);
    const bool over = one.ended && other.ended && one.waiting.empty() && other.waiting.empty();
    if (!whole || over) return close(link);
    watch(link);
}

bool Relay::pass(Side& from, Side& to) {
    thread_local std::array<char, 64 << 10> buffer;
    while (true) {
        while (!from.waiting.empty()) {
            const auto sent =
                ::send(to.socket.get(), from.waiting.data(), from.waiting.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0) return would_block();
            from.waiting.erase(0, static_cast<size_t>(sent));
        }
        if (from.ended) return true;
        const auto got = ::recv(from.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got < 0) return would_block();
        if (got == 0) {
            from.ended = true;
            ::shutdown(to.socket.get(), SHUT_WR);
            return true;
        }
        from.waiting.append(buffer.data(), static_cast<size_t>(got));
    }
}

/// Asks for what each side can go on with: a side is read again when what it said before has been written.
void Relay::watch(const std::shared_ptr<Link>& link) {
    for (size_t i = 0; i < 2; ++i) {
        const auto& side = link->sides[i];
        const bool reads = !side.ended && side.waiting.empty();
        const bool writes = !link->sides[1 - i].waiting.empty();
        loop_.change(side.socket.get(), (reads ? EPOLLIN : 0U) | (writes ? EPOLLOUT : 0U));
    }
}

void Relay::close(const std::shared_ptr<Link>& link) {
    for (const auto& side : link->sides) loop_.forget(side.socket.get());
    links_.erase(std::shared_ptr<Link>(link));
    if (listener_ && !std::exchange(accepts_, true)) loop_.change(listener_.get(), EPOLLIN);
}

}  // namespace cumulet::lambda
