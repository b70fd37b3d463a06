// Queues that an earlier Cumulet stored: two records a message. They are brought up to date by whoever touches them.
// All keys begin with (account, region, "sqs").
//
//   "waiting" generation, visible_at, message id      its delivery
//   "message" generation, sent, message id            the message
//   "moved"   generation, message id                  the instant to which ChangeMessageVisibility moved a delivery
#pragma once

#include "services/sqs/queue.h"
#include "store/store.h"

namespace cumulet::sqs {

/// Moves some messages, those that are visible first, to where storage.h says. Once none is left the queue is saved as
/// up to date. Handles of receives before this name nothing any more.
Task<void> bring_up_to_date(store::Transaction& tx, Queue& queue);
void erase_former_messages(store::Transaction& tx, const Queue& queue);

}  // namespace cumulet::sqs
