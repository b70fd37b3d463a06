#include "net/web_socket.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "net/transport_tls.h"
#include "runtime/log.h"

namespace cumulet::net {
namespace {

/// A handler behind a look at what came. Executor and allocator stay the handler's.
template <typename Handler, typename Look>
struct Looking {
    Handler handler;
    Look look;
    void operator()(boost::system::error_code error, size_t bytes) {
        look(error, bytes);
        handler(error, bytes);
    }
};

}  // namespace
}  // namespace cumulet::net

namespace boost::asio {

template <template <typename, typename> class Associator, typename Handler, typename Look, typename Default>
struct associator<Associator, cumulet::net::Looking<Handler, Look>, Default> : Associator<Handler, Default> {
    static typename Associator<Handler, Default>::type get(
        const cumulet::net::Looking<Handler, Look>& looking) noexcept {
        return Associator<Handler, Default>::get(looking.handler);
    }
    static typename Associator<Handler, Default>::type get(const cumulet::net::Looking<Handler, Look>& looking,
                                                           const Default& fallback) noexcept {
        return Associator<Handler, Default>::get(looking.handler, fallback);
    }
};

}  // namespace boost::asio

namespace cumulet::net {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds goodbye_time{2'000};  // for a peer to answer that it closes too
constexpr size_t kept_buffer_bytes = 4 << 10;             // between messages
constexpr auto frame_too_large = boost::system::errc::message_size;

uint16_t code_of(const error_code& error) {
    if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) return 1009;
    if (error == websocket::error::bad_frame_payload) return 1007;
    if (error == websocket::condition::protocol_violation) return 1002;
    return 1006;
}

}  // namespace

bool FrameSizes::read_header(std::string_view& bytes) {
    const auto length_bytes = [&]() -> size_t {
        if (header_size_ < 2) return 0;
        const auto length = header_[1] & 0x7f;
        return length == 127 ? 8 : length == 126 ? 2 : 0;
    };
    while (header_size_ < 2 + length_bytes()) {
        if (bytes.empty()) return false;
        header_[header_size_++] = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
    }
    payload_left_ = length_bytes() ? 0 : header_[1] & 0x7f;
    for (size_t i = 2; i < header_size_; ++i) payload_left_ = payload_left_ << 8 | header_[i];
    header_size_ = 0;
    return true;
}

bool FrameSizes::pass(std::string_view bytes) {
    while (true) {
        const auto skipped = std::min<uint64_t>(payload_left_, bytes.size());
        payload_left_ -= skipped;
        bytes.remove_prefix(skipped);
        if (bytes.empty() || !read_header(bytes)) return true;
        if (payload_left_ > max_frame_bytes_) return false;
        if (header_[1] & 0x80) payload_left_ += 4;  // the mask
    }
}

/// What Beast reads from and writes to: a transport, and before that the bytes that came behind the request.
class WebSocketWire {
  public:
    using executor_type = Socket::executor_type;

    WebSocketWire(Transport& transport, std::string received, size_t max_frame_bytes)
        : transport_(transport), received_(std::move(received)), frames_(max_frame_bytes) {}
    executor_type get_executor() { return transport_.socket_.get_executor(); }

    template <typename Buffers, typename Handler>
    void async_read_some(const Buffers& buffers, Handler&& handler) {
        const auto look =
            [this, into = static_cast<const char*>(asio::mutable_buffer(*asio::buffer_sequence_begin(buffers)).data())](
                error_code& error, size_t bytes) {
                if (!error && !frames_.pass({into, bytes})) error = make_error_code(frame_too_large);
            };
        const asio::mutable_buffer first = *asio::buffer_sequence_begin(buffers);
        Looking<std::decay_t<Handler>, decltype(look)> looking{std::forward<Handler>(handler), look};
        if (!received_.empty()) {
            const auto bytes = std::min(first.size(), received_.size());
            std::memcpy(first.data(), received_.data(), bytes);
            received_.erase(0, bytes);
            if (received_.empty()) received_ = std::string();
            asio::post(get_executor(), beast::bind_front_handler(std::move(looking), error_code(), bytes));
        } else if (transport_.tls_) {
            transport_.tls_->stream.async_read_some(first, std::move(looking));
        } else {
            transport_.socket_.async_read_some(first, std::move(looking));
        }
    }

    template <typename Buffers, typename Handler>
    void async_write_some(const Buffers& buffers, Handler&& handler) {
        if (transport_.tls_) {
            transport_.tls_->stream.async_write_some(buffers, std::forward<Handler>(handler));
        } else {
            transport_.socket_.async_write_some(buffers, std::forward<Handler>(handler));
        }
    }

    void read_until(Tick due) { transport_.read_due_ = due; }
    void write_until(Tick due) { transport_.write_due_ = due; }
    Tick due(std::chrono::milliseconds limit) const { return transport_.loop_.due(limit); }
    Transport& transport() { return transport_; }

    /// The connection lingers, and closes the socket after that.
    template <typename Handler>
    friend void async_teardown(beast::role_type, WebSocketWire& wire, Handler&& handler) {
        asio::post(wire.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), error_code()));
    }
    friend void beast_close_socket(WebSocketWire& wire) { wire.transport_.close(); }

  private:
    Transport& transport_;
    std::string received_;
    FrameSizes frames_;
};

struct ServerWebSocket::Stream {
    Stream(Transport& transport, std::string received, const WebSocketLimits& limits)
        : socket(transport, std::move(received), limits.max_frame_bytes) {
        socket.read_message_max(limits.max_message_bytes);
        socket.auto_fragment(false);
    }
    WebSocketWire& wire() { return socket.next_layer(); }

