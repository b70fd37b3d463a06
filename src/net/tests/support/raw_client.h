// A blocking socket that sends exactly the bytes it is told to.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace cumulet::net::test {

struct RawAnswer {
    int status = 0;  ///< 0: the connection ended before an answer
    std::string head;
    std::string body;
    bool complete = false;

    bool has(std::string_view field) const { return head.find(field) != head.npos; }
};

class RawClient {
  public:
    explicit RawClient(uint16_t port, int receive_buffer_bytes = 0);
    explicit RawClient(const std::string& unix_path);
    ~RawClient();
    RawClient(const RawClient&) = delete;

    void send(std::string_view bytes);
    /// How many of `bytes` the peer took before it let none be sent for a while.
    size_t send_until_stuck(std::string_view bytes);
    /// Reads one answer: head, and body by Content-Length or chunks.
    RawAnswer read_answer(bool answers_head = false);
    /// Exactly so many bytes; fewer if the peer closes before.
    std::string read_bytes(size_t count);
    /// All bytes until the peer closes.
    std::string read_to_end();
    /// True if the peer closes, without another byte.
    bool closes() { return read_to_end().empty(); }
    bool readable_within(std::chrono::milliseconds wait);
    void shut_down_sending();

  private:
    bool read_more();
    bool read_until(std::string_view mark, std::string& into);
    bool read_bytes(size_t count, std::string& into);

    int socket_;
    std::string received_;
};

}  // namespace cumulet::net::test
