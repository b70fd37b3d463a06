#include "services/lambda/workers/inward_posts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>

namespace cumulet::lambda {
namespace {

constexpr auto longest = std::chrono::seconds(2);

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

/// Lets a socket that was connected be connected again.
void dissolve(int socket) {
    const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
    ::connect(socket, &nobody, sizeof nobody);
    // How the last connection ended would otherwise be told of the next one.
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
}

}  // namespace

InwardPosts::InwardPosts(Loop& loop, Descriptor socket, std::string uri)
    : loop_(loop), uri_(std::move(uri)), socket_(std::move(socket)) {
    const auto begin = uri_.find("://") + 3;
    const auto slash = std::min(uri_.find('/', begin), uri_.size());
    authority_ = uri_.substr(begin, slash - begin);
    path_ = slash == uri_.size() ? "/" : uri_.substr(slash);
    port_ = 80;
    if (const auto colon = authority_.rfind(':'); colon != authority_.npos)
        std::from_chars(authority_.data() + colon + 1, authority_.data() + authority_.size(), port_);
}

void InwardPosts::post(std::string body) {
    std::lock_guard lock(mutex_);
    if (!socket_ || waiting_.size() >= most_waiting) return;
    waiting_.push_back(std::move(body));
    if (!under_way_) begin();
}

void InwardPosts::stop() {
    std::lock_guard lock(mutex_);
    waiting_.clear();
    if (under_way_) end_one();
    socket_.reset();
}

void InwardPosts::begin() {
    under_way_ = true;
    answer_bytes_ = 0;
    request_ = fmt::format(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n"
        "\r\n{}",
        path_, authority_, waiting_.front().size(), waiting_.front());
    waiting_.pop_front();
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = htons(port_), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    // It does not block: what became of it is told by the events.
    ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    const auto weak = weak_from_this();
    loop_.watch(socket_.get(), EPOLLIN | EPOLLOUT, [weak](uint32_t) {
        if (const auto self = weak.lock()) self->go_on();
    });
    timer_ = loop_.at(std::chrono::steady_clock::now() + longest, [weak, number = ++number_] {
        const auto self = weak.lock();
        if (!self) return;
        std::lock_guard lock(self->mutex_);
        if (self->under_way_ && self->number_ == number) self->end_one();
    });
}

void InwardPosts::go_on() {
    std::lock_guard lock(mutex_);
    if (!under_way_) return;
    while (!request_.empty()) {
        const auto sent = ::send(socket_.get(), request_.data(), request_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && would_block()) return;
        if (sent < 0) return end_one();
        request_.erase(0, static_cast<size_t>(sent));
        if (request_.empty()) loop_.change(socket_.get(), EPOLLIN);
    }
    // The answer says nothing that matters; that it ends does.
    std::array<char, 4096> buffer;
    while (answer_bytes_ < most_answer_bytes) {
        const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got < 0 && would_block()) return;
        if (got <= 0) return end_one();
        answer_bytes_ += static_cast<size_t>(got);
    }
    end_one();
}

void InwardPosts::end_one() {
    loop_.cancel(std::exchange(timer_, 0));
    loop_.forget(socket_.get());
    dissolve(socket_.get());
    under_way_ = false;
    if (!waiting_.empty()) begin();
}

}  // namespace cumulet::lambda
