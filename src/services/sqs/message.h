// A message and its decisions: what may be sent, its checksums, what a receiver asked to see. Pure.
#pragma once

#include "services/sqs/queue.h"

namespace cumulet::sqs {

using MessageAttributes = std::map<std::string, aws::sqs::MessageAttributeValue>;
using SystemAttributes = std::map<std::string, aws::sqs::MessageSystemAttributeValue>;

/// What of a message never changes.
struct Message {
    std::string id;  ///< a UUID, 36 characters
    std::string body;
    MessageAttributes attributes;
    std::string trace_header;  ///< AWSTraceHeader, "" if none
    std::string sender_id;
    Time sent;
    std::string dead_letter_source;  ///< ARN of the queue that it was moved from, "" if none
    std::string group_id;            ///< "" if none
    std::string deduplication_id;    ///< "" if none
    int64_t sequence = 0;            ///< on FIFO queues: its place among all messages of the queue
};

/// What changes with each receive.
struct Delivery {
    Time visible_at;
    int64_t receive_count = 0;
    Time first_received;
    bool moved = false;  ///< its visibility was changed since it was received: handles hold an older instant
};

/// A message in its queue.
struct Stored {
    enum class Where : uint8_t {
        ready,    ///< of a standard queue, without a group: never received
        held,     ///< of a standard queue: received
        waiting,  ///< among the messages of its group
    };
    Message message;
    Delivery delivery;
    Where where = Where::ready;
    bool apart = false;  ///< its body and attributes are in a record of their own

    bool in_flight(Time now) const { return delivery.receive_count > 0 && delivery.visible_at > now; }
};

/// Throws the errors of SendMessage for what a message may not be. `size_bytes` of the body and attributes is returned.
size_t check_message(const Queue& queue, std::string_view body, const MessageAttributes& attributes,
                     const SystemAttributes& system_attributes);

/// Throws the errors of SendMessage for a group and a deduplication id that a FIFO queue lacks.
void check_order_given(const Queue& queue, const std::optional<std::string>& group_id,
                       const std::optional<std::string>& deduplication_id);
/// The same, and for a group, a deduplication id or a delay that the queue's kind does not take.
void check_order(const Queue& queue, const std::optional<std::string>& group_id,
                 const std::optional<std::string>& deduplication_id, std::optional<int32_t> delay_seconds);
/// Throws InvalidParameterValue unless a receive of this queue may have such a ReceiveRequestAttemptId.
void check_attempt_id(const Queue& queue, const std::optional<std::string>& attempt_id);

std::string md5_of_attributes(const MessageAttributes& attributes);
std::string md5_of_attributes(const SystemAttributes& attributes);

/// Names that a receiver asked for: itself, "All", ".*", or a prefix "foo.*".
bool asks_for(const std::vector<std::string>& names, std::string_view attribute);

/// SequenceNumber: 20 digits.
std::string sequence_text(int64_t sequence);

/// The message as receivers see it, with those of its attributes that they asked for; without a receipt handle.
aws::sqs::Message shown_message(Stored stored, const std::vector<std::string>& system_names,
                                const std::vector<std::string>& attribute_names);

/// A receipt handle names one delivery of one message of one queue.
struct Receipt {
    uint64_t generation = 0;
    std::string message_id;
    int64_t receive_count = 0;  ///< tells receives apart that end at the same instant
    Time visible_at;            ///< on standard queues: when the visibility timeout of this receive ended
    int64_t sequence = 0;       ///< on FIFO queues
    std::string group_id;       ///< on FIFO queues
};
Receipt receipt_of(const Queue& queue, const Stored& stored);
std::string format_receipt(const Queue& queue, const Receipt& receipt);
/// Throws ReceiptHandleIsInvalid unless `handle` is one of this queue's.
Receipt parse_receipt(const Queue& queue, std::string_view handle);

/// The 16 bytes of a UUID's text, and back.
struct PackedId {
    std::array<char, 16> bytes{};
    operator std::string_view() const { return {bytes.data(), bytes.size()}; }
};
PackedId pack_id(std::string_view id);
std::string unpack_id(std::string_view bytes);

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
