#include "net/server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "net/tests/support/raw_client.h"
#include "net/tests/support/running_server.h"
#include "runtime/sync.h"

namespace cumulet::net {
namespace {

using test::RawAnswer;
using test::RawClient;
using test::RunningServer;
using namespace std::chrono_literals;

http::Response text(std::string body) {
    http::Response response;
    response.body = std::move(body);
    return response;
}

/// Says what it was asked: "METHOD target body".
Task<http::Response> echo(http::Request request) {
    auto body = request.stream ? co_await read_all(request.stream, 64 << 20) : request.body;
    co_return text(fmt::format("{} {} {}", request.method, request.target, body));
}

std::string get(std::string_view target, std::string_view more = "") {
    return fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n", target, more);
}
std::string post(std::string_view body, std::string_view more = "") {
    return fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{}\r\n{}", body.size(), more, body);
}

ServerOptions streaming() {
    ServerOptions options;
    options.stream_body = [](const http::Request&) { return true; };
    return options;
}

/// Gives `pieces` one after the other, then ends or breaks.
class Pieces final : public ByteStream {
  public:
    Pieces(std::vector<std::string> pieces, bool breaks = false) : pieces_(std::move(pieces)), breaks_(breaks) {}
    Task<std::optional<std::string>> read() override {
        if (next_ < pieces_.size()) co_return pieces_[next_++];
        if (breaks_) throw StreamBroken("as the test wants");
        co_return std::nullopt;
    }

  private:
    std::vector<std::string> pieces_;
    size_t next_ = 0;
    bool breaks_;
};

TEST(Server, KeepsTheConnectionForTheNextRequest) {
    RunningServer server(echo);
    RawClient client(server.port);
    for (const std::string target : {"/one", "/two", "/three"}) {
        client.send(get(target));
        const auto answer = client.read_answer();
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "GET " + target + " ");
        EXPECT_FALSE(answer.has("Connection: close"));
    }
    EXPECT_EQ(server.server.counters().connections_accepted, 1u);
    EXPECT_EQ(server.server.counters().requests, 3u);
}

TEST(Server, AnswersPipelinedRequestsInTheirOrder) {
    RunningServer server(echo);
    RawClient client(server.port);
    std::string all;
    for (int i = 0; i < 50; ++i) all += post(fmt::format("body {}", i)) + get(fmt::format("/{}", i));
    client.send(all);
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(client.read_answer().body, fmt::format("POST / body {}", i));
        EXPECT_EQ(client.read_answer().body, fmt::format("GET /{} ", i));
    }
}

TEST(Server, ReadsARequestHoweverItIsSplit) {
    RunningServer server(echo);
    const auto request =
        post("hello") + "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for (size_t split = 1; split < request.size(); split += 7) {
        RawClient client(server.port);
        client.send(std::string_view(request).substr(0, split));
        client.send(std::string_view(request).substr(split));
        EXPECT_EQ(client.read_answer().body, "POST / hello");
        EXPECT_EQ(client.read_answer().body, "POST /c abc");
    }
}

TEST(Server, ReadsAChunkedBodyWithExtensionsAndTrailers) {
    RunningServer server(echo);
    RawClient client(server.port);
    client.send(
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5;name=value\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nX-Trailer: here\r\n\r\n");
    EXPECT_EQ(client.read_answer().body, "POST / hello world");
    client.send(get("/after"));
    EXPECT_EQ(client.read_answer().body, "GET /after ");
}

TEST(Server, SaysContinueOnlyToACallerWhoWaits) {
    RunningServer server(echo);
    RawClient client(server.port);
    client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 100);
    client.send("hello");
    EXPECT_EQ(client.read_answer().body, "PUT / hello");
    client.send(post("hasty", "Expect: 100-continue\r\n"));
    EXPECT_EQ(client.read_answer().body, "POST / hasty");
}

TEST(Server, RefusesTheBodyBeforeItIsSent) {
    ServerOptions options;
    options.limits.max_body_bytes = 10;
    RunningServer server(echo, options);
    RawClient client(server.port);
    client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 413);
    client.shut_down_sending();
    EXPECT_TRUE(client.closes());
}

TEST(Server, RefusesAnUnknownExpectation) {
    RunningServer server(echo);
    RawClient client(server.port);
    client.send(post("x", "Expect: miracles\r\n"));
    EXPECT_EQ(client.read_answer().status, 417);
}

TEST(Server, StreamsARequestBody) {
    RunningServer server(echo, streaming());
    RawClient client(server.port);
    const std::string large(3 << 20, 'x');
    client.send(post(large));
    EXPECT_EQ(client.read_answer().body, "POST / " + large);
    client.send(get("/after"));
    EXPECT_EQ(client.read_answer().body, "GET /after ");
}

