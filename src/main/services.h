// The services, each built over the store and the one door.
#pragma once

#include <memory>
#include <vector>

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
    store::Blobs& blobs;
    dispatch::Door& door;
    BlockingPool& threads;
    Clock& clock;
    std::filesystem::path folder;  ///< for files that services keep
};

class Services {
 public:
    explicit Services(Foundation foundation);
    ~Services();

    /// Starts background work. `endpoint`: where functions of this cloud reach it, such as "http://127.0.0.1:4566".
    Task<void> start(std::string endpoint);
    Task<void> stop();

 private:
    struct All;
    std::unique_ptr<All> all_;
};

}  // namespace cumulet
