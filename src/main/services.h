// The services, each built over the store and the one door.
#pragma once

#include <memory>
#include <vector>

#include "contracts/metrics.h"
#include "contracts/resource.h"
#include "dispatch/door.h"
#include "main/options.h"
#include "runtime/blocking_pool.h"
#include "store/blobs.h"
#include "store/store.h"

namespace cumulet {

/// What services stand on.
struct Foundation {
    store::Store& store;
    store::Blobs& packages;  ///< Lambda's code
    store::Blobs& objects;   ///< S3's large objects
    dispatch::Door& door;
    BlockingPool& threads;
    Clock& clock;
    contracts::Metrics& metrics;
    std::filesystem::path functions;  ///< folder for unpacked code, this process's own
    bool exclusive = true;            ///< no other process uses the store and the blobs
    sqs::Settings queues;
    bool table_throttling = false;  ///< DynamoDB holds tables to their throughput
    lambda::Settings lambda;
};

class Services {
  public:
    explicit Services(Foundation foundation);
    ~Services();

    /// Cleans up what a crash left behind. Before the first call.
    Task<void> prepare();
    /// Starts background work. `endpoint`: where functions of this cloud reach it, such as "http://127.0.0.1:4566".
    Task<void> start(std::string endpoint);
    /// Ends connections that last, while what hears of their end is still served.
    Task<void> send_away();
    Task<void> stop();
    /// True if callers of that host have to show a certificate in the TLS handshake.
    Task<bool> asks_certificate(std::string host_name);

  private:
    struct All;
    std::unique_ptr<All> all_;
};

}  // namespace cumulet
