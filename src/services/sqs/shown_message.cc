// A message as receivers see it.

#include "base/hash.h"
#include "services/sqs/message.h"

namespace cumulet::sqs {
namespace {

std::map<std::string, std::string> system_attributes(const Stored& stored, const std::vector<std::string>& names) {
    const auto& message = stored.message;
    const auto& delivery = stored.delivery;
    std::map<std::string, std::string> shown;
    const bool all = contains(names, "All");
    const auto show = [&](const char* name, auto value) {
        if (all || contains(names, name)) shown.emplace(name, value());
    };
    const auto show_text = [&](const char* name, const std::string& text) {
        if (!text.empty()) show(name, [&] { return text; });
    };
    show("SenderId", [&] { return message.sender_id; });
    show("SentTimestamp", [&] { return std::to_string(epoch_millis(message.sent)); });
    show("ApproximateReceiveCount", [&] { return std::to_string(delivery.receive_count); });
    show("ApproximateFirstReceiveTimestamp", [&] { return std::to_string(epoch_millis(delivery.first_received)); });
    show_text("AWSTraceHeader", message.trace_header);
    show_text("DeadLetterQueueSourceArn", message.dead_letter_source);
    show_text("MessageGroupId", message.group_id);
    show_text("MessageDeduplicationId", message.deduplication_id);
    if (message.sequence > 0) show("SequenceNumber", [&] { return sequence_text(message.sequence); });
    return shown;
}

}  // namespace

aws::sqs::Message shown_message(Stored stored, const std::vector<std::string>& system_names,
                                const std::vector<std::string>& attribute_names) {
    aws::sqs::Message message;
    if (!system_names.empty()) {
        if (auto attributes = system_attributes(stored, system_names); !attributes.empty()) {
            message.Attributes = std::move(attributes);
        }
    }
    auto& attributes = stored.message.attributes;
    std::erase_if(attributes, [&](const auto& attribute) { return !asks_for(attribute_names, attribute.first); });
    if (!attributes.empty()) {
        message.MD5OfMessageAttributes = md5_of_attributes(attributes);
        message.MessageAttributes = std::move(attributes);
    }
    message.MD5OfBody = md5_hex(stored.message.body);
    message.Body = std::move(stored.message.body);
    message.MessageId = std::move(stored.message.id);
    return message;
}

}  // namespace cumulet::sqs