    websocket::stream<WebSocketWire, false> socket;
    beast::flat_buffer buffer;
};

ServerWebSocket::ServerWebSocket(std::shared_ptr<Connection> connection, Transport& transport, std::string received,
                                 Limits limits)
    : connection_(std::move(connection)),
      limits_(limits),
      reactor_(Reactor::current()),
      stream_(std::make_unique<Stream>(transport, std::move(received), limits.of_messages)),
      last_heard_(reactor_.now()) {
    stream_->socket.control_callback(
        [this](websocket::frame_type, beast::string_view) { last_heard_ = reactor_.now(); });
}

ServerWebSocket::~ServerWebSocket() = default;

Task<void> ServerWebSocket::accept(std::string key, http::Headers fields) {
    using beast::http::field;
    beast::http::request<beast::http::empty_body> handshake(beast::http::verb::get, "/", 11);
    handshake.set(field::host, "cumulet");
    handshake.set(field::upgrade, "websocket");
    handshake.set(field::connection, "Upgrade");
    handshake.set(field::sec_websocket_version, "13");
    handshake.set(field::sec_websocket_key, beast::string_view(key.data(), key.size()));
    stream_->socket.set_option(websocket::stream_base::decorator([&](websocket::response_type& response) {
        response.set(field::server, "Cumulet");
        for (const auto& each : fields) {
            if (each.value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) continue;
            response.set(each.name, each.value);
        }
    }));
    Operation operation(read_memory_);
    stream_->wire().write_until(stream_->wire().due(limits_.write_time));
    co_await operation.run([&](Operation::Done done) { stream_->socket.async_accept(handshake, std::move(done)); });
    stream_->wire().write_until(0);
    stream_->socket.set_option(websocket::stream_base::decorator([](websocket::response_type&) {}));
    if (operation.error) note_end(operation.error);
}

Task<std::optional<WebSocketMessage>> ServerWebSocket::read() {
    if (ended_) co_return std::nullopt;
    auto& buffer = stream_->buffer;
    if (buffer.capacity() > kept_buffer_bytes) buffer.shrink_to_fit();
    Operation operation(read_memory_);
    co_await operation.run([&](Operation::Done done) { stream_->socket.async_read(buffer, std::move(done)); });
    if (operation.error) {
        if (operation.error == frame_too_large) co_await refuse_frame();
        note_end(operation.error);
        co_return std::nullopt;
    }
    last_heard_ = reactor_.now();
    WebSocketMessage message{.bytes = std::string(static_cast<const char*>(buffer.data().data()), buffer.size()),
                             .binary = stream_->socket.got_binary()};
    buffer.clear();
    co_return message;
}

void ServerWebSocket::note_end(const error_code& error) {
    ended_ = true;
    stream_->wire().read_until(0);
    if (code_of(error) == 1006 && error != websocket::error::closed) stream_->wire().transport().stop_reading();
    if (closing_down_) return;
    if (error == websocket::error::closed) {
        const auto& given = stream_->socket.reason();
        closing_.code = given.code == websocket::close_code::none ? 1005 : given.code;
        closing_.reason.assign(given.reason.data(), given.reason.size());
    } else if (error == frame_too_large) {
        closing_ = {1009, "Message too big"};
    } else {
        closing_.code = code_of(error);
    }
}

// Beast has given the connection up, so nothing else is written to it.
Task<void> ServerWebSocket::refuse_frame() {
    const auto turn = co_await turns_.acquire();
    try {
        co_await stream_->wire().transport().write({std::string_view("\x88\x02\x03\xf1", 4), "", ""}, goodbye_time);
    } catch (const std::exception&) {  // gone already
    }
}

Task<void> ServerWebSocket::send(WebSocketMessage message) {
    if (ended_ || closing_down_) throw WebSocketEnded();
    const auto size = message.bytes.size();
    if (waiting_bytes_ + size > most_waiting_bytes) throw WebSocketCongested();
    waiting_bytes_ += size;
    const auto self = shared_from_this();
    const auto turn = co_await turns_.acquire();
    OperationMemory memory;
    Operation operation(memory);
    if (!ended_) {
        auto& wire = stream_->wire();
        stream_->socket.binary(message.binary);
        wire.write_until(wire.due(limits_.write_time));
        co_await operation.run(
            [&](Operation::Done done) { stream_->socket.async_write(asio::buffer(message.bytes), std::move(done)); });
        wire.write_until(0);
    }
    waiting_bytes_ -= size;
    if (ended_ || operation.error) throw WebSocketEnded();
}

void ServerWebSocket::close(WebSocketClosing closing) {
    if (ended_ || closing_down_) return;
    closing_down_ = true;
    closing_ = std::move(closing);
    reactor_.start(say_goodbye(shared_from_this()));
}

Task<void> ServerWebSocket::end() {
    close({1011, "Internal server error"});
    while (co_await read()) {
    }
    const auto turn = co_await turns_.acquire();
}

Task<void> ServerWebSocket::say_goodbye(std::shared_ptr<ServerWebSocket>) {
    const auto turn = co_await turns_.acquire();
    auto& wire = stream_->wire();
    if (ended_) co_return;
    wire.read_until(wire.due(goodbye_time));
    wire.write_until(wire.due(goodbye_time));
    OperationMemory memory;
    Operation operation(memory);
    const websocket::close_reason reason(static_cast<websocket::close_code>(closing_.code),
                                         beast::string_view(closing_.reason.data(), closing_.reason.size()));
    co_await operation.run([&](Operation::Done done) { stream_->socket.async_close(reason, std::move(done)); });
    wire.write_until(0);
    if (operation.error) wire.transport().stop_reading();
}

}  // namespace cumulet::net
