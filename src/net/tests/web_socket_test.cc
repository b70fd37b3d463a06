// WebSockets of the server, over real sockets: what is refused, what is closed and why, what is bounded.

#include "net/web_socket.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

#include "base/bytes.h"
#include "base/hash.h"
#include "net/tests/support/raw_client.h"
#include "net/tests/support/running_server.h"

namespace cumulet::net::test {
namespace {

using namespace std::chrono_literals;

/// Sends back what it gets, and remembers how the connection ended.
class Echo final : public WebSocketSession {
  public:
    Task<void> run(std::shared_ptr<WebSocket> socket) override {
        while (auto message = co_await socket->read()) {
            if (message->bytes == "leave") socket->close({4001, "as you wish"});
            if (message->bytes == "throw") throw std::runtime_error("thrown");
            try {
                const auto copies = message->bytes == "flood" ? 100 : 1;
                for (int i = 0; i < copies; ++i) co_await socket->send(*message);
            } catch (const WebSocketEnded&) {
            }
        }
        {
            const std::lock_guard lock(mutex_);
            closing_ = socket->closing();
        }
        ended_.notify_all();
    }
    /// How the last connection ended, once it has.
    WebSocketClosing closing() {
        std::unique_lock lock(mutex_);
        ended_.wait_for(lock, 10s, [&] { return closing_.has_value(); });
        return closing_.value_or(WebSocketClosing{0, "still open"});
    }

  private:
    std::mutex mutex_;
    std::condition_variable ended_;
    std::optional<WebSocketClosing> closing_;
};

/// A server whose every WebSocket is the same echo.
struct EchoServer {
    explicit EchoServer(ServerOptions options = {})
        : running([this](http::Request request) { return answer(std::move(request)); }, std::move(options)) {}

    Task<http::Response> answer(http::Request request) {
        http::Response response;
        if (!asks_for_web_socket(request)) co_return response;
        if (auto refused = refuse_handshake(request)) co_return std::move(*refused);
        response.status = 101;
        response.headers.add("Sec-WebSocket-Protocol", "chat");
        response.stream = echo;
        co_return response;
    }
    WebSocketClosing closing() { return echo->closing(); }

