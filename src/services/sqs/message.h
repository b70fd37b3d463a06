// A message and its decisions: what may be sent, its checksums, what a receiver asked to see. Pure.
#pragma once

#include "services/sqs/queue.h"

namespace cumulet::sqs {

using MessageAttributes = std::map<std::string, aws::sqs::MessageAttributeValue>;
using SystemAttributes = std::map<std::string, aws::sqs::MessageSystemAttributeValue>;

/// What of a message never changes.
struct Message {
    std::string id;  ///< 36 characters
    std::string body;
    MessageAttributes attributes;
    std::string trace_header;  ///< AWSTraceHeader, "" if none
    std::string sender_id;
    Time sent;
    std::string dead_letter_source;  ///< ARN of the queue that it was moved from, "" if none
};

/// What changes with each receive; its place in the queue is the instant when it may be received next.
struct Delivery {
    Time visible_at;
    Time sent;
    int64_t receive_count = 0;
    Time first_received;
    bool moved = false;  ///< its visibility was changed since it was received: handles hold an older instant
};

/// Throws the errors of SendMessage for what a message may not be. `size_bytes` of the body and attributes is returned.
size_t check_message(const Queue& queue, std::string_view body, const MessageAttributes& attributes,
                     const SystemAttributes& system_attributes);

std::string md5_of_attributes(const MessageAttributes& attributes);
std::string md5_of_attributes(const SystemAttributes& attributes);

/// Names that a receiver asked for: itself, "All", ".*", or a prefix "foo.*".
bool asks_for(const std::vector<std::string>& names, std::string_view attribute);

/// A receipt handle names one delivery of one message of one queue.
struct Receipt {
    uint64_t generation = 0;
    std::string message_id;
    Time visible_at;
    int64_t receive_count = 0;  ///< tells receives apart that end at the same instant
};
std::string format_receipt(const Receipt& receipt);
/// Throws ReceiptHandleIsInvalid unless `handle` is one of this queue's.
Receipt parse_receipt(const Queue& queue, std::string_view handle);

/// Throws the batch's own errors: empty, too many, ids bad or repeated. `entry_type` names the entries in AWS's text.
template <typename Entry>
void check_batch(const std::vector<Entry>& entries, std::string_view entry_type);
void check_batch_ids(const std::vector<std::string_view>& ids, std::string_view entry_type);

template <typename Entry>
void check_batch(const std::vector<Entry>& entries, std::string_view entry_type) {
    std::vector<std::string_view> ids;
    for (const auto& entry : entries) ids.push_back(entry.Id);
    check_batch_ids(ids, entry_type);
}

}  // namespace cumulet::sqs
