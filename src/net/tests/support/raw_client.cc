#include "net/tests/support/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace cumulet::net::test {
namespace {

constexpr int guard_seconds = 20;  // a test that hangs fails

void connect_or_throw(int socket, const sockaddr* address, socklen_t size_bytes) {
    const timeval guard{guard_seconds, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof guard);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &guard, sizeof guard);
    if (::connect(socket, address, size_bytes) != 0) throw std::runtime_error(std::strerror(errno));
}

}  // namespace

RawClient::RawClient(uint16_t port, int receive_buffer_bytes) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer_bytes) {
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect_or_throw(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
}

RawClient::RawClient(const std::string& unix_path) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, unix_path.data(), unix_path.size());
    connect_or_throw(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
}

RawClient::~RawClient() { ::close(socket_); }

void RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // the answer, or its absence, tells the test
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
}

size_t RawClient::send_until_stuck(std::string_view bytes) {
    size_t total = 0;
    while (total < bytes.size()) {
        pollfd writable{socket_, POLLOUT, 0};
        constexpr int stuck_milliseconds = 200;
        if (::poll(&writable, 1, stuck_milliseconds) == 0) break;
        const auto sent = ::send(socket_, bytes.data() + total, bytes.size() - total, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0) break;
        total += static_cast<size_t>(sent);
    }
    return total;
}

bool RawClient::readable_within(std::chrono::milliseconds wait) {
    pollfd readable{socket_, POLLIN, 0};
    return ::poll(&readable, 1, static_cast<int>(wait.count())) > 0;
}

bool RawClient::read_more() {
    char bytes[64 << 10];
    const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        throw std::runtime_error("no answer within the guard time");
    if (got <= 0) return false;
    received_.append(bytes, static_cast<size_t>(got));
    return true;
}

bool RawClient::read_until(std::string_view mark, std::string& into) {
    size_t at;
    while ((at = received_.find(mark)) == received_.npos) {
        if (!read_more()) return false;
    }
    into = received_.substr(0, at + mark.size());
    received_.erase(0, at + mark.size());
    return true;
}

bool RawClient::read_bytes(size_t count, std::string& into) {
    while (received_.size() < count) {
        if (!read_more()) return false;
    }
    into += received_.substr(0, count);
    received_.erase(0, count);
    return true;
}

std::string RawClient::read_bytes(size_t count) {
    std::string bytes;
    return read_bytes(count, bytes) ? bytes : std::exchange(received_, {});
}

RawAnswer RawClient::read_answer(bool answers_head) {
    RawAnswer answer;
    if (!read_until("\r\n\r\n", answer.head)) return answer;
    answer.status = std::stoi(answer.head.substr(9, 3));
    if (answers_head || answer.status < 200 || answer.status == 204 || answer.status == 304) {
        answer.complete = true;
    } else if (answer.has("Transfer-Encoding: chunked")) {
        while (true) {
            std::string line;
            if (!read_until("\r\n", line)) return answer;
            const auto size = std::stoul(line, nullptr, 16);
            if (!read_bytes(size, answer.body) || !read_until("\r\n", line)) return answer;
            if (size == 0) break;
        }
        answer.complete = true;
    } else if (const auto at = answer.head.find("Content-Length: "); at != answer.head.npos) {
        answer.complete = read_bytes(std::stoul(answer.head.substr(at + 16)), answer.body);
    } else {
        answer.body = read_to_end();
        answer.complete = true;
    }
    return answer;
}

std::string RawClient::read_to_end() {
    while (read_more()) {
    }
    return std::exchange(received_, {});
}

void RawClient::shut_down_sending() { ::shutdown(socket_, SHUT_WR); }

}  // namespace cumulet::net::test
