// The shared engine: many Cumulet processes over one database that speaks PostgreSQL's protocol.
#pragma once

#include <memory>

#include "store/store.h"

namespace cumulet::store {

struct PostgresOptions {
    /// libpq's: "host=/run/postgresql dbname=cumulet" or "postgresql://…".
    std::string connection;
    size_t most_connections = 8;
};

/// Connects, creates the tables where they are missing, and listens for wake-ups. Blocks. Throws std::runtime_error
/// with a sentence for the operator: the server does not answer, a newer Cumulet wrote the tables.
std::unique_ptr<Store> open_postgres_store(PostgresOptions options);

}  // namespace cumulet::store
