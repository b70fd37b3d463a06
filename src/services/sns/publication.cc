#include "services/sns/publication.h"

#include <unordered_set>

#include "base/hash.h"
#include "base/json.h"

namespace cumulet::sns {
namespace {

constexpr size_t most_subject_characters = 100;
constexpr size_t most_attribute_name_bytes = 256;
constexpr size_t most_id_characters = 128;
constexpr size_t most_batch_entries = 10;
constexpr size_t most_entry_id_characters = 80;
constexpr uint64_t first_sequence_number = 10'000'000'000'000'000'000U;

using aws::sns::InvalidParameterValueException;

bool is_alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

void check_subject(const std::optional<std::string>& subject) {
    if (!subject) return;
    const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
    if (subject->empty() || subject->size() > most_subject_characters || subject->front() == ' ' ||
        !std::ranges::all_of(*subject, printable)) {
        throw invalid_parameter("Subject");
    }
}

void check_attribute_name(const std::string& name) {
    if (name.empty() || name.size() > most_attribute_name_bytes) {
        throw InvalidParameterValueException("Length of message attribute name must be less than 256 bytes.");
    }
    if (name.front() == '.')
        throw InvalidParameterValueException("Invalid message attribute name starting with character '.' was found.");
    if (name.back() == '.')
        throw InvalidParameterValueException("Invalid message attribute name ending with character '.' was found.");
    for (size_t i = 0; i < name.size(); ++i) {
        if (!is_alphanumeric(name[i]) && name[i] != '_' && name[i] != '-' && name[i] != '.') {
            throw InvalidParameterValueException(
                fmt::format("Invalid non-alphanumeric character '#x{:X}' was found in the message attribute name. Can "
                            "only include alphanumeric characters, hyphens, underscores, or dots.",
                            static_cast<unsigned char>(name[i])));
        }
        if (name[i] == '.' && name[i + 1] == '.')
            throw InvalidParameterValueException("Message attribute name can not have successive '.' character.");
    }
}

bool is_type(std::string_view type) {
    for (const std::string_view prefix : {"String", "Number", "Binary"}) {
        if (type == prefix ||
            (type.starts_with(prefix) && type.size() > prefix.size() + 1 && type[prefix.size()] == '.'))
            return true;
    }
    return false;
}

bool is_number(const std::string& text) {
    char* end = nullptr;
    std::strtod(text.c_str(), &end);
    return !text.empty() && *end == '\0' && !std::isspace(static_cast<unsigned char>(text.front()));
}

void check_attribute(const std::string& name, const aws::sns::MessageAttributeValue& value, size_t entry) {
    check_attribute_name(name);
    const auto& type = value.DataType;
    if (type.empty()) {
        const auto in = entry == 0 ? std::string("messageAttributes")
                                   : fmt::format("publishBatchRequestEntries.{}.member.messageAttributes", entry);
        throw aws::validation_error(
            fmt::format("1 validation error detected: Value null at '{}.{}.member.dataType' failed to satisfy "
                        "constraint: Member must not be null",
                        in, name));
    }
    if (!is_type(type)) {
        throw InvalidParameterValueException(
            fmt::format("The message attribute '{}' has an invalid message attribute type, the set of supported type "
                        "prefixes is Binary, Number, and String.",
                        name));
    }
    const bool binary = type.starts_with("Binary");
    const auto& wanted = binary ? value.BinaryValue : value.StringValue;
    const auto& other = binary ? value.StringValue : value.BinaryValue;
    if (!wanted && other) {
        throw InvalidParameterValueException(
            fmt::format("The message attribute '{}' with type '{}' must use field "
                        "'{}'.",
                        name, type, binary ? "Binary" : "String"));
    }
    if (!wanted || wanted->empty()) {
        throw InvalidParameterValueException(
            fmt::format("The message attribute '{}' must contain non-empty message attribute value for message "
                        "attribute type '{}'.",
                        name, type));
    }
    if (type.starts_with("Number") && !is_number(*wanted)) {
        throw InvalidParameterValueException(
            fmt::format("Could not cast message attribute '{}' value to number.", name));
    }
}

void check_structure(const std::optional<std::string>& structure, const std::string& message, bool needs_default) {
    if (!structure) return;
    // Unverified: AWS's words for a structure other than json.
    if (*structure != "json") throw invalid_parameter("MessageStructure");
    const auto parsed = parse_json(message);
    if (!parsed || !parsed->is_object())
        throw invalid_parameter("Message Structure - JSON message body failed to parse");
    const auto* text = parsed->as_object().if_contains("default");
    if (needs_default && (!text || !text->is_string()))
        throw invalid_parameter("Message Structure - No default entry in JSON message body");
}

void check_id(const std::string& id, std::string_view parameter) {
    constexpr std::string_view punctuation = R"(!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~)";
    const auto allowed = [&](char c) { return is_alphanumeric(c) || punctuation.find(c) != punctuation.npos; };
    if (id.empty() || id.size() > most_id_characters || !std::ranges::all_of(id, allowed)) {
        throw invalid_parameter(
            fmt::format("{0} Reason: The {0} parameter can only include alphanumeric and "
                        "punctuation characters. 1 to 128 in length.",
                        parameter));
    }
}

/// What Publish and an entry of PublishBatch share.
template <typename Request>
Notification notification_of(Call& call, Request& request, size_t entry, bool needs_default) {
    check_subject(request.Subject);
    if (request.Message.empty()) throw invalid_parameter("Empty message");
    check_structure(request.MessageStructure, request.Message, needs_default);
    if (request.MessageGroupId) check_id(*request.MessageGroupId, "MessageGroupId");
    if (request.MessageDeduplicationId) check_id(*request.MessageDeduplicationId, "MessageDeduplicationId");
    Notification notification;
    notification.id = call.random().uuid();
    notification.message = std::move(request.Message);
    notification.structured = request.MessageStructure.has_value();
    notification.subject = std::move(request.Subject).value_or("");
    if (request.MessageAttributes) {
        for (const auto& [name, value] : *request.MessageAttributes) check_attribute(name, value, entry);
        notification.attributes = std::move(*request.MessageAttributes);
    }
    notification.published = call.now();
    notification.group = std::move(request.MessageGroupId).value_or("");
    notification.deduplication = std::move(request.MessageDeduplicationId).value_or("");
    notification.base_url = call.base_url();
    notification.trace = call.trace;
    return notification;
}

}  // namespace

Notification checked_notification(Call& call, aws::sns::PublishInput request) {
    const bool to_device = request.TargetArn && request.TargetArn->find(":endpoint/") != std::string::npos;
    auto notification = notification_of(call, request, 0, !to_device);
    if (size_bytes(notification) > largest_message_bytes) throw invalid_parameter("Message too long");
    return notification;
}

Notification checked_notification(Call& call, aws::sns::PublishBatchRequestEntry request, size_t entry) {
    return notification_of(call, request, entry, true);
}

void check_fit(const Notification& notification, const Topic& topic) {
    if (!topic.fifo()) {
        if (notification.deduplication.empty()) return;
        throw invalid_parameter(
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid "
            "for this topic type");
    }
    if (notification.group.empty()) throw invalid_parameter("The MessageGroupId parameter is required for FIFO topics");
    if (notification.deduplication.empty() && !topic.content_based_deduplication()) {
        throw invalid_parameter(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly");
    }
}

std::string deduplication_id(const Notification& notification) {
    return notification.deduplication.empty() ? sha256_hex(notification.message) : notification.deduplication;
}

size_t size_bytes(const Notification& notification) {
    size_t size = notification.message.size();
    for (const auto& [name, value] : notification.attributes) {
        size += name.size() + value.DataType.size();
        size += value.StringValue ? value.StringValue->size() : 0;
        size += value.BinaryValue ? value.BinaryValue->size() : 0;
    }
    return size;
}

void check_batch(const std::vector<aws::sns::PublishBatchRequestEntry>& entries) {
    if (entries.empty()) {
        throw aws::sns::EmptyBatchRequestException("The batch request doesn't contain any entries.");
    }
    if (entries.size() > most_batch_entries) {
        throw aws::sns::TooManyEntriesInBatchRequestException(
            "The batch request contains more entries than permissible.");
    }
    std::unordered_set<std::string_view> ids;
    for (const auto& entry : entries) {
        if (!ids.insert(entry.Id).second) {
            throw aws::sns::BatchEntryIdsNotDistinctException(
                "Two or more batch entries in the request have the same Id.");
        }
    }
    for (const auto& entry : entries) {
        if (entry.Id.size() > most_entry_id_characters) {
            throw aws::sns::InvalidBatchEntryIdException(
                fmt::format("The Id of a batch entry in the batch request is too long: {}", entry.Id));
        }
        const auto allowed = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; };
        if (entry.Id.empty() || !std::ranges::all_of(entry.Id, allowed)) {
            throw aws::sns::InvalidBatchEntryIdException(fmt::format(
                "The Id of a batch entry in the batch request contains an impermissible character: {}", entry.Id));
        }
    }
}

std::string format_sequence_number(uint64_t number) { return std::to_string(first_sequence_number + number); }

}  // namespace cumulet::sns
