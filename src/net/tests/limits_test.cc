// What the server refuses: each limit, each timeout, each way to make two parsers disagree.
#include <gtest/gtest.h>

#include <thread>

#include "net/tests/support/raw_client.h"
#include "net/tests/support/running_server.h"

namespace cumulet::net {
namespace {

using test::RawClient;
using test::RunningServer;
using namespace std::chrono_literals;

Task<http::Response> size_of_body(http::Request request) {
    http::Response response;
    response.body =
        std::to_string(request.stream ? (co_await read_all(request.stream, 64 << 20)).size() : request.body.size());
    co_return response;
}

const std::string start = "GET / HTTP/1.1\r\nHost: x\r\n";
const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string next = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

struct Refused {
    std::string name;
    std::string bytes;
    int status;
};

void PrintTo(const Refused& row, std::ostream* out) { *out << row.name; }

class Refusal : public testing::TestWithParam<Refused> {};

TEST_P(Refusal, AnswersOnceAndCloses) {
    RunningServer server(size_of_body);
    RawClient client(server.port);
    client.send(GetParam().bytes + next);
    EXPECT_EQ(client.read_answer().status, GetParam().status);
    client.shut_down_sending();
    EXPECT_TRUE(client.closes());
    EXPECT_EQ(server.server.counters().requests, 0u);

    RawClient other(server.port);
    other.send(start + "\r\n");
    EXPECT_EQ(other.read_answer().status, 200);
}

using namespace std::string_literals;

INSTANTIATE_TEST_SUITE_P(
    Smuggling, Refusal,
    testing::Values(
        Refused{"BothLengthAndEncoding",
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Refused{"BothEncodingAndLength",
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400},
        Refused{"DifferingLengths", start + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400},
        Refused{"RepeatedLength", start + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400},
        Refused{"ListOfLengths", start + "Content-Length: 4, 4\r\n\r\nabcd", 400},
        Refused{"SignedLength", start + "Content-Length: +4\r\n\r\nabcd", 400},
        Refused{"NegativeLength", start + "Content-Length: -1\r\n\r\n", 400},
        Refused{"HexadecimalLength", start + "Content-Length: 0x4\r\n\r\nabcd", 400},
        Refused{"EmptyLength", start + "Content-Length: \r\n\r\n", 400},
        Refused{"OverflowingLength", start + "Content-Length: 18446744073709551617\r\n\r\n", 400},
        Refused{"UnknownEncoding", start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
        Refused{"ChunkedNotLast", start + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501},
        Refused{"EncodingTwice", start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400},
        Refused{"EncodingInQuotes", start + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 501},
        Refused{"EncodingInOldVersion", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Refused{"SpaceBeforeColon", start + "Content-Length : 4\r\n\r\nabcd", 400},
        Refused{"FoldedField", start + "X-Folded: a\r\n b\r\n\r\n", 400},
        Refused{"FoldedFirstField", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
        Refused{"BareLineFeed", "GET / HTTP/1.1\nHost: x\n\n", 400},
        Refused{"BareLineFeedInFields", "GET / HTTP/1.1\r\nHost: x\nX-Hidden: y\r\n\r\n", 400},
        Refused{"BareCarriageReturn", start + "X-A: b\rX-Hidden: y\r\n\r\n", 400},
        Refused{"NulInValue", start + "X-A: b"s + '\0' + "c\r\n\r\n", 400},
        Refused{"NulInName", start + "X-A"s + '\0' + ": b\r\n\r\n", 400},
        Refused{"FieldWithoutColon", start + "Nonsense\r\n\r\n", 400},
        Refused{"EmptyFieldName", start + ": value\r\n\r\n", 400}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(Chunks, Refusal,
                         testing::Values(Refused{"NotHexadecimal", chunked + "xyz\r\nabc\r\n0\r\n\r\n", 400},
                                         Refused{"EmptySize", chunked + "\r\nabc\r\n0\r\n\r\n", 400},
                                         Refused{"NegativeSize", chunked + "-1\r\nabc\r\n0\r\n\r\n", 400},
                                         Refused{"PrefixedSize", chunked + "0x3\r\nabc\r\n0\r\n\r\n", 400},
                                         Refused{"OverflowingSize", chunked + "10000000000000003\r\nabc\r\n0\r\n\r\n",
                                                 400},
                                         Refused{"LongerThanItsSize", chunked + "3\r\nabcd\r\n0\r\n\r\n", 400},
                                         Refused{"BareLineFeed", chunked + "3\nabc\n0\n\n", 400},
                                         Refused{"SpaceAfterSize", chunked + "3 \r\nabc\r\n0\r\n\r\n", 400},
                                         Refused{"EndlessSizeLine", chunked + "3;a=" + std::string(200'000, 'x'), 400},
                                         Refused{"BadTrailer", chunked + "0\r\nno trailer\r\n\r\n", 400}),
                         [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Heads, Refusal,
    testing::Values(Refused{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
                    Refused{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
                    Refused{"OtherVersion", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400},
                    Refused{"NoVersion", "GET /\r\n\r\n", 400},
                    Refused{"BadMethod", "G\x01T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
                    Refused{"RelativeTarget", "GET a/b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
                    Refused{"SchemeAsTarget", "GET http HTTP/1.1\r\nHost: x\r\n\r\n", 400},
                    Refused{"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
                    Refused{"TlsOnAPlainPort", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
                    Refused{"LongRequestLine", "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n",
                            414},
                    Refused{"EndlessRequestLine", "GET /" + std::string(80'000, 'a'), 414},
                    Refused{"LargeHead", start + "X-Large: " + std::string(66'000, 'a') + "\r\n\r\n", 431},
                    Refused{"EndlessHead", start + "X-Large: " + std::string(300'000, 'a'), 431},
                    Refused{"LargeBody", start + "Content-Length: 99999999999\r\n\r\n", 413}),
    [](const auto& row) { return row.param.name; });

TEST(Limits, CountsHeaderFields) {
    RunningServer server(size_of_body);
    auto request = [](int fields) {
        std::string bytes = "GET / HTTP/1.1\r\nHost: x\r\n";
        for (int i = 0; i < fields; ++i) bytes += fmt::format("X-{}: y\r\n", i);
        return bytes + "\r\n";
    };
    RawClient client(server.port);
    client.send(request(199));
    EXPECT_EQ(client.read_answer().status, 200);
    client.send(request(200));
    EXPECT_EQ(client.read_answer().status, 431);
}

TEST(Limits, CountsABodyInChunks) {
    ServerOptions options;
    options.limits.max_body_bytes = 1000;
    options.limits.max_stream_bytes = 2000;
    options.stream_body = [](const http::Request& head) { return head.path == "/stream"; };
    RunningServer server(size_of_body, options);
    const std::string chunk = "1f4\r\n" + std::string(500, 'x') + "\r\n";
    {
        RawClient client(server.port);
        client.send(chunked + chunk + chunk + "0\r\n\r\n");
        EXPECT_EQ(client.read_answer().body, "1000");
        client.send(chunked + chunk + chunk + chunk);
        EXPECT_EQ(client.read_answer().status, 413);
    }
    {
        RawClient client(server.port);
        client.send("POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 2001\r\n\r\n");
        EXPECT_EQ(client.read_answer().status, 413);
    }
    {
        RawClient client(server.port);
        client.send("POST /stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk +
                    chunk + chunk);
        EXPECT_EQ(client.read_answer().status, 413);
        client.shut_down_sending();
        EXPECT_TRUE(client.closes());
    }
}

TEST(Limits, RefusesConnectionsPastTheirNumber) {
    ServerOptions options;
    options.limits.max_connections = 2;
    RunningServer server(size_of_body, options);
    RawClient first(server.port);
    RawClient second(server.port);
    first.send(start + "\r\n");
    second.send(start + "\r\n");
    EXPECT_EQ(first.read_answer().status, 200);
    EXPECT_EQ(second.read_answer().status, 200);
    RawClient third(server.port);
    EXPECT_EQ(third.read_answer().status, 503);
    EXPECT_TRUE(third.closes());
    first.send(start + "\r\n");
    EXPECT_EQ(first.read_answer().status, 200);
}

TEST(Limits, ClosesAnIdleConnection) {
    ServerOptions options;
    options.limits.idle_time = 50ms;
    RunningServer server(size_of_body, options);
    RawClient client(server.port);
    client.send(start + "\r\n");
    EXPECT_EQ(client.read_answer().status, 200);
    EXPECT_TRUE(client.closes());
    RawClient silent(server.port);
    EXPECT_TRUE(silent.closes());
}

TEST(Limits, RefusesASlowHead) {
    ServerOptions options;
    options.limits.head_time = 50ms;
    RunningServer server(size_of_body, options);
    RawClient client(server.port);
    client.send("GET / HTTP/1.1\r\nHos");
    EXPECT_EQ(client.read_answer().status, 408);
    client.shut_down_sending();
    EXPECT_TRUE(client.closes());
}

TEST(Limits, DoesNotLetDripsProlongAHead) {
    ServerOptions options;
    options.limits.head_time = 300ms;
    RunningServer server(size_of_body, options);
    RawClient client(server.port);
    client.send("GET / HTTP/1.1\r\n");
    const auto began = std::chrono::steady_clock::now();
    while (client.send_until_stuck("X"), !client.readable_within(20ms)) {
        ASSERT_LT(std::chrono::steady_clock::now() - began, 10s);
    }
    EXPECT_EQ(client.read_answer().status, 408);
}

TEST(Limits, RefusesASlowBody) {
    ServerOptions options;
    options.limits.body_time = 50ms;
    options.stream_body = [](const http::Request& head) { return head.path == "/stream"; };
    RunningServer server(size_of_body, options);
    RawClient client(server.port);
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhal");
    EXPECT_EQ(client.read_answer().status, 408);
    RawClient stream(server.port);
    stream.send("POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhal");
    EXPECT_EQ(stream.read_answer().status, 408);
    stream.shut_down_sending();
    EXPECT_TRUE(stream.closes());
}

TEST(Limits, DropsACallerWhoDoesNotTakeHisAnswer) {
    ServerOptions options;
    options.limits.write_time = 50ms;
    RunningServer server(
        [](http::Request) -> Task<http::Response> {
            http::Response response;
            response.body.assign(64 << 20, 'x');
            co_return response;
        },
        options);
    RawClient client(server.port, 4096);
    client.send(start + "\r\n");
    while (server.server.counters().connections_open > 0 || server.server.counters().requests == 0) {
        std::this_thread::yield();
    }
    EXPECT_FALSE(client.read_answer().complete);
}

TEST(Limits, SurvivesACallerWhoLeavesAnywhere) {
    RunningServer server(size_of_body);
    const auto bytes =
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789" + chunked + "3\r\nabc\r\n0\r\n\r\n";
    for (size_t cut = 0; cut < bytes.size(); cut += 3) {
        RawClient client(server.port);
        client.send(std::string_view(bytes).substr(0, cut));
    }
    RawClient client(server.port);
    client.send(start + "\r\n");
    EXPECT_EQ(client.read_answer().status, 200);
}

}  // namespace
}  // namespace cumulet::net
