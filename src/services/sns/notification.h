// A notification: a message on its way from a topic to subscribers. Pure.
#pragma once

#include "base/time.h"
#include "contracts/sns.h"

namespace cumulet::sns {

using MessageAttributes = std::map<std::string, aws::sns::MessageAttributeValue>;

constexpr size_t largest_message_bytes = 262'144;

struct Notification {
    enum class Type : uint8_t { notification, subscription_confirmation, unsubscribe_confirmation };

    Type type = Type::notification;
    std::string id;       ///< MessageId
    std::string message;  ///< as it was published: with `structured`, an object of texts by protocol
    bool structured = false;
    std::string subject;  ///< "" if none
    MessageAttributes attributes;
    Time published;
    std::string group;            ///< MessageGroupId, "" if none
    std::string deduplication;    ///< MessageDeduplicationId of a FIFO topic's message, given or from its content
    std::string sequence_number;  ///< of a FIFO topic's message
    std::string token;            ///< of a confirmation
    std::string base_url;         ///< "http://host:port" as the publisher reached us: URLs to us are built from it
    std::string trace;            ///< X-Amzn-Trace-Id of its publisher, "" if none
    bool replayed = false;        ///< from the archive

    /// The text for a protocol ("sqs", "lambda", "GCM"): its own where the message is structured, or the default.
    std::string message_for(std::string_view protocol) const;
    /// "Notification", "SubscriptionConfirmation" or "UnsubscribeConfirmation".
    std::string_view type_name() const;
};

}  // namespace cumulet::sns
