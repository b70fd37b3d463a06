// Which queues send their dead letters where.
#pragma once

#include "services/sqs/storage.h"

namespace cumulet::sqs {

/// Throws InvalidParameterValue unless the queue's redrive policy names a queue that takes its dead letters.
Task<void> check_dead_letter_target(store::Transaction& tx, const Queue& queue);
/// Remembers that `after` (nullptr: it is gone) sends its dead letters where its policy says, instead of `before`'s
/// target (nullptr: it is new).
void index_dead_letter_source(store::Transaction& tx, const Queue* before, const Queue* after);
/// Names of the queues that send their dead letters to `target`, in order after `after`, at most `limit`.
Task<std::vector<std::string>> dead_letter_sources(store::Transaction& tx, const Queue& target, std::string after,
                                                   size_t limit);

}  // namespace cumulet::sqs
