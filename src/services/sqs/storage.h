// The keys of SQS; nothing else knows them. All begin with (account, region, "sqs").
//
//   "queue" name                                          Queue
//   "source" dead-letter queue's name, source's name      "": whose dead letters come here
//   "sources"                                             "": "source" knows all queues, also those of before it
//   existed "move" generation, started, id                        MoveTask; those that run also under
//                                                         ("", "", "sqs") "moving" account, region, queue's name, id
//   "purged" generation                                   when it was purged, where purges pause
//   "deleted" instant, name                               "": queues deleted of late, where their names pause
//   "in" generation "attempt" slot, attempt id            Attempt: what a receive handed out, for its repetition
//   "in" generation "body" message id                     body and attributes that are too large to be written again
//                                                         with each receive
//   "in" generation "due" instant, turns, group           Group's messages in flight: when it may be received from
//   "in" generation "group" group                         Group: where it stands in "due"
//   "in" generation "held" visible_at, message id         Stored: received once at least
//   "in" generation "moved" message id                    the instant to which ChangeMessageVisibility moved a held one
//   "in" generation "once" slot, scope, deduplication id  Once: who was sent with this deduplication id
//   "in" generation "ready" visible_at, message id        Stored: never received; new ones stand at the end
//   "in" generation "sequence"                            the last sequence number
//   "in" generation "waiting" group, place, message id    Stored: in the order of its group
//
// A message of a standard queue is one record: it is ready (or waits among its group), and once received held. Being
// received again moves it on, to the end of its visibility timeout, which its receipt handle tells. A message of a FIFO
// queue keeps its place in its group until it is deleted.
// From "due" on a queue's records are resident: in this order, so that what matters most is in memory even where a
// backlog is not. Slots are stretches of five minutes: what is remembered that long is forgotten slot by slot.
//
// Queues are handed over by reference, also to coroutines: every caller awaits at once.
#pragma once

#include "services/sqs/address.h"
#include "services/sqs/message.h"
#include "services/sqs/move_task.h"
#include "store/store.h"

