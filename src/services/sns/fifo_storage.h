// The keys of FIFO topics. All begin with ("", "", "sns").
//
//   "sequence"     generation                          how many messages the topic has numbered
//   "deduplicated" generation, scope, deduplication id Accepted before: when, and what its publisher was told
//   "forgotten"    generation, instant, scope, id      "": when a deduplication id may be used again, in that order
//   "lane"         generation, subscription id, number LaneEntry: a notification that waits for its subscriber
//   "archive"      generation, instant, number         Notification: what may be replayed
//   "replay"       generation, subscription id         Replay (replay.cc): what is still to be replayed
//   "fifo-lease"                                       Lease: which process delivers
#pragma once

#include "services/sns/storage.h"

namespace cumulet::sns {

constexpr auto deduplication_time = std::chrono::minutes(5);

/// The next number of the topic, from 0.
Task<uint64_t> next_sequence(store::Transaction& tx, const Topic& topic);

struct Remembered {
    Time published;
    std::string message_id;
    std::string sequence_number;
};
/// What the topic accepted under the id within the last five minutes.
Task<std::optional<Remembered>> find_remembered(store::Transaction& tx, const Topic& topic, std::string scope,
                                                std::string id, Time now);
/// Remembers it, and forgets some that are too old.
Task<void> remember(store::Transaction& tx, const Topic& topic, std::string scope, std::string id,
                    Remembered remembered);

struct LaneName {
    uint64_t generation = 0;
    std::string subscription;
    std::string key() const { return fmt::format("{:016x}/{}", generation, subscription); }
};
struct LaneEntry {
    TopicAddress topic;
    uint64_t number = 0;
    Notification notification;
};
void save_lane_entry(store::Transaction& tx, const LaneName& lane, const LaneEntry& entry);
void erase_lane_entry(store::Transaction& tx, const LaneName& lane, uint64_t number);
/// The head of a lane.
Task<std::vector<LaneEntry>> lane_head(store::Transaction& tx, LaneName lane, size_t limit);
/// Every lane in which something waits, at most `limit`.
Task<std::vector<LaneName>> all_lanes(store::Transaction& tx, size_t limit);
/// Where lanes are, for the store to keep in memory.
store::Range lanes_range();
/// Woken when something comes into a lane.
inline constexpr std::string_view lanes_topic = "sns/lanes";

void save_archived(store::Transaction& tx, const Topic& topic, uint64_t number, const Notification& notification);
struct Archived {
    Time published;
    uint64_t number = 0;
    Notification notification;
};
/// What the topic's archive has from `from`, and there from `number`, to before `until`.
Task<std::vector<Archived>> list_archived(store::Transaction& tx, const Topic& topic, Time from, uint64_t number,
                                          Time until, size_t limit);
/// Removes some of what is older than `before`.
Task<void> forget_archived(store::Transaction& tx, const Topic& topic, Time before);

/// Removes all of the topic but what waits in lanes, whose deliverer drops it.
void erase_fifo(store::Transaction& tx, const Topic& topic);

struct Lease {
    std::string owner;
    Time until;
};
Task<std::optional<Lease>> find_fifo_lease(store::Transaction& tx);
void save_fifo_lease(store::Transaction& tx, const Lease& lease);

}  // namespace cumulet::sns
