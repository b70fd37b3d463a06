// What `cumulet serve` is told: by flags, and by the environment names that users of such tools already have.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dispatch/door.h"
#include "runtime/log.h"
#include "services/lambda/settings.h"
#include "services/sqs/settings.h"
#include "store/rocksdb/rocksdb_store.h"

namespace cumulet {

enum class Engine { memory, rocksdb, postgres };
enum class Durability { sync, interval };

struct ServeOptions {
    std::vector<std::string> listen{"127.0.0.1:4566"};
    std::filesystem::path data;       ///< where state is kept; the default is under the user's home
    Engine engine = Engine::rocksdb;  ///< memory: --ephemeral
    std::string postgres;             ///< connection string of the shared store
    Durability durability = Durability::sync;
    store::RocksOptions rocks;  ///< the sizes of its caches; its durability is the one above
    size_t reactors = 0;        ///< 0: one per core
    bool tls = false;
    std::filesystem::path certificate;  ///< PEM; empty with tls: a generated one
    std::filesystem::path key;
    std::optional<double> clock_factor;  ///< given: the cloud's clock is virtual and runs at this factor
    std::filesystem::path init_hooks = "/etc/localstack/init";
    log::Level log_level = log::Level::info;
    dispatch::Settings door;
    sqs::Settings queues;
    bool table_throttling = false;  ///< DynamoDB holds tables to their throughput
    lambda::Settings functions;
};

/// The defaults, with what the environment says: GATEWAY_LISTEN, PERSISTENCE, ENFORCE_IAM, DEBUG, LS_LOG, …, each also
/// with the prefix LOCALSTACK_. Throws std::invalid_argument for a value that cannot be meant.
ServeOptions options_from_environment();

/// $XDG_DATA_HOME/cumulet, otherwise ~/.local/share/cumulet.
std::filesystem::path default_data_folder();

}  // namespace cumulet
