// A memory store with faults, for simulation and for tests of what services do about them.
#pragma once

#include <memory>

#include "store/store.h"

namespace cumulet::store {

/// Chances are per transaction, but for delays: per read and per commit.
struct Faults {
    double conflict = 0.05;    ///< the body runs again
    double delay = 0.1;        ///< others that are ready go first
    double sleep = 0.01;       ///< up to `longest_sleep` of the cloud's clock pass
    double unavailable = 0.0;  ///< nothing is written, and Unavailable thrown
    double lost_answer = 0.0;  ///< everything is written, and Unavailable thrown
    Duration longest_sleep = 20ms;
};

/// The same faults for the same seed and the same order of calls.
std::unique_ptr<Store> open_faulty_store(uint64_t seed, Faults faults);

}  // namespace cumulet::store
