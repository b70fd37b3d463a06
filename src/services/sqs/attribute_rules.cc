#include "services/sqs/attribute_rules.h"

#include "auth/policy.h"
#include "base/bytes.h"
#include "base/json.h"
#include "contracts/error.h"

namespace cumulet::sqs {
namespace {

constexpr std::string_view computed_attributes[] = {"ApproximateNumberOfMessages",
                                                    "ApproximateNumberOfMessagesDelayed",
                                                    "ApproximateNumberOfMessagesNotVisible",
                                                    "CreatedTimestamp",
                                                    "LastModifiedTimestamp",
                                                    "QueueArn"};
constexpr std::string_view document_attributes[] = {"Policy", "RedriveAllowPolicy", "RedrivePolicy"};
constexpr std::string_view fifo_attributes[] = {"ContentBasedDeduplication", "DeduplicationScope", "FifoQueue",
                                                "FifoThroughputLimit"};
constexpr std::string_view encryption_attributes[] = {"KmsMasterKeyId", "SqsManagedSseEnabled"};
constexpr size_t longest_name = 80;
constexpr size_t most_tags = 50;
constexpr size_t longest_tag_key = 128;
constexpr size_t longest_tag_value = 256;

[[noreturn]] void unknown(std::string_view name) {
    throw aws::sqs::InvalidAttributeName(fmt::format("Unknown Attribute {}.", name));
}

[[noreturn]] void invalid(std::string_view name, std::string_view reason = "") {
    throw aws::sqs::InvalidAttributeValue(
        fmt::format("Invalid value for the parameter {}.{}{}", name, reason.empty() ? "" : " Reason: ", reason));
}

void check_one_of(std::string_view name, std::string_view value, std::initializer_list<std::string_view> allowed) {
    if (!contains(allowed, value)) invalid(name);
}

void check_policy(std::string_view text) {
    try {
        auth::Policy::parse(text, auth::PolicyKind::resource);
    } catch (const aws::Error&) {
        invalid("Policy");
    }
}

void check_document(std::string_view name, std::string_view text) {
    if (text.empty()) return;  // removes it
    if (name == "Policy") check_policy(text);
    if (name == "RedrivePolicy") parse_redrive_policy(text);
    if (name == "RedriveAllowPolicy") parse_redrive_allow_policy(text);
}

void check_fifo_attribute(std::string_view name, std::string_view value, bool creating) {
    if (name == "ContentBasedDeduplication") return check_one_of(name, value, {"true", "false"});
    if (name == "DeduplicationScope") return check_one_of(name, value, {"messageGroup", "queue"});
    if (name == "FifoThroughputLimit") return check_one_of(name, value, {"perMessageGroupId", "perQueue"});
    if (value != "true") invalid(name, creating ? "" : "Modifying queue type is not supported.");
}

void check_attribute(std::string_view name, std::string_view value, bool fifo, bool creating) {
    if (const auto* number = find_number_attribute(name)) {
        const auto given = parse_number(value);
        if (!given || *given < number->min || *given > number->max) invalid(name);
    } else if (contains(document_attributes, name)) {
        check_document(name, value);
    } else if (contains(fifo_attributes, name)) {
        if (!fifo) unknown(name);
        check_fifo_attribute(name, value, creating);
    } else if (name == "SqsManagedSseEnabled") {
        check_one_of(name, value, {"true", "false"});
    } else if (name != "KmsMasterKeyId") {
        unknown(name);
    }
}

bool is_set(const Attributes& attributes, const char* name, std::string_view value) {
    const auto found = attributes.find(name);
    return found != attributes.end() && found->second == value;
}

bool names_key(const Attributes& attributes) {
    const auto key = attributes.find("KmsMasterKeyId");
    return key != attributes.end() && !key->second.empty();
}

/// Documents are the same if they mean the same; the rest if it is the same text.
bool same(std::string_view name, std::string_view left, std::string_view right) {
    if (left == right) return true;
    if (find_number_attribute(name)) return parse_number(left) == parse_number(right);
    if (!contains(document_attributes, name)) return false;
    const auto parsed_left = parse_json(left);
    const auto parsed_right = parse_json(right);
    return parsed_left && parsed_right && *parsed_left == *parsed_right;
}

/// The text under which an attribute is kept.
std::string kept(std::string_view name, const std::string& value) {
    if (name == "RedrivePolicy") return parse_redrive_policy(value).text();
    if (find_number_attribute(name)) return std::to_string(parse_number(value).value_or(0));
    return value;
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

void check_queue_name(std::string_view name, bool fifo) {
    const bool suffixed = name.ends_with(".fifo");
    const auto stem = fifo && suffixed ? name.substr(0, name.size() - 5) : name;
    const bool plain = !stem.empty() && name.size() <= longest_name && std::ranges::all_of(stem, is_name_character);
    if (fifo && (!plain || !suffixed)) {
        throw invalid_parameter(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with "
            ".fifo suffix and be 1 to 80 in length.");
    }
    if (!plain) {
        throw invalid_parameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
    }
}

void check_attributes(const Attributes& wanted, bool fifo, bool creating) {
    for (const auto& [name, value] : wanted) check_attribute(name, value, fifo, creating);
    if (names_key(wanted) && is_set(wanted, "SqsManagedSseEnabled", "true")) {
        throw aws::sqs::InvalidAttributeName(
            "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS "
            "SSE.");
    }
}

void check_attribute_name(std::string_view name) {
    if (name == "All" || find_number_attribute(name) || contains(computed_attributes, name) ||
        contains(document_attributes, name) || contains(fifo_attributes, name) ||
        contains(encryption_attributes, name)) {
        return;
    }
    unknown(name);
}

void check_same_attributes(const Queue& existing, const Attributes& wanted) {
    const auto present = shown_settings(existing);
    for (const auto& [name, value] : wanted) {
        const auto found = present.find(name);
        if (!same(name, found == present.end() ? std::string_view() : found->second,
                  value.empty() ? value : kept(name, value))) {
            throw aws::sqs::QueueNameExists(
                fmt::format("A queue already exists with the same name and a different value for attribute {}", name));
        }
    }
}

void check_tags(std::string_view queue_name, const std::map<std::string, std::string>& tags) {
    if (tags.size() > most_tags) throw invalid_parameter(fmt::format("Too many tags added for queue {}.", queue_name));
    for (const auto& [key, value] : tags) {
        // Unverified: the limits are documented, the texts are not.
        if (key.empty() || utf8_length(key) > longest_tag_key) {
            throw invalid_parameter(
                fmt::format("Tag keys must be between 1 and {} characters in length.", longest_tag_key));
        }
        if (utf8_length(value) > longest_tag_value) {
            throw invalid_parameter(
                fmt::format("Tag values must be between 0 and {} characters in length.", longest_tag_value));
        }
    }
}

Attributes with_attributes(Attributes present, const Attributes& wanted) {
    for (const auto& [name, value] : wanted) {
        if (value.empty()) {
            present.erase(name);
        } else {
            present[name] = kept(name, value);
        }
    }
    if (names_key(wanted)) {
        present["SqsManagedSseEnabled"] = "false";
    } else if (is_set(wanted, "SqsManagedSseEnabled", "true")) {
        present.erase("KmsMasterKeyId");
        present.erase("KmsDataKeyReusePeriodSeconds");
    }
    if (is_set(present, "FifoThroughputLimit", "perMessageGroupId") &&
        !is_set(present, "DeduplicationScope", "messageGroup")) {
        // Unverified: the documentation gives the rule, not the error.
        invalid("FifoThroughputLimit",
                "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.");
    }
    return present;
}

Attributes shown_settings(const Queue& queue) {
    Attributes shown{{"SqsManagedSseEnabled", "true"}};
    for (const auto& attribute : number_attributes) {
        if (attribute.name == "KmsDataKeyReusePeriodSeconds" && !names_key(queue.attributes)) continue;
        shown[std::string(attribute.name)] = std::to_string(attribute.initial);
    }
    if (queue.fifo()) {
        shown["ContentBasedDeduplication"] = "false";
        shown["DeduplicationScope"] = "queue";
        shown["FifoQueue"] = "true";
        shown["FifoThroughputLimit"] = "perQueue";
    }
    for (const auto& [name, value] : queue.attributes) shown[name] = value;
    return shown;
}

}  // namespace cumulet::sqs
