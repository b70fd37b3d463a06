// A server on a free port of loopback, on reactors of its own.
#pragma once

#include "net/reactors.h"
#include "net/server.h"

namespace cumulet::net::test {

struct RunningServer {
    explicit RunningServer(Handler handler, ServerOptions options = {}, size_t reactors = 1)
        : threads(clock, reactors, [] { return Random(1); }),
          server(threads.reactors(), with_address(std::move(options)), std::move(handler)) {
        server.start();
        port = server.port();
    }
    ~RunningServer() {
        stop(std::chrono::milliseconds(0));
        threads.stop();
    }
    void stop(std::chrono::milliseconds grace) { threads.run(0, server.stop(grace)); }

    static ServerOptions with_address(ServerOptions options) {
        if (options.listen.empty()) options.listen = {"127.0.0.1:0"};
        return options;
    }

    Clock clock;
    ReactorThreads threads;
    Server server;
    uint16_t port = 0;
};

}  // namespace cumulet::net::test
