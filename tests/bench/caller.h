// One connection of the load.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace cumulet::load {

[[noreturn]] inline void fail(const std::string& why) { throw std::runtime_error(why); }

inline sockaddr_in loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

/// One caller: blocking for preparations, otherwise driven by epoll.
class Caller {
  public:
    explicit Caller(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const auto address = loopback(port);
        connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    Caller(Caller&& other) noexcept
        : step(other.step), receipt(std::move(other.receipt)), socket_(std::exchange(other.socket_, -1)) {}
    ~Caller() {
        if (socket_ >= 0) ::close(socket_);
    }

    size_t step = 0;      ///< of its flow
    std::string receipt;  ///< what the last ReceiveMessage returned

    bool connected() const { return connected_; }
    int socket() const { return socket_; }
    void send(const std::string& text) {
        // Requests are far smaller than a socket's buffer, which is empty here.
        if (::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
            fail("cannot send");
    }
    /// The body of the answer once it is there as a whole. Waits for more bytes at most once.
    std::optional<std::string> receive() {
        char piece[16 << 10];
        const auto got = ::recv(socket_, piece, sizeof piece, 0);
        if (got <= 0) fail("the server closed the connection");
        received_.append(piece, static_cast<size_t>(got));
        const auto head_end = received_.find("\r\n\r\n");
        if (head_end == std::string::npos) return std::nullopt;
        const auto at = received_.find("Content-Length: ");
        const size_t length = at < head_end ? std::stoul(received_.substr(at + 16, 20)) : 0;
        if (received_.size() < head_end + 4 + length) return std::nullopt;
        auto body = received_.substr(head_end + 4, length);
        if (!received_.starts_with("HTTP/1.1 20")) fail("refused: " + received_.substr(0, 20) + body);
        received_.clear();
        return body;
    }
    /// False if the server closes the connection instead, as one that only tries its port does.
    bool answers() {
        send("GET /_localstack/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        char byte;
        return ::recv(socket_, &byte, 1, 0) == 1;
    }
    std::string ask(const std::string& text) {
        send(text);
        while (true) {
            if (auto body = receive()) return *body;
        }
    }

  private:
    int socket_;
    bool connected_ = false;
    std::string received_;
};

}  // namespace cumulet::load
