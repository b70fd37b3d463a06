// What may be published: texts, attributes, sizes, and what FIFO topics ask for. Pure.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
#pragma once

#include "services/sns/notification.h"
#include "services/sns/topic.h"

namespace cumulet::sns {

/// A request to publish, or one entry of a batch, checked for all that does not depend on the topic. `entry` is its
/// place in the batch, from 1; 0 outside one. Throws what AWS throws.
Notification checked_notification(Call& call, aws::sns::PublishInput request);
Notification checked_notification(Call& call, aws::sns::PublishBatchRequestEntry request, size_t entry);

/// Throws InvalidParameterException unless the notification has what the kind of topic asks for, and no more.
void check_fit(const Notification& notification, const Topic& topic);
/// The id by which a FIFO topic tells the notification from others: its own, or made of its content.
std::string deduplication_id(const Notification& notification);

/// Of message and attributes, as AWS counts them.
size_t size_bytes(const Notification& notification);

/// Throws the batch's own errors: empty, too many, ids bad or repeated.
void check_batch(const std::vector<aws::sns::PublishBatchRequestEntry>& entries);

/// The 20 digits by which a FIFO topic's messages are ordered.
std::string format_sequence_number(uint64_t number);

}  // namespace cumulet::sns
