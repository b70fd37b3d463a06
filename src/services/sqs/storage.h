// The keys of SQS; nothing else knows them. All begin with (account, region, "sqs").
//
//   "queue"   name                                    Queue
//   "source"  dead-letter queue's name, source's name "": whose dead letters come here
//   "purged"  generation                              when it was purged, where purges pause
//   "deleted" instant, name                           "": queues deleted of late, where their names pause
//   "waiting" generation, visible_at, message id      Delivery: who may be received when; in memory (resident)
//   "message" generation, sent, message id            Message; new ones stand at the end, where the store adds cheaply
//   "moved"   generation, message id                  the instant to which ChangeMessageVisibility moved a delivery
//
// A message that is received stays in "waiting", further on: at the end of its visibility timeout. Its receipt handle
// holds that instant, so deleting finds it without a search.
//
// Queues are handed over by reference, also to coroutines: every caller awaits at once.
#pragma once

#include "services/sqs/address.h"
#include "services/sqs/message.h"
#include "store/store.h"

namespace cumulet::sqs {

/// Where the queues of one account and region stand.
struct Place {
    std::string account;
    std::string region;
};

Task<std::optional<Queue>> find_queue(store::Transaction& tx, Place place, std::string name);
/// Finds the queue that `url` names. Throws QueueDoesNotExist.
Task<Queue> load_queue(store::Transaction& tx, const Call& call, std::string url);
void save_queue(store::Transaction& tx, const Queue& queue);
/// The queues of a place whose names begin with `prefix` and come after `after`, at most `limit`.
Task<std::vector<Queue>> list_queues(store::Transaction& tx, Place place, std::string prefix, std::string after,
                                     size_t limit);
/// Removes the queue and all that is in it.
void erase_queue(store::Transaction& tx, const Queue& queue);
/// Removes all messages of the queue.
void erase_messages(store::Transaction& tx, const Queue& queue);

/// `source` sends its dead letters to the queue `target` of its own account and region.
void save_source(store::Transaction& tx, const Queue& source, const std::string& target);
void erase_source(store::Transaction& tx, const Queue& source, const std::string& target);
/// Names of the queues that send their dead letters to `target`, in order after `after`, at most `limit`.
Task<std::vector<std::string>> sources_of(store::Transaction& tx, const Queue& target, std::string after, size_t limit);

void erase_purge(store::Transaction& tx, const Queue& queue);
void save_purge(store::Transaction& tx, const Queue& queue, Time now);
Task<std::optional<Time>> last_purge(store::Transaction& tx, const Queue& queue);
/// Remembers that a queue was deleted at `now`, and forgets deletions before `oldest`.
void save_deletion(store::Transaction& tx, const Queue& queue, Time now, Time oldest);
/// True if a queue of this name was deleted at `since` or later.
Task<bool> deleted_since(store::Transaction& tx, Place place, std::string name, Time since);

void save_message(store::Transaction& tx, const Queue& queue, const Message& message);
Task<std::optional<Message>> find_message(store::Transaction& tx, const Queue& queue, std::string id, Time sent);

struct Waiting {
    std::string message_id;
    Delivery delivery;
};
void save_delivery(store::Transaction& tx, const Queue& queue, std::string_view message_id, const Delivery& delivery);
void erase_delivery(store::Transaction& tx, const Queue& queue, std::string_view message_id, const Delivery& delivery);
/// Where the queue's deliveries are, for the store to keep in memory.
store::Range deliveries_of(const Queue& queue);
/// Deliveries whose instant is from `from` to before `until`, in that order, at most `limit`.
Task<std::vector<Waiting>> deliveries(store::Transaction& tx, const Queue& queue, Time from, Time until, size_t limit);
/// The delivery that a receipt names, wherever its visibility was moved to; nothing if it was deleted or received
/// again.
Task<std::optional<Delivery>> find_delivery(store::Transaction& tx, const Queue& queue, Receipt receipt);
/// Puts the delivery at another instant, where its receipt still finds it.
void move_delivery(store::Transaction& tx, const Queue& queue, std::string_view message_id, Delivery delivery,
                   Time visible_at);
/// Removes the message, its delivery, and what was remembered of its moves.
void erase_message(store::Transaction& tx, const Queue& queue, std::string_view message_id, const Delivery& delivery);

}  // namespace cumulet::sqs
