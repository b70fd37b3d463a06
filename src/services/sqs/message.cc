#include "services/sqs/message.h"

#include <cstring>

#include "base/bytes.h"
#include "base/hash.h"
#include "store/key.h"

namespace cumulet::sqs {
namespace {

constexpr size_t most_attributes = 10;
constexpr size_t most_batch_entries = 10;

/// Without the printable ASCII that it begins with, as far as eight bytes at a time tell.
std::string_view after_plain_text(std::string_view text) {
    constexpr uint64_t high = 0x8080'8080'8080'8080;
    constexpr uint64_t blanks = 0x2020'2020'2020'2020;
    uint64_t word;
    for (; text.size() >= sizeof word; text.remove_prefix(sizeof word)) {
        std::memcpy(&word, text.data(), sizeof word);
        // The lowest byte below a blank borrows, which sets its high bit.
        if (((word | (word - blanks)) & high) != 0) break;
    }
    return text;
}

// Characters that XML 1.0 allows, which is what SQS accepts in bodies.
bool has_valid_characters(std::string_view text) {
    text = after_plain_text(text);
    if (!valid_utf8(text)) return false;
    for (size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<uint8_t>(text[i]);
        if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return false;
        // U+FFFE and U+FFFF
        if (byte == 0xef && static_cast<uint8_t>(text[i + 1]) == 0xbf && static_cast<uint8_t>(text[i + 2]) >= 0xbe)
            return false;
    }
    return true;
}

bool is_attribute_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    };
    return !name.empty() && name.size() <= 256 && std::ranges::all_of(name, allowed) && name.front() != '.' &&
           name.back() != '.' && name.find("..") == std::string_view::npos;
}

/// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
void check_order_id(std::string_view parameter, std::string_view id) {
    const auto allowed = [](char c) { return c > ' ' && c <= '~'; };
    if (id.empty() || id.size() > 128 || !std::ranges::all_of(id, allowed)) {
        throw invalid_parameter(
            fmt::format("Value {} for parameter {} is invalid. Reason: {} can only include alphanumeric and "
                        "punctuation characters. 1 to 128 in length.",
                        id, parameter, parameter));
    }
}

aws::Error not_for_this_kind(std::string_view parameter, std::string_view value) {
    return invalid_parameter(
        fmt::format("Value {} for parameter {} is invalid. Reason: The request include parameter that is not valid "
                    "for this queue type.",
                    value, parameter));
}

template <typename Value>
size_t check_attribute(const std::string& name, const Value& value) {
    const std::string_view type = std::string_view(value.DataType).substr(0, value.DataType.find('.'));
    if (!is_attribute_name(name)) {
        throw invalid_parameter(
            "Can only include alphanumeric characters, hyphens, underscores, or dots. 1 to 256 in length");
    }
    if (value.StringListValues || value.BinaryListValues) {
        throw aws::Error("UnsupportedOperation", "StringListValues and BinaryListValues are not supported.", 400);
    }
    if (type != "String" && type != "Number" && type != "Binary") {
        throw invalid_parameter(
            fmt::format("The message attribute '{}' has an invalid message attribute type, the set of "
                        "supported type prefixes is Binary, Number, and String.",
                        name));
    }
    const auto& content = type == "Binary" ? value.BinaryValue : value.StringValue;
    if (!content || content->empty()) {
        throw invalid_parameter(
            fmt::format("The message attribute '{}' must contain a non-empty message attribute value for "
                        "message attribute type '{}'.",
                        name, value.DataType));
    }
    if (type != "Binary" && !has_valid_characters(*content))
        throw aws::sqs::InvalidMessageContents(
            fmt::format("The message attribute '{}' contains invalid characters.", name));
    return name.size() + value.DataType.size() + content->size();
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
template <typename Attributes>
std::string md5_of(const Attributes& attributes) {
    std::string text;
    const auto append = [&](std::string_view part) {
        text += big_endian(static_cast<uint32_t>(part.size()));
        text += part;
    };
    for (const auto& [name, value] : attributes) {
        const bool binary = value.DataType.starts_with("Binary");
        append(name);
        append(value.DataType);
        text.push_back(binary ? 2 : 1);
        append(binary ? value.BinaryValue.value_or("") : value.StringValue.value_or(""));
    }
    return md5_hex(text);
}

}  // namespace

size_t check_message(const Queue& queue, std::string_view body, const MessageAttributes& attributes,
                     const SystemAttributes& system_attributes) {
    if (body.empty()) throw aws::Error("MissingParameter", "The request must contain the parameter MessageBody.", 400);
    if (!has_valid_characters(body)) {
        throw aws::sqs::InvalidMessageContents(
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to "
            "#xFFFD | "
            "#x10000 to #x10FFFF");
    }
    if (attributes.size() > most_attributes) {
        throw invalid_parameter(fmt::format("Number of message attributes [{}] exceeds the allowed maximum [{}].",
                                            attributes.size(), most_attributes));
    }
    size_t size_bytes = body.size();
    for (const auto& [name, value] : attributes) size_bytes += check_attribute(name, value);
    const auto most_bytes = static_cast<size_t>(queue.number("MaximumMessageSize"));
    if (size_bytes > most_bytes) {
        throw invalid_parameter(
            fmt::format("One or more parameters are invalid. Reason: Message must be shorter than {} "
                        "bytes.",
                        most_bytes));
    }
    for (const auto& [name, value] : system_attributes) {
        if (name != "AWSTraceHeader") {
            throw invalid_parameter(fmt::format("Message system attribute name '{}' is invalid.", name));
        }
        check_attribute(name, value);
    }
    return size_bytes;
}