TEST(Server, SlowsTheSenderOfABodyThatNobodyReads) {
    Gates gates;
    std::atomic<bool> go{false};
    RunningServer server(
        [&](http::Request request) -> Task<http::Response> {
            const auto seen = gates.version("go");
            if (!go) co_await gates.wait("go", seen, Time::max());
            co_return text(std::to_string((co_await read_all(request.stream, 1 << 30)).size()));
        },
        streaming());
    RawClient client(server.port);
    const std::string body(64 << 20, 'x');
    client.send(fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.size()));
    const auto taken = client.send_until_stuck(body);
    EXPECT_LT(taken, body.size() / 2);  // what the kernel's buffers hold; Cumulet holds nothing
    go = true;
    gates.wake("go");
    client.send(std::string_view(body).substr(taken));
    EXPECT_EQ(client.read_answer().body, std::to_string(body.size()));
}

TEST(Server, ReadsAStreamedAnswerOnlyAsFastAsItIsTaken) {
    std::atomic<size_t> given{0};
    class Endless final : public ByteStream {
      public:
        explicit Endless(std::atomic<size_t>& given) : given_(given) {}
        Task<std::optional<std::string>> read() override {
            if (given_ >= 1024) co_return std::nullopt;
            ++given_;
            co_return std::string(64 << 10, 'x');
        }

      private:
        std::atomic<size_t>& given_;
    };
    RunningServer server([&given](http::Request) -> Task<http::Response> {
        http::Response response;
        response.stream = std::make_shared<Endless>(given);
        co_return response;
    });
    RawClient client(server.port, 64 << 10);
    client.send(get("/"));
    RawClient other(server.port);  // served while the slow one is not: the writer waits without holding the reactor
    other.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(other.read_answer(true).status, 200);
    EXPECT_LT(given, 512u);
    EXPECT_EQ(client.read_answer().body.size(), size_t{64} << 20);
}

TEST(Server, SendsAStreamInChunksOrByItsDeclaredLength) {
    RunningServer server([](http::Request request) -> Task<http::Response> {
        http::Response response;
        response.stream = std::make_shared<Pieces>(std::vector<std::string>{"hello", " ", "world"});
        if (request.path == "/declared") response.stream_size = 11;
        co_return response;
    });
    RawClient client(server.port);
    client.send(get("/chunked"));
    const auto chunked = client.read_answer();
    EXPECT_TRUE(chunked.has("Transfer-Encoding: chunked"));
    EXPECT_EQ(chunked.body, "hello world");
    client.send(get("/declared"));
    const auto declared = client.read_answer();
    EXPECT_TRUE(declared.has("Content-Length: 11"));
    EXPECT_EQ(declared.body, "hello world");
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto old = client.read_answer();
    EXPECT_FALSE(old.has("chunked"));
    EXPECT_TRUE(old.has("Connection: close"));
    EXPECT_EQ(old.body, "hello world");
}

TEST(Server, BreaksTheConnectionWhenAStreamFailsMidway) {
    RunningServer server([](http::Request request) -> Task<http::Response> {
        http::Response response;
        response.stream = std::make_shared<Pieces>(std::vector<std::string>{"half"}, request.path == "/breaks");
        if (request.path == "/short") response.stream_size = 8;
        if (request.path == "/long") response.stream_size = 2;
        co_return response;
    });
    for (const std::string target : {"/breaks", "/short", "/long"}) {
        RawClient client(server.port);
        client.send(get(target));
        EXPECT_FALSE(client.read_answer().complete) << target;
    }
}

