// What a queue holds, whichever its kind: messages, their groups, and who may be received when.
#pragma once

#include "services/sqs/storage.h"

namespace cumulet::sqs {

/// Adds a message that was not in the queue before; on a FIFO queue it gets its sequence number. Receivers are told.
Task<void> append(store::Transaction& tx, const Queue& queue, Stored& stored);
/// Removes a message that find_message found.
Task<void> remove(store::Transaction& tx, const Queue& queue, Stored stored, Time now);
/// Moves the end of a message's visibility timeout.
Task<void> postpone(store::Transaction& tx, const Queue& queue, Stored stored, Time visible_at, Time now);
/// Moves a message to a dead-letter queue of the same kind.
Task<void> bury(store::Transaction& tx, const Queue& queue, Stored stored, const Queue& dead_letter_queue, Time now);

struct Asked {
    size_t most = 1;
    std::chrono::seconds visibility_timeout{30};
};
/// Hides messages that may be received now, and hands them out complete. Removes those whose retention has ended, and
/// buries those that were received too often.
Task<std::vector<Stored>> claim(store::Transaction& tx, const Queue& queue, Asked asked, Time now);
/// When the next message becomes visible after `now`.
Task<std::optional<Time>> next_visible(store::Transaction& tx, const Queue& queue, Time now);
/// Messages as they lie, whether visible or not, complete: at most `limit`.
Task<std::vector<Stored>> all_messages(store::Transaction& tx, const Queue& queue, size_t limit);
/// Messages that a receive could hand out now, as they are, not complete: at most `limit`.
Task<std::vector<Stored>> receivable(store::Transaction& tx, const Queue& queue, Time now, size_t limit);

struct Counts {
    int64_t visible = 0;
    int64_t in_flight = 0;
    int64_t delayed = 0;
};
Task<int64_t> count_in_flight(store::Transaction& tx, const Queue& queue, Time now);
/// Exact at its instant, but for messages of long queues whose retention has ended and that nobody removed yet.
Task<Counts> count_messages(store::Transaction& tx, const Queue& queue, Time now);

/// True if the message's retention has ended.
inline bool expired(const Queue& queue, const Stored& stored, Time now) {
    return stored.message.sent + queue.retention() <= now;
}

// standard.cc, fifo.cc: the two kinds.
Task<std::vector<Stored>> standard_receivable(store::Transaction& tx, const Queue& queue, Time now, size_t limit);
Task<std::vector<Stored>> fifo_receivable(store::Transaction& tx, const Queue& queue, Time now, size_t limit);
/// Writes down that a message is received now.
Task<void> hide(store::Transaction& tx, const Queue& queue, Stored& stored, Time visible_at, Time now);
/// After messages of a group came, went or changed: says anew when it may be received from. `served`: somebody just
/// received from it.
Task<void> refresh_group(store::Transaction& tx, const Queue& queue, std::string group_id, Time now, bool served);

}  // namespace cumulet::sqs
