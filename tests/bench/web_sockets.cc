#include "web_sockets.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <vector>

#include "functions.h"
#include "server.h"

namespace cumulet::load {
namespace {

constexpr size_t most_open = 5000;

/// Files that this process, and the server that it starts, may have open.
void allow_sockets() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 2 * most_open));
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < most_open + 100) fail("too few files may be open: ulimit -n");
}

void prepare(const Server& server) {
    Caller caller(server.port);
    const auto ask = [&](std::string_view path, std::string_view body) {
        caller.ask(signed_request("apigateway", "POST", path, body));
    };
    ask("/v2/apis", R"({"name":"load","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action",)"
                    R"("tags":{"_custom_id_":"loadsockets"}})");
    ask("/v2/apis/loadsockets/routes", R"({"routeKey":"$default"})");
    ask("/v2/apis/loadsockets/stages", R"({"stageName":"live","autoDeploy":true})");
}

void open_one(Caller& caller) {
    caller.send(
        "GET /_aws/execute-api/loadsockets/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    char answer[1024];
    const auto got = ::recv(caller.socket(), answer, sizeof answer, 0);
    if (got <= 0 || !std::string_view(answer, static_cast<size_t>(got)).starts_with("HTTP/1.1 101"))
        fail("a WebSocket was refused");
}

}  // namespace

void measure_web_sockets(const std::string& program) {
    allow_sockets();
    Server server(program, {});
    prepare(server);
    const auto before = server.proportional_mebibytes();
    std::vector<Caller> open;
    for (size_t i = 0; i < most_open; ++i) open_one(open.emplace_back(server.port));
    const auto after = server.proportional_mebibytes();
    fmt::print("{} idle WebSockets: {:.1f} MiB, {:.1f} KiB each\n", most_open, after,
               (after - before) * 1024 / static_cast<double>(most_open));
    std::fflush(stdout);
}

}  // namespace cumulet::load
