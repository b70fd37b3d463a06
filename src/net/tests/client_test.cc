#include "net/client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "net/tests/support/raw_server.h"
#include "net/tests/support/running_server.h"
#include "net/tls.h"
#include "runtime/sync.h"

namespace cumulet::net {
namespace {

using test::RawServer;
using test::RunningServer;
using namespace std::chrono_literals;
using Reason = HttpFailed::Reason;

Task<http::Response> echo(http::Request request) {
    http::Response response;
    const auto body = request.stream ? co_await read_all(request.stream, 64 << 20) : request.body;
    response.body = fmt::format("{} {} {} {}", request.method, request.target, body, request.tls ? "tls" : "plain");
    co_return response;
}

http::Request make(std::string method, std::string target, std::string body = "") {
    http::Request request;
    request.method = std::move(method);
    request.set_target(std::move(target));
    request.body = std::move(body);
    return request;
}

/// A client on a reactor of the test's own thread.
struct Caller {
    explicit Caller(ClientOptions options = {}) : client(options) {}
    http::Response send(const Origin& origin, http::Request request, SendOptions options = {}) {
        return reactor.block_on(client.send(origin, std::move(request), options));
    }
    Reason failure(const Origin& origin, http::Request request, SendOptions options = {}) {
        try {
            send(origin, std::move(request), options);
        } catch (const HttpFailed& failed) {
            return failed.reason;
        }
        throw std::logic_error("it did not fail");
    }
    size_t idle(const Origin& origin) {
        return reactor.block_on([](Client& client, Origin origin) -> Task<size_t> {
            co_return client.idle_connections(origin);
        }(client, origin));
    }

