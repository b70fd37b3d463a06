#include "net/exchange.h"

#include "net/message_head.h"

namespace cumulet::net {
namespace {

using Reason = HttpFailed::Reason;
constexpr size_t read_bytes = 16 << 10;

/// Runs `task`, and says in the client's words what went wrong below.
template <typename T>
Task<T> in_clients_words(Task<T> task) {
    try {
        co_return co_await std::move(task);
    } catch (const TooSlow&) {
        throw HttpFailed(Reason::timed_out, "the server was too slow");
    } catch (const Disconnected&) {
        throw HttpFailed(Reason::closed, "the server closed the connection");
    } catch (const FramingError& error) {
        throw HttpFailed(Reason::malformed, std::string("a malformed answer: ") + error.what());
    }
}

}  // namespace

bool ClientConnection::parse_buffered() {
    if (buffer.empty()) return false;
    const auto used = parser->put(buffer.view());
    buffer.consume(used);
    return used > 0;
}

// Reads more bytes, or completes a body that ends with the connection.
Task<void> ClientConnection::read_more(Tick due) {
    const auto space = buffer.space(read_bytes);
    const auto got = co_await transport->read(space.data(), space.size(), due);
    buffer.commit(got);
    if (got > 0) {
        answered = true;
    } else if (!answered) {
        throw Disconnected();
    } else {
        parser->put_end();
    }
}

Task<void> ClientConnection::send_request(const http::Request& request, const std::string& authority,
                                          std::chrono::milliseconds limit) {
    std::string head;
    const auto framing = write_head(head, request, authority);
    if (!request.stream) {
        co_await transport->write({head, request.body, ""}, limit);
        co_return;
    }
    co_await transport->write({head, "", ""}, limit);
    uint64_t sent_bytes = 0;
    while (auto piece = co_await request.stream->read()) {
        sent_bytes += piece->size();
        if (framing == BodyFraming::chunked) {
            const auto line = chunk_line(piece->size());
            co_await transport->write({line, *piece, "\r\n"}, limit);
        } else {
            if (sent_bytes > *request.stream_size) throw StreamBroken("longer than declared");
            co_await transport->write({*piece, "", ""}, limit);
        }
    }
    if (framing == BodyFraming::chunked) {
        co_await transport->write({"0\r\n\r\n", "", ""}, limit);
    } else if (sent_bytes != *request.stream_size) {
        throw StreamBroken("shorter than declared");
    }
}

Task<void> ClientConnection::read_head(http::Response& response, bool answers_head, std::chrono::milliseconds limit) {
    const auto due = transport->loop().due(limit);
    constexpr int max_interim_answers = 16;
    for (int interim = 0; interim < max_interim_answers; ++interim) {
        response = {};
        parser->begin(response, answers_head);
        while (!parser->head_done()) {
            if (!parse_buffered()) co_await read_more(due);
        }
        if (response.status >= 200 || response.status == 101) co_return;
    }
    throw FramingError(502, "too many interim answers");
}

Task<http::Response> ClientConnection::ask(const http::Request& request, const std::string& authority,
                                           SendOptions options, std::chrono::milliseconds write_limit) {
    auto conversation = [](ClientConnection& self, const http::Request& request, const std::string& authority,
                           SendOptions options, std::chrono::milliseconds write_limit) -> Task<http::Response> {
        self.answered = !self.buffer.empty();
        bool sent = true;
        try {
            co_await self.send_request(request, authority, write_limit);
        } catch (const Disconnected&) {
            sent = false;  // a server may answer and close before it has read the whole request
        }
        http::Response response;
        co_await self.read_head(response, request.method == "HEAD", options.head_time);
        if (!sent) self.transport->shut_down_sending();
        self.piece_.clear();
        self.parser->set_body_target(&self.piece_);
        co_return response;
    };
    co_return co_await in_clients_words(conversation(*this, request, authority, options, write_limit));
}

Task<std::optional<std::string>> ClientConnection::read_piece(std::chrono::milliseconds limit) {
    auto next = [](ClientConnection& self, std::chrono::milliseconds limit) -> Task<std::optional<std::string>> {
        while (self.piece_.empty()) {
            if (self.parser->done()) co_return std::nullopt;
            if (!self.parse_buffered()) co_await self.read_more(self.transport->loop().due(limit));
        }
        co_return std::exchange(self.piece_, {});
    };
    co_return co_await in_clients_words(next(*this, limit));
}

}  // namespace cumulet::net
