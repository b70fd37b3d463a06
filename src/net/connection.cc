#include "net/connection.h"

#include "base/bytes.h"
#include "base/certificate.h"
#include "base/host.h"
#include "net/client_hello.h"
#include "net/message_head.h"
#include "net/web_socket.h"
#include "runtime/log.h"

namespace cumulet::net {
namespace {

constexpr size_t read_bytes = 8 << 10;        // fits most requests, so that one read takes all of it
constexpr size_t body_read_bytes = 64 << 10;  // what is read at once of a large body
constexpr uint64_t skip_bytes = 256 << 10;    // what is read of a body that nobody wants, to keep the connection
constexpr std::chrono::milliseconds linger_time{2'000};
constexpr char tls_handshake = 0x16;

/// `request.stream`: ends with the exchange that it belongs to.
class RequestBody final : public ByteStream {
  public:
    RequestBody(std::weak_ptr<Connection> connection, uint64_t exchange)
        : connection_(std::move(connection)), exchange_(exchange) {}
    Task<std::optional<std::string>> read() override {
        const auto connection = connection_.lock();
        if (!connection) throw StreamBroken("the connection has ended");
        co_return co_await connection->read_piece(exchange_);
    }
    void cancel() override {
        if (const auto connection = connection_.lock()) connection->stop_reading_body(exchange_);
    }

  private:
    std::weak_ptr<Connection> connection_;
    uint64_t exchange_;
};

http::Response plain_answer(int status, std::string_view text) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain");
    response.body = fmt::format("{}\n", text);
    return response;
}

}  // namespace

Station::Station(Reactor& on, const ServerOptions& server_options, Handler server_handler,
                 std::shared_ptr<TlsContext> context)
    : reactor(on),
      loop(dynamic_cast<EventLoop&>(on.parker())),
      options(server_options),
      handler(std::move(server_handler)),
      tls(std::move(context)) {}

std::string_view Station::date() {
    const auto second = std::chrono::floor<std::chrono::seconds>(reactor.now());
    if (second != date_of_ || date_.empty()) {
        date_of_ = second;
        date_ = format_http_date(second);
    }
    return date_;
}

Connection::Connection(std::shared_ptr<Station> station, Socket socket, std::string remote_address)
    : station_(std::move(station)),
      transport_(station_->loop, std::move(socket)),
      remote_address_(std::move(remote_address)),
      parser_(RequestParser::make({.max_head_bytes = limits().max_head_bytes,
                                   .max_request_line_bytes = limits().max_request_line_bytes,
                                   .max_header_count = limits().max_header_count})) {
    station_->connections.insert(this);
    station_->open.store(station_->connections.size(), std::memory_order_relaxed);
}

Connection::~Connection() = default;

Task<void> Connection::run(std::shared_ptr<Connection> connection) {
    int refusal = 0;
    std::string reason;
    try {
        co_await connection->serve();
    } catch (const FramingError& error) {
        refusal = error.status;
        reason = error.what();
    } catch (const TooSlow&) {
        if (!connection->idle_ && !connection->answering_) refusal = 408;
    } catch (const Disconnected&) {
    } catch (const TlsFailed& error) {
        log::debug("A TLS handshake failed", {{"remote", connection->remote_address_}, {"reason", error.what()}});
    }
    if (refusal) co_await connection->refuse(refusal, std::move(reason));
    connection->transport_.close();
    ++connection->exchange_;  // a body stream that is still held reads no more
    auto& station = *connection->station_;
    station.connections.erase(connection.get());
    station.open.store(station.connections.size(), std::memory_order_relaxed);
}

void Connection::finish() {
    keep_alive_ = false;
    if (idle_) transport_.stop_reading();
    if (web_socket_) web_socket_->close({1001, "Going away"});
}

Task<void> Connection::serve() {
    co_await greet();
    while (true) {
        http::Request request;
        parser_->begin(request);
        if (!co_await read_head()) co_return;
        request.remote_address = remote_address_;
        request.tls = transport_.tls();
        if (!tls_session_.empty()) request.headers.add(std::string(tls_session_field), tls_session_);
        if (!certificate_.empty()) hand_over_certificate(request);
        const bool answers_head = request.method == "HEAD";
        keep_alive_ = parser_->keep_alive() && !station_->stopping;
        if (!parser_->done()) co_await take_body(request);
        std::string web_socket_key(request.headers.get("Sec-WebSocket-Key"));

        auto response = co_await ask_handler(std::move(request));
        if (response.status == 101)
            co_return co_await become_web_socket(std::move(response), std::move(web_socket_key));
        co_await answer(std::move(response), answers_head);
        ++exchange_;
        if (!parser_->done() && !co_await skip_body()) co_return;
        if (!keep_alive_ || station_->stopping) co_return;
    }
}

// The first byte tells TLS from plain HTTP.
Task<void> Connection::greet() {
    if (!station_->tls || station_->stopping) co_return;
    idle_ = true;
    co_await read_more(read_bytes, due(limits().idle_time));
    idle_ = false;
    if (buffer_.view().front() != tls_handshake) co_return;
    const auto handshake_due = due(limits().handshake_time);
    const bool asks = station_->options.asks_certificate && co_await asks_certificate(handshake_due);
    co_await transport_.accept_tls(*station_->tls, buffer_.take_all(), handshake_due, asks);
    tls_session_ = transport_.tls_session();
    if (asks) certificate_ = transport_.peer_certificate();
}

// Keeps the server's name that the caller asks for. Nobody who says no name in one record is asked.
Task<bool> Connection::asks_certificate(Tick handshake_due) {
    while (buffer_.size() < hello_bytes(buffer_.view())) {
        if (hello_bytes(buffer_.view()) > largest_hello_bytes) co_return false;
        co_await read_more(read_bytes, handshake_due);
    }
    server_name_ = read_server_name(buffer_.view().substr(0, hello_bytes(buffer_.view())));
    if (server_name_.empty()) co_return false;
    try {
        co_return co_await station_->options.asks_certificate(server_name_);
    } catch (const std::exception& error) {
        throw TlsFailed(error.what());
    }
}

// Another host of the same connection asked for nothing.
void Connection::hand_over_certificate(http::Request& request) const {
    if (equal_ignoring_case(without_port(request.host()), server_name_))
        request.headers.add(std::string(client_certificate_field), certificate_);
}

bool Connection::parse_buffered() {
    if (buffer_.empty()) return false;
    const auto used = parser_->put(buffer_.view());
    buffer_.consume(used);
    return used > 0;
}

Task<void> Connection::read_more(size_t at_least, Tick due) {
    const auto space = buffer_.space(at_least);
    const auto got = co_await transport_.read(space.data(), space.size(), due);
    if (got == 0) throw Disconnected();
    buffer_.commit(got);
}

// False if the caller left, or was asked to, between two requests.
Task<bool> Connection::read_head() {
    if (buffer_.empty()) {
        if (station_->stopping) co_return false;
        buffer_.shrink(2 * read_bytes);
        idle_ = true;
        co_await read_more(read_bytes, due(limits().idle_time));
        idle_ = false;
    }
    const auto head_due = due(limits().head_time);
    while (true) {
        while (!parser_->head_done() && parse_buffered()) {
        }
        if (parser_->head_done()) co_return true;
        if (buffer_.size() >= limits().max_head_bytes) throw FramingError(431, "the head is too large");
        co_await read_more(read_bytes / 2, head_due);
    }
}

Task<void> Connection::take_body(http::Request& request) {
    const auto expectation = request.headers.get("Expect");
    if (!expectation.empty() && !equal_ignoring_case(expectation, "100-continue")) {
        throw FramingError(417, "an unknown expectation");
    }
    expects_continue_ = !expectation.empty() && !parser_->http_1_0();
    body_unwanted_ = false;
    const auto declared_bytes = parser_->body_remaining();
    if (station_->options.stream_body && station_->options.stream_body(request)) {
        if (declared_bytes > limits().max_stream_bytes) throw FramingError(413, "the body is too large");
        streamed_bytes_ = 0;
        parser_->set_body_target(&piece_);
        request.stream = std::make_shared<RequestBody>(weak_from_this(), exchange_);
        request.stream_size = declared_bytes;
        co_return;
    }
    if (declared_bytes > limits().max_body_bytes) throw FramingError(413, "the body is too large");
    co_await send_continue();
    while (!parser_->done()) {
        if (!parse_buffered()) {
            const bool large = parser_->body_remaining().value_or(0) > read_bytes;
            if (buffer_.size() > limits().max_head_bytes) throw FramingError(400, "a chunk header is too long");
            co_await read_more(large ? body_read_bytes : read_bytes / 2, due(limits().body_time));
        }
        if (request.body.size() > limits().max_body_bytes) throw FramingError(413, "the body is too large");
    }
    parser_->set_body_target(&piece_);
}

// Not sent to a caller who did not wait for it.
Task<void> Connection::send_continue() {
    if (!std::exchange(expects_continue_, false) || !buffer_.empty()) co_return;
    co_await transport_.write({"HTTP/1.1 100 Continue\r\n\r\n", "", ""}, limits().write_time);
}

Task<std::optional<std::string>> Connection::read_piece(uint64_t exchange) {
    if (exchange != exchange_ || reading_piece_ || body_unwanted_) throw StreamBroken("the request has been answered");
    struct Reading {
        bool& flag;
        explicit Reading(bool& reading) : flag(reading) { flag = true; }
        ~Reading() { flag = false; }
    } reading(reading_piece_);
    piece_.clear();
    try {
        co_await send_continue();
        while (piece_.empty()) {
            if (parser_->done()) co_return std::nullopt;
            if (parse_buffered()) continue;
            if (buffer_.size() > limits().max_head_bytes) throw FramingError(400, "a chunk header is too long");
            co_await read_more(body_read_bytes, due(limits().body_time));
        }
        streamed_bytes_ += piece_.size();
        if (streamed_bytes_ > limits().max_stream_bytes) throw FramingError(413, "the body is too large");
    } catch (const FramingError& error) {
        break_body(error.status, error.what());
    } catch (const TooSlow& error) {
        break_body(408, error.what());
    } catch (const Disconnected& error) {
        break_body(400, error.what());
    }
    co_return std::exchange(piece_, {});
}

// Whatever the handler makes of it, the caller is told what was wrong with his body.
void Connection::break_body(int status, std::string reason) {
    body_unwanted_ = true;
    body_failure_ = FramingError(status, reason);
    throw StreamBroken(reason);
}

Task<http::Response> Connection::ask_handler(http::Request request) {
    count(station_->requests);
    try {
        auto response = co_await station_->handler(std::move(request));
        if (!body_failure_) co_return response;
    } catch (const std::exception& error) {
        if (!body_failure_) log::error("A request failed beyond its handler", {{"error", error.what()}});
    }
    if (body_failure_) throw *body_failure_;
    keep_alive_ = false;
    co_return plain_answer(500, http::reason(500));
}

Task<void> Connection::answer(http::Response response, bool answers_head) {
    answering_ = true;
    const bool keep_alive = keep_alive_ && !station_->stopping;
    const auto framing = write_head(head_, response,
                                    {.answers_head = answers_head,
                                     .http_1_0 = parser_->http_1_0(),
                                     .keep_alive = keep_alive,
                                     .date = station_->date(),
                                     .server_name = station_->options.server_name});
    keep_alive_ = keep_alive && framing != BodyFraming::until_close;
    if (framing == BodyFraming::none) {
        if (response.stream) response.stream->cancel();
        co_await transport_.write({head_, "", ""}, limits().write_time);
    } else if (!response.stream) {
        co_await transport_.write({head_, response.body, ""}, limits().write_time);
    } else {
        co_await transport_.write({head_, "", ""}, limits().write_time);
        co_await send_stream(response.stream, response.stream_size, framing == BodyFraming::chunked);
    }
    answering_ = false;
}

// What a request needed is given back first: thousands of WebSockets may be open and say nothing.
Task<void> Connection::become_web_socket(http::Response response, std::string key) {
    const auto session = std::dynamic_pointer_cast<WebSocketSession>(response.stream);
    if (!session || !parser_->done() || parser_->http_1_0()) throw FramingError(400, "this cannot become a WebSocket");
    parser_.reset();
    head_ = piece_ = std::string();
    if (!station_->options.server_name.empty()) response.headers.set("Server", station_->options.server_name);
    const auto socket =
        std::make_shared<ServerWebSocket>(shared_from_this(), transport_, buffer_.take_all(),
                                          ServerWebSocket::Limits{session->limits(), limits().write_time});
    buffer_.shrink(0);
    co_await socket->accept(std::move(key), std::move(response.headers));
    web_socket_ = socket.get();
    if (station_->stopping) socket->close({1001, "Going away"});
    try {
        co_await session->run(socket);
    } catch (const std::exception& error) {
        log::error("A WebSocket's session failed", {{"error", error.what()}});
    }
    co_await socket->end();
    web_socket_ = nullptr;
    co_await linger();
}

// A stream that fails, or is not as long as declared, breaks the connection: the caller must not take what came for
// all.
Task<void> Connection::send_stream(std::shared_ptr<ByteStream> stream, std::optional<uint64_t> declared_bytes,
                                   bool chunked) {
    uint64_t sent_bytes = 0;
    try {
        while (auto piece = co_await stream->read()) {
            sent_bytes += piece->size();
            if (declared_bytes && sent_bytes > *declared_bytes) throw StreamBroken("longer than declared");
            if (chunked) {
                const auto line = chunk_line(piece->size());
                co_await transport_.write({line, *piece, "\r\n"}, limits().write_time);
            } else {
                co_await transport_.write({*piece, "", ""}, limits().write_time);
            }
        }
        if (declared_bytes && sent_bytes != *declared_bytes) throw StreamBroken("shorter than declared");
        if (chunked) co_await transport_.write({"0\r\n\r\n", "", ""}, limits().write_time);
    } catch (const std::exception& error) {
        log::debug("An answer broke off", {{"reason", error.what()}});
        stream->cancel();
        transport_.reset();
        throw Disconnected();
    }
}

// The rest of a body that the handler did not read; false if the connection ends rather than read all of it.
Task<bool> Connection::skip_body() {
    const bool short_rest = parser_->body_remaining().value_or(0) <= skip_bytes;
    if (reading_piece_ || !keep_alive_ || expects_continue_ || !short_rest) {
        if (!reading_piece_) co_await linger();
        co_return false;
    }
    const auto skip_due = due(linger_time);
    uint64_t skipped_bytes = 0;
    while (!parser_->done()) {
        piece_.clear();
        if (!parse_buffered()) co_await read_more(body_read_bytes, skip_due);
        skipped_bytes += piece_.size();
        if (skipped_bytes > skip_bytes || buffer_.size() > 2 * body_read_bytes) co_return false;
    }
    co_return true;
}

Task<void> Connection::refuse(int status, std::string reason) {
    count(station_->requests_refused);
    const auto response = plain_answer(status, reason.empty() ? http::reason(status) : std::string_view(reason));
    write_head(head_, response, {.keep_alive = false, .date = station_->date()});
    try {
        co_await transport_.write({head_, response.body, ""}, linger_time);
        co_await linger();
    } catch (const std::exception&) {  // gone already
    }
}

// Closing with unread bytes would reset the connection, and the caller could lose the answer.
Task<void> Connection::linger() {
    transport_.shut_down_sending();
    const auto end = due(linger_time);
    uint64_t dropped_bytes = 0;
    try {
        buffer_.consume(buffer_.size());
        while (dropped_bytes < 16 * skip_bytes) {
            const auto space = buffer_.space(body_read_bytes);
            const auto got = co_await transport_.read(space.data(), space.size(), end);
            if (got == 0) co_return;
            dropped_bytes += got;
        }
    } catch (const std::exception&) {  // slow or gone: closed all the same
    }
}

}  // namespace cumulet::net
