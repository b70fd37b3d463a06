#include "net/tests/support/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cumulet::net::test {
namespace {

uint16_t bind_to_loopback(int socket) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size_bytes = sizeof address;
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), size_bytes);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size_bytes);
    return ntohs(address.sin_port);
}

bool read_head(int socket) {
    std::string received;
    while (received.find("\r\n\r\n") == received.npos) {
        char bytes[4096];
        const auto got = ::recv(socket, bytes, sizeof bytes, 0);
        if (got <= 0) return false;
        received.append(bytes, static_cast<size_t>(got));
    }
    return true;
}

}  // namespace

RawServer::RawServer(std::vector<std::vector<std::string>> answers_by_connection)
    : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    port = bind_to_loopback(listener_);
    ::listen(listener_, 16);
    thread_ = std::thread([this, answers = std::move(answers_by_connection)] { serve(answers); });
}

RawServer::~RawServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    if (closed_ >= 0) ::close(closed_);
}

void RawServer::serve(std::vector<std::vector<std::string>> answers_by_connection) {
    for (const auto& answers : answers_by_connection) {
        const int socket = ::accept(listener_, nullptr, nullptr);
        if (socket < 0) return;
        for (const auto& answer : answers) {
            if (!read_head(socket)) break;
            if (answer == silence) {
                read_head(socket);
            } else {
                ::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
            }
        }
        ::close(socket);
    }
}

uint16_t RawServer::closed_port() {
    closed_ = ::socket(AF_INET, SOCK_STREAM, 0);
    return bind_to_loopback(closed_);
}

}  // namespace cumulet::net::test
