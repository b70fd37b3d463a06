// A server that says exactly what it is told to.
#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace cumulet::net::test {

/// Accepts one connection after the other. Of each it reads a request's head for each of the connection's answers,
/// sends that answer ("" none), and closes behind the last.
class RawServer {
  public:
    /// An answer that never comes: waits until the peer closes.
    static constexpr const char* silence = "silence";

    explicit RawServer(std::vector<std::vector<std::string>> answers_by_connection);
    ~RawServer();
    RawServer(const RawServer&) = delete;

    uint16_t port = 0;
    /// A port of loopback on which nobody listens.
    uint16_t closed_port();

  private:
    void serve(std::vector<std::vector<std::string>> answers_by_connection);

    int listener_;
    int closed_ = -1;
    std::thread thread_;
};

}  // namespace cumulet::net::test