    Clock clock;
    Reactor reactor{clock, Random(1), make_socket_parker()};
    Client client;
};

Origin local(uint16_t port) { return {.host = "127.0.0.1", .port = port}; }

struct TemporaryFolder {
    TemporaryFolder() {
        auto name = (std::filesystem::temp_directory_path() / "cumulet-net-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

TEST(Client, ReusesItsConnection) {
    RunningServer server(echo);
    Caller caller;
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(caller.send(local(server.port), make("POST", "/a", "body")).body, "POST /a body plain");
    }
    EXPECT_EQ(server.server.counters().connections_accepted, 1u);
    EXPECT_EQ(caller.idle(local(server.port)), 1u);
}

TEST(Client, KeepsNoMoreConnectionsThanAllowed) {
    RunningServer server(echo);
    Caller caller({.max_idle_per_origin = 2, .max_connections_per_origin = 4});
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 20; ++i) {
        tasks.push_back([](Client& client, Origin origin) -> Task<void> {
            EXPECT_EQ((co_await client.send(origin, make("GET", "/"))).status, 200);
        }(caller.client, local(server.port)));
    }
    caller.reactor.block_on(all(std::move(tasks)));
    EXPECT_LE(server.server.counters().connections_accepted, 20u);
    EXPECT_EQ(caller.idle(local(server.port)), 2u);
}

TEST(Client, NoticesAKeptConnectionThatWasClosed) {
    ServerOptions options;
    options.limits.idle_time = 1ms;
    RunningServer server(echo, options);
    Caller caller;
    EXPECT_EQ(caller.send(local(server.port), make("POST", "/")).status, 200);
    while (server.server.counters().connections_open > 0) std::this_thread::yield();
    EXPECT_EQ(caller.send(local(server.port), make("POST", "/")).status, 200);
    EXPECT_EQ(server.server.counters().connections_accepted, 2u);
}

TEST(Client, SendsAgainWhenAKeptConnectionClosesUnderARepeatableRequest) {
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    // Each connection answers one request and closes when it has seen the head of a second.
    RawServer server({{answer, ""}, {answer, ""}, {answer, ""}});
    Caller caller;
    EXPECT_EQ(caller.send(local(server.port), make("GET", "/")).body, "ok");
    EXPECT_EQ(caller.send(local(server.port), make("GET", "/")).body, "ok");
    EXPECT_EQ(caller.failure(local(server.port), make("POST", "/")), Reason::closed);
}

TEST(Client, SendsAndReadsStreams) {
    ServerOptions options;
    options.stream_body = [](const http::Request&) { return true; };
    RunningServer server(
        [](http::Request request) -> Task<http::Response> {
            http::Response response;
            response.stream = request.stream;
            co_return response;
        },
        options);
    Caller caller;
    const std::string large(1 << 20, 'z');
    for (const bool declared : {true, false}) {
        auto request = make("PUT", "/");
        request.stream = stream_of(large);
        if (declared) request.stream_size = large.size();
        auto response = caller.send(local(server.port), std::move(request), {.stream = true});
        ASSERT_TRUE(response.stream);
        EXPECT_EQ(caller.reactor.block_on(read_all(response.stream, 2 << 20)), large);
    }
    EXPECT_EQ(server.server.counters().connections_accepted, 1u);
}

TEST(Client, ClosesAConnectionWhoseStreamIsCancelled) {
    RunningServer server([](http::Request) -> Task<http::Response> {
        http::Response response;
        response.body.assign(8 << 20, 'x');
        co_return response;
    });
    Caller caller;
    auto response = caller.send(local(server.port), make("GET", "/"), {.stream = true});
    EXPECT_EQ(response.stream_size, uint64_t{8} << 20);
    response.stream->cancel();
    EXPECT_EQ(caller.idle(local(server.port)), 0u);
}

TEST(Client, ReadsEveryFramingOfAnAnswer) {
    RawServer server({{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nX-T: y\r\n\r\n"},
                      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"},
                      {"HTTP/1.0 200 OK\r\n\r\nabc"},
                      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"}});
    Caller caller({.max_idle_per_origin = 0});
    for (int i = 0; i < 4; ++i) EXPECT_EQ(caller.send(local(server.port), make("GET", "/")).body, "abc");
}

TEST(Client, SaysWhatWentWrong) {
    RawServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"},
                      {"nonsense\r\n\r\n"},
                      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"},
                      {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x')},
                      {""},
                      {RawServer::silence}});
    Caller caller({.max_idle_per_origin = 0});
    const auto origin = local(server.port);
    EXPECT_EQ(caller.failure(origin, make("GET", "/")), Reason::malformed);
    EXPECT_EQ(caller.failure(origin, make("GET", "/")), Reason::malformed);
    EXPECT_EQ(caller.failure(origin, make("GET", "/")), Reason::malformed);
    EXPECT_EQ(caller.failure(origin, make("GET", "/"), {.max_body_bytes = 99}), Reason::too_large);
    EXPECT_EQ(caller.failure(origin, make("GET", "/")), Reason::closed);
    EXPECT_EQ(caller.failure(origin, make("GET", "/"), {.head_time = 20ms}), Reason::timed_out);
    EXPECT_EQ(caller.failure({.host = "no-such-host.invalid", .port = 80}, make("GET", "/")), Reason::resolve);
    EXPECT_EQ(caller.failure(local(server.closed_port()), make("GET", "/")), Reason::connect);
}

TEST(Client, KnowsNamesOfThisMachine) {
    RunningServer server(echo);
    Caller caller;
    for (const std::string host : {"localhost", "sqs.us-east-1.localhost.localstack.cloud", "LOCALHOST"}) {
        EXPECT_EQ(caller.send({.host = host, .port = server.port}, make("GET", "/")).status, 200) << host;
    }
}

TEST(Client, SpeaksToAUnixSocket) {
    const TemporaryFolder folder;
    ServerOptions options;
    options.listen = {"unix:" + (folder.path / "socket").string()};
    RunningServer server(echo, options);
    Caller caller;
    EXPECT_EQ(caller.send(*Origin::parse(options.listen[0]), make("GET", "/u")).body, "GET /u  plain");
}

TEST(Client, ParsesOrigins) {
    EXPECT_EQ(Origin::parse("http://a.example:81/path"), (Origin{.host = "a.example", .port = 81}));
    EXPECT_EQ(Origin::parse("https://a.example"), (Origin{.host = "a.example", .port = 443, .tls = true}));
    EXPECT_EQ(Origin::parse("http://[::1]:4566"), (Origin{.host = "::1", .port = 4566}));
    EXPECT_EQ(Origin::parse("http://[::1]:4566")->authority(), "[::1]:4566");
    EXPECT_EQ(Origin::parse("http://a.example:80")->authority(), "a.example");
    for (const std::string bad : {"", "a.example", "ftp://a", "http://", "http://a:0", "http://a:99999", "http://a:b",
                                  "http://user@a", "unix:"}) {
        EXPECT_EQ(Origin::parse(bad), std::nullopt) << bad;
    }
}

TEST(Tls, SharesAPortWithPlainHttp) {
    ServerOptions options;
    options.tls = TlsOptions{};
    RunningServer server(echo, options);
    Caller caller({.trust_any_certificate = true});
    auto secure = local(server.port);
    secure.tls = true;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(caller.send(secure, make("POST", "/", "x")).body, "POST / x tls");
        EXPECT_EQ(caller.send(local(server.port), make("POST", "/", "x")).body, "POST / x plain");
    }
    EXPECT_EQ(server.server.counters().connections_accepted, 2u);
}

TEST(Tls, CarriesLargeBodiesBothWays) {
    ServerOptions options;
    options.tls = TlsOptions{};
    options.stream_body = [](const http::Request&) { return true; };
    RunningServer server(echo, options);
    Caller caller({.trust_any_certificate = true});
    auto secure = local(server.port);
    secure.tls = true;
    const std::string large(2 << 20, 'q');
    EXPECT_EQ(caller.send(secure, make("POST", "/", large)).body, "POST / " + large + " tls");
}

TEST(Tls, RefusesACertificateThatNobodyTrusts) {
    ServerOptions options;
    options.tls = TlsOptions{};
    RunningServer server(echo, options);
    Caller caller;
    auto secure = local(server.port);
    secure.tls = true;
    EXPECT_EQ(caller.failure(secure, make("GET", "/")), Reason::tls);
    EXPECT_EQ(caller.send(local(server.port), make("GET", "/")).status, 200);
}

TEST(Tls, KeepsAGeneratedCertificate) {
    const TemporaryFolder folder;
    const auto content = [&](const char* name) {
        std::ifstream in(folder.path / "tls" / name);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    TlsContext::for_server({.generated_folder = folder.path / "tls"});
    const auto first = content("cumulet.crt");
    EXPECT_TRUE(first.starts_with("-----BEGIN CERTIFICATE-----"));
    EXPECT_EQ(std::filesystem::status(folder.path / "tls" / "cumulet.key").permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    TlsContext::for_server({.generated_folder = folder.path / "tls"});
    EXPECT_EQ(content("cumulet.crt"), first);
}

TEST(Tls, UsesAGivenCertificateAndRefusesABadOne) {
    const TemporaryFolder folder;
    const auto write = [&](const char* name, const std::string& text) {
        std::ofstream(folder.path / name) << text;
        return folder.path / name;
    };
    const auto ours = generate_certificate();
    const auto certificate = write("a.crt", ours.certificate_pem);
    const auto key = write("a.key", ours.key_pem);
    const auto other_key = write("b.key", generate_certificate().key_pem);
    const auto nonsense = write("c.key", "nonsense");

    ServerOptions options;
    options.tls = TlsOptions{.certificate_file = certificate, .key_file = key};
    RunningServer server(echo, options);
    Caller caller({.trust_any_certificate = true});
    EXPECT_EQ(caller.send({.host = "localhost", .port = server.port, .tls = true}, make("GET", "/")).status, 200);

    EXPECT_THROW(TlsContext::for_server({.certificate_file = certificate}), TlsFailed);
    EXPECT_THROW(TlsContext::for_server({.certificate_file = certificate, .key_file = other_key}), TlsFailed);
    EXPECT_THROW(TlsContext::for_server({.certificate_file = certificate, .key_file = nonsense}), TlsFailed);
    EXPECT_THROW(TlsContext::for_server({.certificate_file = certificate, .key_file = folder.path / "none"}),
                 TlsFailed);
}

}  // namespace
}  // namespace cumulet::net
