// The workloads: each fills a world with actors, runs it to its end, and checks what must hold.
#pragma once

#include "world.h"

namespace cumulet::simulation {

/// Locks, semaphores, gates, bounded queues, timers, task groups and the clock.
void runtime_workload(World& world);
/// Transfers, snapshots, numbering without gaps, ranges that others change, watchers.
void store_workload(World& world);
/// Producers, consumers that crash, a dead-letter queue, long polls.
void sqs_workload(World& world);
/// FIFO groups: producers that repeat themselves, consumers that crash and ask again, a dead-letter queue.
void sqs_fifo_workload(World& world);
/// Publishers to several queues, one of two processes dying before it delivers, order in groups, filters.
void sns_workload(World& world);
/// Objects that come and go in a bucket that tells a queue, one of two processes dying before it delivers.
void s3_workload(World& world);
/// Counters, versions, transactions between items, and an index beside its table.
void dynamodb_workload(World& world);
/// Writers of all kinds on a table with a stream, an index, a time to live and a replica; the stream replays to the table.
void dynamodb_streams_workload(World& world);
/// Stacks that are created, updated, rolled back and deleted while services fail and the process restarts.
void cloudformation_workload(World& world);

}  // namespace cumulet::simulation
