// One request and its answer over a connection of the client.
#pragma once

#include "net/client.h"
#include "net/framing.h"
#include "net/transport.h"

namespace cumulet::net {

/// A connection and what was read from it.
struct ClientConnection {
    ClientConnection(std::unique_ptr<Transport> connected, size_t max_head_bytes)
        : transport(std::move(connected)), parser(ResponseParser::make({.max_head_bytes = max_head_bytes})) {}

    /// Sends the request and reads the answer's head. Throws HttpFailed.
    Task<http::Response> ask(const http::Request& request, const std::string& authority, SendOptions options,
                             std::chrono::milliseconds write_limit);
    /// The next piece of the answer's body, nothing at its end. Throws HttpFailed.
    Task<std::optional<std::string>> read_piece(std::chrono::milliseconds limit);

    /// The answer has ended, and another may follow.
    bool reusable() const { return parser->done() && parser->keep_alive() && buffer.empty() && transport->open(); }

    std::unique_ptr<Transport> transport;
    std::unique_ptr<ResponseParser> parser;
    ReadBuffer buffer;
    bool answered = false;  ///< some bytes of an answer to the current request came

  private:
    Task<void> send_request(const http::Request& request, const std::string& authority,
                            std::chrono::milliseconds limit);
    Task<void> read_head(http::Response& response, bool answers_head, std::chrono::milliseconds limit);
    bool parse_buffered();
    Task<void> read_more(Tick due);

    std::string piece_;
};

}  // namespace cumulet::net
