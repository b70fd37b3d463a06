// Event source mappings as they are stored, and the rules for them. Pure.
#pragma once

#include "base/json.h"
#include "contracts/lambda.h"
#include "contracts/sqs.h"
#include "services/lambda/name.h"

namespace cumulet::lambda {

struct MappingName {
    std::string account;
    std::string region;
    std::string uuid;
};

struct Mapping {
    aws::lambda::EventSourceMappingConfiguration configuration;
    bool enabled = true;

    std::string text() const;
    static Mapping parse(std::string_view text);

    /// What callers see: the state follows from whether it is enabled.
    aws::lambda::EventSourceMappingConfiguration shown() const;
    size_t batch_size() const { return static_cast<size_t>(configuration.BatchSize.value_or(10)); }
    std::chrono::seconds window() const {
        return std::chrono::seconds(configuration.MaximumBatchingWindowInSeconds.value_or(0));
    }
    /// How many batches of a queue it may have at once, where it says so.
    std::optional<size_t> concurrency() const;
    bool reports_failures() const;
    /// It asks for EventCount.
    bool counts_events() const;
};

/// Throws InvalidParameterValueException where batch size and window do not fit a queue.
void check_batching(const Mapping& mapping, bool fifo);
/// Throws InvalidParameterValueException where the numbers of pollers of a queue do not go together.
void check_pollers(const Mapping& mapping, bool fifo);

/// The URL under which a service of Cumulet reaches a queue.
std::string queue_url_of(const Call& call, const Arn& queue);
/// One message as a function sees it.
json::object queue_record(const aws::sqs::Message& message, std::string_view queue_arn, std::string_view region);
/// The event that Lambda hands over for messages of a queue.
std::string queue_event(const std::vector<aws::sqs::Message>& messages, std::string_view queue_arn,
                        std::string_view region);

/// Which messages the function handled. With `reports_failures`, its answer may name those that it did not;
/// an answer that names what was not in the batch means that none was handled.
std::vector<const aws::sqs::Message*> handled_messages(const std::vector<aws::sqs::Message>& messages,
                                                       bool reports_failures, std::string_view answer);

}  // namespace cumulet::lambda
