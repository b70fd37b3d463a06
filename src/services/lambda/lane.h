// The way of a shard's records to the function: lanes, each with one batch at a time, and how far all of them are done.
// Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
#pragma once

#include <deque>
#include <span>

#include "services/lambda/stream_mapping.h"

namespace cumulet::lambda {

/// Which records of a shard are done, though some are done before others that came earlier.
class Progress {
  public:
    /// The next record of the shard; its place.
    uint64_t add(std::string sequence_number);
    void done(uint64_t place);
    /// Sequence number of the last record up to which all are done, "" if there is none.
    const std::string& reached() const { return reached_; }
    /// How many records are between that one and the last.
    size_t open() const { return records_.size(); }

  private:
    struct Place {
        std::string sequence_number;
        bool done = false;
    };
    uint64_t first_ = 0;  // the place of records_.front()
    std::deque<Place> records_;
    std::string reached_;
};

/// A record that is read, and not yet handled.
struct HeldRecord {
    uint64_t place = 0;  ///< in its shard's Progress
    std::string sequence_number;
    Time arrived;
    std::string text;  ///< JSON, as the function sees it
};

/// {"Records":[…]}, with `more` members after them.
std::string stream_event(std::span<const HeldRecord> records, std::string_view more = "");

/// The records of a shard that are handled in their order.
class Lane {
  public:
    void add(HeldRecord record);
    /// How many more records its next batch may take.
    size_t room(const BatchRules& rules) const;

    /// Makes a batch of what waits, if it is time for one and none is under way. `all_read`: no record that arrived by
    /// `now` is missing; `shard_ended`: none will follow.
    void form_batch(const BatchRules& rules, Time now, bool all_read, bool shard_ended);
    /// When to look again, if nothing else happens.
    std::optional<Time> due(const BatchRules& rules) const;
    /// Nothing waits, and no window is open.
    bool empty() const { return waiting_.empty() && parts_.empty() && !tumbling_; }
    size_t waiting() const { return waiting_.size(); }
    size_t waiting_bytes() const { return waiting_bytes_; }

    bool has_batch() const { return !parts_.empty(); }
    /// The part of the batch that is next.
    const BatchPart& part() const { return parts_.front(); }
    std::span<const HeldRecord> records() const;
    /// The event for that part. `shard` and `stream_arn` are told where there is a tumbling window.
    std::string event(std::string_view shard, std::string_view stream_arn) const;
    /// The part ends a tumbling window: it has no records.
    bool final_part() const { return final_; }

    /// The first `count` records of the part are handled, or given up; the rest is tried as `again` says.
    void done(size_t count, std::vector<BatchPart> again, Progress& progress);
    /// The part is tried again at `next`, as it is.
    void postpone(Time next) { parts_.front().next = next; }
    /// What the function made of the window's state. Without one, the window has come to its end.
    void keep_state(std::string state);
    void end_window();

    const std::optional<TumblingWindow>& tumbling() const { return tumbling_; }
    void set_tumbling(std::optional<TumblingWindow> window) { tumbling_ = std::move(window); }

    // What of an attempt the next one has to know.
    bool busy = false;
    int without_room = 0;      ///< attempts in a row that found no free worker
    std::string last_version;  ///< that ran
    std::string last_request;  ///< its id

  private:
    bool window_is_over(const BatchRules& rules, Time now, bool all_read, bool shard_ended) const;
    void take_batch(const BatchRules& rules, Time now);

    std::deque<HeldRecord> waiting_;
    size_t waiting_bytes_ = 0;
    std::optional<Time> gather_until_;
    std::vector<HeldRecord> batch_;
    std::deque<BatchPart> parts_;
    bool final_ = false;
    std::optional<TumblingWindow> tumbling_;
};

/// Which of `lanes` lanes takes the records of `key`: always the same.
size_t lane_of(std::string_view key, size_t lanes);

}  // namespace cumulet::lambda
