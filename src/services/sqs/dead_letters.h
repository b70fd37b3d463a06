// Which queues send their dead letters where.
#pragma once

#include "services/sqs/storage.h"

namespace cumulet::sqs {

/// Throws InvalidParameterValue unless the queue's redrive policy names a queue that takes its dead letters.
Task<void> check_dead_letter_target(store::Transaction& tx, const Queue& queue);
/// Remembers that `after` (nullptr: it is gone) sends its dead letters where its policy says, instead of `before`'s
/// target (nullptr: it is new).
void index_dead_letter_source(store::Transaction& tx, const Queue* before, const Queue* after);

}  // namespace cumulet::sqs
