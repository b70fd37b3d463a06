// The clock's setting in the store, so that a restarted process goes on from the cloud's time and not from the
// system's.
#pragma once

#include "runtime/clock.h"
#include "store/store.h"

namespace cumulet {

/// Stores the setting, durably.
Task<void> keep_clock(store::Store& store, Clock::Setting setting);
/// The setting that was stored last; nothing if the clock was never moved.
Task<std::optional<Clock::Setting>> find_kept_clock(store::Store& store);

}  // namespace cumulet