void check_order_given(const Queue& queue, const std::optional<std::string>& group_id,
                       const std::optional<std::string>& deduplication_id) {
    if (!queue.fifo()) return;
    if (!group_id) {
        throw aws::Error("MissingParameter", "The request must contain the parameter MessageGroupId.", 400);
    }
    if (!deduplication_id && !queue.deduplicates_by_content()) {
        throw invalid_parameter(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly");
    }
}

void check_order(const Queue& queue, const std::optional<std::string>& group_id,
                 const std::optional<std::string>& deduplication_id, std::optional<int32_t> delay_seconds) {
    if (group_id) check_order_id("MessageGroupId", *group_id);
    if (deduplication_id) check_order_id("MessageDeduplicationId", *deduplication_id);
    if (!queue.fifo()) {
        if (deduplication_id) throw not_for_this_kind("MessageDeduplicationId", *deduplication_id);
        return;
    }
    check_order_given(queue, group_id, deduplication_id);
    if (delay_seconds.value_or(0) != 0) throw not_for_this_kind("DelaySeconds", std::to_string(*delay_seconds));
}

void check_attempt_id(const Queue& queue, const std::optional<std::string>& attempt_id) {
    if (!attempt_id) return;
    if (!queue.fifo()) throw not_for_this_kind("ReceiveRequestAttemptId", *attempt_id);
    check_order_id("ReceiveRequestAttemptId", *attempt_id);
}

std::string md5_of_attributes(const MessageAttributes& attributes) { return md5_of(attributes); }
std::string md5_of_attributes(const SystemAttributes& attributes) { return md5_of(attributes); }

bool asks_for(const std::vector<std::string>& names, std::string_view attribute) {
    return std::ranges::any_of(names, [&](std::string_view name) {
        if (name == "All" || name == ".*") return true;
        if (name.ends_with(".*")) return attribute.starts_with(name.substr(0, name.size() - 2));
        return name == attribute;
    });
}

std::string sequence_text(int64_t sequence) { return fmt::format("1{:019}", sequence); }

PackedId pack_id(std::string_view id) {
    constexpr auto value_of = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    PackedId packed;
    size_t digits = 0;
    for (const char c : id) {
        if (c == '-' || digits == 2 * packed.bytes.size()) continue;
        auto& byte = packed.bytes[digits++ / 2];
        byte = static_cast<char>(byte << 4 | (value_of(c) & 15));
    }
    return packed;
}

std::string unpack_id(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string id;
    id.reserve(36);
    for (size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) id.push_back('-');
        id.push_back(digits[static_cast<uint8_t>(bytes[i]) >> 4]);
        id.push_back(digits[static_cast<uint8_t>(bytes[i]) & 15]);
    }
    return id;
}

Receipt receipt_of(const Queue& queue, const Stored& stored) {
    return {queue.generation,           stored.message.id,       stored.delivery.receive_count,
            stored.delivery.visible_at, stored.message.sequence, stored.message.group_id};
}

std::string format_receipt(const Queue& queue, const Receipt& receipt) {
    store::Key key(receipt.generation, receipt.receive_count);
    if (queue.fifo()) {
        key << receipt.sequence;
        return to_base64(std::move(key.raw(pack_id(receipt.message_id)).raw(receipt.group_id)).bytes());
    }
    return to_base64(std::move((key << receipt.visible_at).raw(pack_id(receipt.message_id))).bytes());
}

Receipt parse_receipt(const Queue& queue, std::string_view handle) {
    constexpr size_t id_bytes = 16;
    constexpr size_t receipt_bytes = 3 * 8 + id_bytes;
    const auto bytes = from_base64(handle);
    if (bytes && (queue.fifo() ? bytes->size() > receipt_bytes : bytes->size() == receipt_bytes)) {
        store::KeyReader reader(*bytes);
        Receipt receipt;
        receipt.generation = reader.unsigned_number();
        receipt.receive_count = reader.number();
        if (queue.fifo()) {
            receipt.sequence = reader.number();
        } else {
            receipt.visible_at = reader.time();
        }
        receipt.message_id = unpack_id(reader.rest().substr(0, id_bytes));
        receipt.group_id = reader.rest().substr(id_bytes);
        if (receipt.generation == queue.generation) return receipt;
    }
    throw aws::sqs::ReceiptHandleIsInvalid(
        fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.", handle));
}

void check_batch_ids(const std::vector<std::string_view>& ids, std::string_view entry_type) {
    if (ids.empty()) {
        throw aws::sqs::EmptyBatchRequest(fmt::format("There should be at least one {} in the request.", entry_type));
    }
    if (ids.size() > most_batch_entries) {
        throw aws::sqs::TooManyEntriesInBatchRequest(fmt::format(
            "Maximum number of entries per request are {}. You have sent {}.", most_batch_entries, ids.size()));
    }
    std::set<std::string_view> seen;
    for (const auto id : ids) {
        const auto allowed = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_'; };
        if (id.empty() || id.size() > 80 || !std::ranges::all_of(id, allowed)) {
            throw aws::sqs::InvalidBatchEntryId(
                "A batch entry id can only contain alphanumeric characters, hyphens and "
                "underscores. It can be at most 80 letters long.");
        }
        if (!seen.insert(id).second) throw aws::sqs::BatchEntryIdsNotDistinct(fmt::format("Id {} repeated.", id));
    }
}

}  // namespace cumulet::sqs