TEST(Server, StreamsBothWaysAtOnce) {
    RunningServer server(
        [](http::Request request) -> Task<http::Response> {
            http::Response response;
            response.stream = request.stream;
            response.stream_size = request.stream_size;
            co_return response;
        },
        streaming());
    RawClient client(server.port);
    const std::string body(100'000, 'y');
    client.send(post(body));
    EXPECT_EQ(client.read_answer().body, body);
    client.send(post("again"));
    EXPECT_EQ(client.read_answer().body, "again");
}

TEST(Server, KeepsTheConnectionWhenAShortBodyIsNotRead) {
    RunningServer server([](http::Request) -> Task<http::Response> { co_return text("no thanks"); }, streaming());
    RawClient client(server.port);
    client.send(post(std::string(100'000, 'x')) + post("y"));
    EXPECT_EQ(client.read_answer().body, "no thanks");
    EXPECT_EQ(client.read_answer().body, "no thanks");
}

TEST(Server, SendsNoBodyWhereThereMayBeNone) {
    RunningServer server([](http::Request request) -> Task<http::Response> {
        auto response = text("body");
        if (request.path == "/204") response.status = 204;
        if (request.path == "/304") response.status = 304;
        if (request.path == "/object") {
            response.body.clear();
            response.headers.set("Content-Length", "1234");
        }
        co_return response;
    });
    RawClient client(server.port);
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.read_answer(true).has("Content-Length: 4"));
    client.send("HEAD /object HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.read_answer(true).has("Content-Length: 1234"));
    client.send(get("/204") + get("/304") + get("/"));
    EXPECT_FALSE(client.read_answer().has("Content-Length"));
    EXPECT_EQ(client.read_answer().status, 304);
    EXPECT_EQ(client.read_answer().body, "body");
}

TEST(Server, ClosesWhenTheCallerWantsIt) {
    RunningServer server(echo);
    {
        RawClient client(server.port);
        client.send(get("/", "Connection: close\r\n"));
        EXPECT_TRUE(client.read_answer().has("Connection: close"));
        EXPECT_TRUE(client.closes());
    }
    {
        RawClient client(server.port);
        client.send("GET /old HTTP/1.0\r\n\r\n");
        EXPECT_EQ(client.read_answer().body, "GET /old ");
        EXPECT_TRUE(client.closes());
    }
    {
        RawClient client(server.port);
        client.send("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        EXPECT_TRUE(client.read_answer().has("Connection: keep-alive"));
        client.send("GET /older HTTP/1.0\r\n\r\n");
        EXPECT_EQ(client.read_answer().body, "GET /older ");
    }
}

TEST(Server, AnswersAHandlerThatThrowsWith500) {
    RunningServer server([](http::Request) -> Task<http::Response> {
        throw std::runtime_error("a bug");
        co_return http::Response{};
    });
    RawClient client(server.port);
    client.send(get("/"));
    EXPECT_EQ(client.read_answer().status, 500);
    EXPECT_TRUE(client.closes());
}

TEST(Server, LetsNoHandlerSplitAnAnswer) {
    RunningServer server([](http::Request) -> Task<http::Response> {
        auto response = text("x");
        response.headers.add("X-Echo", "a\r\nSet-Cookie: stolen\r\n\r\nHTTP/1.1 200 OK");
        response.headers.add("Content-Length", "999");
        response.headers.add("Transfer-Encoding", "chunked");
        co_return response;
    });
    RawClient client(server.port);
    client.send(get("/"));
    const auto answer = client.read_answer();
    EXPECT_FALSE(answer.has("\r\nSet-Cookie"));
    EXPECT_FALSE(answer.has("999"));
    EXPECT_FALSE(answer.has("chunked"));
    EXPECT_EQ(answer.body, "x");
}

TEST(Server, TakesTheHostFromAnAbsoluteTarget) {
    RunningServer server([](http::Request request) -> Task<http::Response> {
        co_return text(fmt::format("{} {} {}", request.host(), request.path, request.query));
    });
    RawClient client(server.port);
    client.send("GET http://bucket.example:4566/a/b?c=d HTTP/1.1\r\nHost: other\r\n\r\n");
    EXPECT_EQ(client.read_answer().body, "bucket.example:4566 /a/b c=d");
}

TEST(Server, ListensOnAUnixSocketForAllReactors) {
    const auto path =
        (std::filesystem::temp_directory_path() / fmt::format("cumulet-net-{}.sock", ::getpid())).string();
    ServerOptions options;
    options.listen = {"unix:" + path};
    {
        RunningServer server(echo, options, 2);
        for (int i = 0; i < 4; ++i) {
            RawClient client(path);
            client.send(get("/unix"));
            EXPECT_EQ(client.read_answer().body, "GET /unix ");
        }
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Server, ServesEveryConnectionOfSeveralReactors) {
    RunningServer server(echo, {}, 3);
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<RawClient>(server.port));
    for (auto& client : clients) client->send(get("/"));
    for (auto& client : clients) EXPECT_EQ(client->read_answer().status, 200);
    EXPECT_EQ(server.server.counters().connections_open, 20u);
}

TEST(Server, RefusesAPortThatIsTaken) {
    RunningServer server(echo);
    ServerOptions options;
    options.listen = {fmt::format("127.0.0.1:{}", server.port)};
    EXPECT_THROW(RunningServer(echo, options), ListenFailed);
    options.listen = {"nonsense:port"};
    EXPECT_THROW(RunningServer(echo, options), ListenFailed);
}

TEST(Server, StopsAfterTheAnswersInFlight) {
    Gates gates;
    std::atomic<bool> asked{false};
    RunningServer server([&](http::Request) -> Task<http::Response> {
        const auto seen = gates.version("go");
        asked = true;
        asked.notify_one();
        co_await gates.wait("go", seen, Time::max());
        co_return text("late");
    });
    RawClient busy(server.port);
    RawClient idle(server.port);
    busy.send(get("/"));
    asked.wait(false);
    std::thread stopper([&] { server.stop(10s); });
    EXPECT_TRUE(idle.closes());
    gates.wake("go");
    const auto answer = busy.read_answer();
    EXPECT_EQ(answer.body, "late");
    EXPECT_TRUE(answer.has("Connection: close"));
    stopper.join();
    EXPECT_THROW(RawClient(server.port), std::runtime_error);
}

}  // namespace
}  // namespace cumulet::net