    std::shared_ptr<Echo> echo = std::make_shared<Echo>();
    RunningServer running;
};

constexpr std::string_view handshake =
    "GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A frame as clients send it: masked by `mask`, or not at all.
std::string frame(unsigned first_byte, std::string_view payload, bool masked = true) {
    std::string bytes(1, static_cast<char>(first_byte));
    const unsigned mark = masked ? 0x80 : 0;
    if (payload.size() < 126) {
        bytes += static_cast<char>(mark | payload.size());
    } else if (payload.size() < 65536) {
        bytes += static_cast<char>(mark | 126);
        for (int shift = 8; shift >= 0; shift -= 8) bytes += static_cast<char>(payload.size() >> shift);
    } else {
        bytes += static_cast<char>(mark | 127);
        for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(payload.size() >> shift);
    }
    if (!masked) return bytes.append(payload);
    constexpr std::string_view mask = "\x11\x22\x33\x44";
    bytes += mask;
    for (size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
    return bytes;
}
std::string text(std::string_view payload) { return frame(0x81, payload); }

std::string close_frame(uint16_t code) {
    return {'\x88', 2, static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
}

struct Talk {
    explicit Talk(EchoServer& server, std::string_view behind = "") : client(server.running.port) {
        client.send(std::string(handshake) + std::string(behind));
        head = client.read_answer(true);
    }
    RawClient client;
    RawAnswer head;
};

TEST(WebSocketHandshake, AnswersTheKeyOfTheRfc) {
    EchoServer server;
    Talk talk(server);
    EXPECT_EQ(talk.head.status, 101);
    EXPECT_TRUE(talk.head.has("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    EXPECT_TRUE(talk.head.has("Sec-WebSocket-Protocol: chat"));
}

TEST(WebSocketHandshake, RefusesWhatTheRfcDoesNotAllow) {
    const std::string right(handshake);
    const auto with = [&](std::string_view from, std::string_view to) {
        auto changed = right;
        return changed.replace(changed.find(from), from.size(), to);
    };
    const struct {
        const char* name;
        std::string request;
        int status;
    } rows[] = {{"another version", with("Version: 13", "Version: 8"), 426},
                {"no version", with("Sec-WebSocket-Version: 13\r\n", ""), 426},
                {"no key", with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400},
                {"a short key", with("dGhlIHNhbXBsZSBub25jZQ==", "YWJj"), 400},
                {"a key that is no Base64", with("dGhlIHNhbXBsZSBub25jZQ==", "????IHNhbXBsZSBub25jZQ=="), 400},
                {"two keys", with("\r\n\r\n", "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"), 400},
                {"no Connection", with("Connection: keep-alive, Upgrade\r\n", ""), 400},
                {"POST", with("GET", "POST"), 400},
                {"a body", with("Host: x", "Content-Length: 3\r\nHost: x") + "abc", 400},
                {"HTTP/1.0", with("HTTP/1.1", "HTTP/1.0"), 400}};
    for (const auto& row : rows) {
        EchoServer server;
        RawClient client(server.running.port);
        client.send(row.request);
        EXPECT_EQ(client.read_answer().status, row.status) << row.name;
    }
}

TEST(WebSocket, TakesWhatCameBehindTheHandshake) {
    EchoServer server;
    Talk talk(server, text("early") + frame(0x88, ""));
    EXPECT_EQ(talk.client.read_to_end(), std::string("\x81\x05") + "early" + close_frame(1000));
    EXPECT_EQ(server.closing().code, 1005);
}

TEST(WebSocket, JoinsFragmentsAndAnswersPings) {
    EchoServer server;
    Talk talk(server);
    talk.client.send(frame(0x01, "one ") + frame(0x89, "ping") + frame(0x80, "two") + frame(0x82, "\x01\x02"));
    talk.client.send(frame(0x88, std::string("\x03\xe8", 2) + "bye"));
    EXPECT_EQ(talk.client.read_to_end(),
              std::string("\x8a\x04") + "ping" + "\x81\x07" + "one two" + "\x82\x02\x01\x02" + "\x88\x02\x03\xe8");
    EXPECT_EQ(server.closing().code, 1000);
    EXPECT_EQ(server.closing().reason, "bye");
}

TEST(WebSocket, ClosesWithTheCodeOfWhatIsWrong) {
    const struct {
        const char* name;
        std::string bytes;
        uint16_t code;
    } rows[] = {{"not masked", frame(0x81, "hello", false), 1002},
                {"a reserved bit", frame(0xc1, "hello"), 1002},
                {"an unknown opcode", frame(0x83, "hello"), 1002},
                {"a continuation of nothing", frame(0x80, "hello"), 1002},
                {"a ping in pieces", frame(0x09, "hello"), 1002},
                {"a long ping", frame(0x89, std::string(126, 'x')), 1002},
                {"a close code that may not be sent", frame(0x88, std::string("\x03\xed", 2)), 1002},
                {"text that is no UTF-8", text("\xc0\xaf"), 1007},
                {"a surrogate", text("\xed\xa0\x80"), 1007},
                {"a frame of 32 KB and one byte", text(std::string((32 << 10) + 1, 'x')), 1009},
                {"a frame of 2^62 bytes", std::string("\x81\xff\x40\0\0\0\0\0\0\0", 10), 1009}};
    for (const auto& row : rows) {
        EchoServer server;
        Talk talk(server);
        talk.client.send(row.bytes);
        EXPECT_EQ(talk.client.read_to_end(), close_frame(row.code)) << row.name;
        EXPECT_EQ(server.closing().code, row.code) << row.name;
    }
}

TEST(WebSocket, TakesMessagesOf128KbInFramesOf32KbAndNoMore) {
    EchoServer server;
    Talk talk(server);
    const std::string part(32 << 10, 'x');
    talk.client.send(frame(0x01, part) + frame(0x00, part) + frame(0x00, part) + frame(0x80, part));
    talk.client.send(frame(0x01, part) + frame(0x00, part) + frame(0x00, part) + frame(0x00, part) + frame(0x80, "x"));
    const auto got = talk.client.read_to_end();
    EXPECT_EQ(got.size(), 10 + 4 * part.size() + 4);
    EXPECT_TRUE(got.ends_with(close_frame(1009)));
    EXPECT_EQ(server.closing().code, 1009);
}

TEST(WebSocket, EndsWithoutAWordWhereThePeerDoes) {
    EchoServer server;
    {
        Talk talk(server);
        talk.client.send(text("half").substr(0, 4));
    }
    EXPECT_EQ(server.closing().code, 1006);
}

TEST(WebSocket, ClosesAsItsSessionSays) {
    EchoServer server;
    Talk talk(server);
    talk.client.send(text("leave"));
    EXPECT_TRUE(talk.client.readable_within(2s));
    talk.client.send(frame(0x88, "\x0f\xa1"));
    EXPECT_EQ(talk.client.read_to_end(), std::string("\x88\x0d\x0f\xa1") + "as you wish");
    EXPECT_EQ(server.closing().code, 4001);
}

TEST(WebSocket, ClosesWhereItsSessionFails) {
    EchoServer server;
    Talk talk(server);
    talk.client.send(text("throw"));
    EXPECT_TRUE(talk.client.readable_within(2s));
    talk.client.send(frame(0x88, "\x03\xf3"));
    EXPECT_TRUE(talk.client.read_to_end().starts_with(std::string("\x88\x17\x03\xf3") + "Internal"));
}

TEST(WebSocket, SaysGoodbyeWhenTheServerStops) {
    EchoServer server;
    Talk talk(server);
    talk.client.send(text("hello"));
    EXPECT_EQ(talk.client.read_bytes(7), std::string("\x81\x05") + "hello");
    std::thread stopping([&] { server.running.stop(5s); });
    EXPECT_EQ(talk.client.read_bytes(14), std::string("\x88\x0c\x03\xe9") + "Going away");
    talk.client.send(frame(0x88, "\x03\xe9"));
    EXPECT_TRUE(talk.client.closes());
    stopping.join();
    EXPECT_EQ(server.closing().code, 1001);
}

TEST(WebSocket, DropsAPeerThatTakesNothing) {
    ServerOptions options;
    options.limits.write_time = 300ms;
    EchoServer server(std::move(options));
    RawClient client(server.running.port, 4096);
    client.send(handshake);
    client.read_answer(true);
    const auto piece = text(std::string(30'000, 'x'));
    std::string flood;
    for (int i = 0; i < 1000; ++i) flood += piece;
    EXPECT_LT(client.send_until_stuck(flood), flood.size());
    EXPECT_EQ(server.closing().code, 1006);
}

TEST(FrameSizes, NoticesALargeFrameInAnySplit) {
    const auto small = text("abc") + frame(0x81, std::string(200, 'y'));
    const auto large = text(std::string(301, 'z'));
    const auto all = small + large;
    for (size_t step = 1; step < 20; ++step) {
        FrameSizes sizes(300);
        size_t passed = 0;
        while (passed < all.size() && sizes.pass(std::string_view(all).substr(passed, step))) passed += step;
        EXPECT_LT(passed, small.size() + 4);
        EXPECT_GE(passed + step, small.size() + 4);
    }
}

}  // namespace
}  // namespace cumulet::net::test
