// The workloads: each fills a world with actors, runs it to its end, and checks what must hold.
#pragma once

#include "world.h"

namespace cumulet::simulation {

/// Locks, semaphores, gates, bounded queues, timers, task groups and the clock.
void runtime_workload(World& world);
/// Transfers, snapshots, numbering without gaps, ranges that others change, watchers.
void store_workload(World& world);

}  // namespace cumulet::simulation
