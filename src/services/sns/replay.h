// Replays: what a FIFO topic's archive has of a time goes into the lane of one subscription again.
// https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-subscriber.html
#pragma once

#include "services/sns/audience.h"
#include "services/sns/fifo_storage.h"

namespace cumulet::sns {

/// Begins the replay that the subscription's ReplayPolicy asks for, or ends one where it asks for none. Sets the
/// subscription's status, which the caller saves. Throws ReplayLimitExceededException if `most` others of the topic
/// run.
Task<void> set_replay(store::Transaction& tx, const Topic& topic, Subscription& subscription, int64_t most, Time now);

/// Does a part of the first replay that there is; false if there is none.
Task<bool> replay_some(store::Transaction& tx, Audiences& audiences);

}  // namespace cumulet::sns
