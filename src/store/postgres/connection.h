// One connection to the server, and the statements that it has prepared.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/reactor.h"

namespace cumulet::store {

/// The format of keys and values in the tables. A database of a newer format is refused.
constexpr int tables_format = 2;

struct ConnectionEnd {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ResultEnd {
    void operator()(PGresult* result) const { PQclear(result); }
};
using ConnectionPointer = std::unique_ptr<PGconn, ConnectionEnd>;
using ResultPointer = std::unique_ptr<PGresult, ResultEnd>;

/// A prepared statement's name, and its parameters in binary form.
struct Statement {
    const char* name;
    std::vector<std::string> parameters;
};

/// What a caller wants done in one round trip, and what came of it.
struct RoundTrip {
    std::vector<Statement> statements;
    Reactor* reactor = nullptr;
    std::coroutine_handle<> waiting;

    std::vector<ResultPointer> results;  ///< as many as statements; fewer if the connection broke
    bool broken = false;
};

/// Owned by one transaction at a time; while a round trip is under way, by the driver.
struct Connection {
    explicit Connection(ConnectionPointer link) : link(std::move(link)) {}

    ConnectionPointer link;
    RoundTrip* under_way = nullptr;
    bool watched = false;  // the driver's epoll knows it

    bool usable() const { return PQstatus(link.get()) == CONNECTION_OK; }
    /// While nobody uses it: true if the server has nothing to say, such as farewell.
    bool quiet() const;
};

/// Connects, and blocks meanwhile. Throws store::Unavailable if the server does not answer.
ConnectionPointer connect(const std::string& parameters);
/// Connects and prepares all statements; ready for round trips.
std::unique_ptr<Connection> connect_prepared(const std::string& parameters);
/// Creates the tables where they are missing. Throws std::runtime_error if they have a newer format.
void create_tables(PGconn* link);

/// Binary forms of parameters.
std::string binary(uint64_t number);
std::string binary_array(const std::vector<std::string_view>& items);

}  // namespace cumulet::store
