#include "services/sqs/queue.h"

#include <charconv>

#include "base/bytes.h"

namespace cumulet::sqs {

const NumberAttribute* find_number_attribute(std::string_view name) {
    const auto found = std::ranges::find(number_attributes, name, &NumberAttribute::name);
    return found == std::end(number_attributes) ? nullptr : found;
}

std::optional<int64_t> parse_number(std::string_view text) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

aws::Error invalid_parameter(std::string message) {
    return aws::Error("InvalidParameterValue", std::move(message), 400);
}

aws::Error missing_parameter(std::string_view name) {
    return aws::Error("MissingParameter", fmt::format("The request must contain the parameter {}.", name), 400);
}

size_t page_limit(std::optional<int32_t> max_results) {
    constexpr int32_t most = 1000;
    if (max_results.value_or(most) < 1 || max_results.value_or(most) > most) {
        // Unverified: the documentation gives the range, not the text.
        throw invalid_parameter(
            fmt::format("Value {} for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 "
                        "and {}.",
                        *max_results, most));
    }
    return static_cast<size_t>(max_results.value_or(most));
}

std::string page_start(const std::optional<std::string>& token, std::optional<int32_t> max_results) {
    if (!token || token->empty()) return "";
    const auto after = from_base64(*token);
    // Only a caller who asked for pages has a token for the next.
    if (!after || !max_results) throw invalid_parameter("Invalid or expired next token.");
    return *after;
}

aws::sqs::QueueDoesNotExist queue_does_not_exist(const Call& call) {
    return aws::sqs::QueueDoesNotExist(call.query_compatible
                                           ? "The specified queue does not exist for this wsdl version."
                                           : "The specified queue does not exist.");
}

int64_t Queue::number(std::string_view attribute) const {
    const auto set =
        std::ranges::find(attributes, attribute, [](const auto& each) { return std::string_view(each.first); });
    if (set != attributes.end()) return parse_number(set->second).value_or(0);
    const auto* known = find_number_attribute(attribute);
    return known ? known->initial : 0;
}

std::optional<RedrivePolicy> Queue::redrive_policy() const {
    const auto set = attributes.find("RedrivePolicy");
    if (set == attributes.end()) return std::nullopt;
    return parse_redrive_policy(set->second);
}

Time Queue::visible_at(std::optional<int32_t> delay_seconds, Time now) const {
    if (!delay_seconds) return now + delay();
    if (*delay_seconds < 0 || *delay_seconds > 900) {
        throw invalid_parameter(
            fmt::format("Value {} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be "
                        ">= 0 and <= 900.",
                        *delay_seconds));
    }
    return now + std::chrono::seconds(*delay_seconds);
}

}  // namespace cumulet::sqs
