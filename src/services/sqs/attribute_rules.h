// What a queue's attributes may be, what they are where they were never set, and how setting some changes others. Pure.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
#pragma once

#include "services/sqs/queue.h"

namespace cumulet::sqs {

using Attributes = std::map<std::string, std::string>;

/// Throws InvalidParameterValue unless AWS allows the name for a queue of this kind.
void check_queue_name(std::string_view name, bool fifo);
/// Throws InvalidAttributeName, InvalidAttributeValue or InvalidParameterValue unless each of `wanted` may be set on a
/// queue of this kind. `creating`: FifoQueue has meaning only there.
void check_attributes(const Attributes& wanted, bool fifo, bool creating);
/// Throws InvalidAttributeName if `name` is no attribute of a queue.
void check_attribute_name(std::string_view name);
/// Throws QueueNameExists if `wanted` has an attribute that differs from `existing`'s.
void check_same_attributes(const Queue& existing, const Attributes& wanted);

/// Throws InvalidParameterValue unless AWS allows these tags on the queue of this name.
void check_tags(std::string_view queue_name, const std::map<std::string, std::string>& tags);

/// `present` with `wanted` set: empty documents remove theirs, one kind of encryption ends the other. Throws
/// InvalidAttributeValue for what does not go together.
Attributes with_attributes(Attributes present, const Attributes& wanted);
/// The settings as GetQueueAttributes shows them, AWS's defaults included.
Attributes shown_settings(const Queue& queue);

}  // namespace cumulet::sqs