namespace cumulet::sqs {

/// Where the queues of one account and region stand.
struct Place {
    std::string account;
    std::string region;
};

Task<std::optional<Queue>> find_queue(store::Transaction& tx, Place place, std::string name);
/// Throws QueueDoesNotExist.
Task<Queue> load_queue(store::Transaction& tx, const Call& call, QueueAddress address);
/// The queue that `url` names.
Task<Queue> load_queue(store::Transaction& tx, const Call& call, std::string url);
void save_queue(store::Transaction& tx, const Queue& queue);
/// The queues of a place whose names begin with `prefix` and come after `after`, at most `limit`.
Task<std::vector<Queue>> list_queues(store::Transaction& tx, Place place, std::string prefix, std::string after,
                                     size_t limit);
/// The places that have queues.
Task<std::vector<Place>> places_of_queues(store::Transaction& tx);
/// Removes the queue and all that is in it.
void erase_queue(store::Transaction& tx, const Queue& queue);
/// Removes all messages of the queue. What was sent to it lately stays known for deduplication.
void erase_messages(store::Transaction& tx, const Queue& queue);
/// Tells the store what to keep in memory of the queue, and what to count.
void keep_at_hand(store::Store& store, const Queue& queue);

/// `source` sends its dead letters to the queue `target` of its own account and region.
void save_source(store::Transaction& tx, const Queue& source, const std::string& target);
void erase_source(store::Transaction& tx, const Queue& source, const std::string& target);
/// True if the sources of a place were all saved.
Task<bool> knows_sources(store::Transaction& tx, Place place);
void save_knows_sources(store::Transaction& tx, const Place& place);
/// Names of the queues that were saved as sources of `target`, in order after `after`, at most `limit`.
Task<std::vector<std::string>> sources_of(store::Transaction& tx, const Queue& target, std::string after, size_t limit);

void save_move_task(store::Transaction& tx, const Queue& queue, const MoveTask& task);
/// The queue's latest tasks, newest first.
Task<std::vector<MoveTask>> recent_move_tasks(store::Transaction& tx, const Queue& queue, size_t limit);
/// Forgets all tasks of the queue, or those that started before `before`.
void erase_move_tasks(store::Transaction& tx, const Queue& queue, std::optional<Time> before = std::nullopt);
/// Where a task that runs is to be found.
struct RunningMove {
    Place place;
    std::string source;
    std::string id;
};
Task<std::vector<RunningMove>> running_moves(store::Transaction& tx);
void erase_running_move(store::Transaction& tx, const RunningMove& move);

void erase_purge(store::Transaction& tx, const Queue& queue);
void save_purge(store::Transaction& tx, const Queue& queue, Time now);
Task<std::optional<Time>> last_purge(store::Transaction& tx, const Queue& queue);
/// Remembers that a queue was deleted at `now`, and forgets deletions before `oldest`.
void save_deletion(store::Transaction& tx, const Queue& queue, Time now, Time oldest);
/// True if a queue of this name was deleted at `since` or later.
Task<bool> deleted_since(store::Transaction& tx, Place place, std::string name, Time since);

// Messages, as rows. `contents.h` keeps groups and messages in step.

/// Puts a message where it says it is.
void put_message(store::Transaction& tx, const Queue& queue, const Stored& stored);
/// A new message: its content goes apart if it is large.
void put_new_message(store::Transaction& tx, const Queue& queue, Stored& stored);
/// Takes the message from where it is, to be put elsewhere.
void take_message(store::Transaction& tx, const Queue& queue, const Stored& stored);
/// Removes the message and all that belongs to it.
void erase_message(store::Transaction& tx, const Queue& queue, const Stored& stored);
/// Reads body and attributes if they are apart.
Task<void> complete_message(store::Transaction& tx, const Queue& queue, Stored& stored);

/// Messages of "ready" or "held" whose instant is from `from` to before `until`, in that order. Bodies may be apart.
Task<std::vector<Stored>> scan_messages(store::Transaction& tx, const Queue& queue, Stored::Where where, Time from,
                                        Time until, size_t limit);
/// The first messages of a group.
Task<std::vector<Stored>> scan_group(store::Transaction& tx, const Queue& queue, std::string group_id, size_t limit);
/// Messages of all groups after (group, place) `after`, or from the first on.
Task<std::vector<Stored>> scan_waiting(store::Transaction& tx, const Queue& queue, const Stored* after, size_t limit);
/// How many messages of "ready" or "held" have their instant from `from` to before `until`.
Task<int64_t> count_rows(store::Transaction& tx, const Queue& queue, Stored::Where where, Time from, Time until);
/// How many messages "ready" or "held" holds.
Task<int64_t> count_all(store::Transaction& tx, const Queue& queue, Stored::Where where);
/// How many messages of all groups there are.
Task<int64_t> count_waiting(store::Transaction& tx, const Queue& queue);
/// The message that a receipt names, wherever its visibility was moved to; nothing if it was deleted or received again.
Task<std::optional<Stored>> find_message(store::Transaction& tx, const Queue& queue, Receipt receipt);
/// Puts a held message at another instant, where its receipt still finds it.
void move_message(store::Transaction& tx, const Queue& queue, Stored& stored, Time visible_at);

/// The next number of a FIFO queue's sequence.
Task<int64_t> next_sequence(store::Transaction& tx, const Queue& queue);

/// Messages that are received in an order of their own. Exists while there are some.
struct Group {
    std::string id;
    Time due;               ///< when it may be received from next
    int64_t turns = 0;      ///< how often it was served: among groups due at one instant, fewer come first
    int64_t in_flight = 0;  ///< messages, on FIFO queues
    bool operator==(const Group&) const = default;
};
Task<std::optional<Group>> find_group(store::Transaction& tx, const Queue& queue, std::string group_id);
/// `before`: where it stood until now.
void put_group(store::Transaction& tx, const Queue& queue, const std::optional<Group>& before, const Group& group);
void erase_group(store::Transaction& tx, const Queue& queue, const Group& group);
/// Groups that are due from `from` to before `until`, in that order.
Task<std::vector<Group>> scan_groups(store::Transaction& tx, const Queue& queue, Time from, Time until, size_t limit);

/// How long deduplication ids and receive attempts are remembered.
constexpr std::chrono::minutes remembered{5};

/// Who was sent with a deduplication id.
struct Once {
    std::string message_id;
    int64_t sequence = 0;
    Time sent;
};
/// `scope`: the group within which the id counts, or "".
Task<std::optional<Once>> find_once(store::Transaction& tx, const Queue& queue, std::string scope, std::string id,
                                    Time now);
/// Also forgets a few that are no longer needed.
Task<void> save_once(store::Transaction& tx, const Queue& queue, std::string scope, std::string id, Once once);

/// What a receive with a ReceiveRequestAttemptId handed out.
struct Attempt {
    Time received;
    std::vector<Receipt> receipts;
};
Task<std::optional<Attempt>> find_attempt(store::Transaction& tx, const Queue& queue, std::string id, Time now);
/// Also forgets a few that are no longer needed.
Task<void> save_attempt(store::Transaction& tx, const Queue& queue, std::string id, Attempt attempt);

}  // namespace cumulet::sqs
