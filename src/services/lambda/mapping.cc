#include "services/lambda/mapping.h"

#include <set>

#include "base/bytes.h"
#include "base/json.h"
#include "contracts/reflect.h"
#include "services/lambda/fault.h"

namespace cumulet::lambda {
namespace {

constexpr int32_t most_without_window = 10;
constexpr int32_t most_batch = 10'000;
constexpr int32_t longest_window_seconds = 300;
constexpr int32_t least_pollers = 2;
constexpr int32_t usual_pollers = 200;
constexpr size_t concurrency_per_poller = 10;

const contracts::Shape& mapping_shape() {
    static const contracts::Shape& shape = *aws::lambda::service.find("GetEventSourceMapping")->output;
    return shape;
}

json::object attribute_value(const aws::sqs::MessageAttributeValue& attribute) {
    json::object value;
    if (attribute.StringValue) value["stringValue"] = *attribute.StringValue;
    if (attribute.BinaryValue) value["binaryValue"] = to_base64(*attribute.BinaryValue);
    value["stringListValues"] = json::array();
    value["binaryListValues"] = json::array();
    value["dataType"] = attribute.DataType;
    return value;
}

}  // namespace

std::string Mapping::text() const {
    return json::serialize(
        json::object{{"configuration", contracts::to_json(mapping_shape(), &configuration)}, {"enabled", enabled}});
}

Mapping Mapping::parse(std::string_view text) {
    const auto record = json::parse(text).as_object();
    Mapping mapping{.enabled = record.at("enabled").as_bool()};
    contracts::from_json(mapping_shape(), &mapping.configuration, record.at("configuration"));
    return mapping;
}

aws::lambda::EventSourceMappingConfiguration Mapping::shown() const {
    auto shown = configuration;
    shown.State = enabled ? "Enabled" : "Disabled";
    if (!shown.StateTransitionReason)
        shown.StateTransitionReason = shown.StartingPosition ? "User action" : "USER_INITIATED";
    return shown;
}

std::optional<size_t> Mapping::concurrency() const {
    const auto& scaling = configuration.ScalingConfig;
    if (scaling && scaling->MaximumConcurrency) return static_cast<size_t>(*scaling->MaximumConcurrency);
    const auto& pollers = configuration.ProvisionedPollerConfig;
    if (!pollers) return std::nullopt;
    return concurrency_per_poller * static_cast<size_t>(pollers->MaximumPollers.value_or(usual_pollers));
}

bool Mapping::reports_failures() const {
    const auto& types = configuration.FunctionResponseTypes;
    return types && std::find(types->begin(), types->end(), "ReportBatchItemFailures") != types->end();
}

bool Mapping::counts_events() const {
    const auto& metrics = configuration.MetricsConfig;
    return metrics && metrics->Metrics && std::ranges::find(*metrics->Metrics, "EventCount") != metrics->Metrics->end();
}

void check_batching(const Mapping& mapping, bool fifo) {
    const auto size = mapping.configuration.BatchSize.value_or(most_without_window);
    const auto window = mapping.configuration.MaximumBatchingWindowInSeconds.value_or(0);
    if (size < 1 || size > (fifo ? most_without_window : most_batch)) {
        throw invalid(fifo ? "Batch size must be less than or equal to 10 for FIFO queues."
                           : "Batch size is out of range.");
    }
    if (window < 0 || window > longest_window_seconds)
        throw invalid("Maximum batch window in seconds is out of range.");
    if (fifo && window > 0) throw invalid("Batching window is not supported for FIFO queues.");
    if (size > most_without_window && window == 0) {
        throw invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
    }
}

void check_pollers(const Mapping& mapping, bool fifo) {
    const auto& pollers = mapping.configuration.ProvisionedPollerConfig;
    if (!pollers) return;
    // Unverified: the words of these three.
    if (fifo) throw invalid("ProvisionedPollerConfig is not supported for FIFO queues.");
    if (mapping.configuration.ScalingConfig) {
        throw invalid("ScalingConfig and ProvisionedPollerConfig cannot be used together.");
    }
    if (pollers->MinimumPollers.value_or(least_pollers) > pollers->MaximumPollers.value_or(usual_pollers)) {
        throw invalid("MinimumPollers must not be greater than MaximumPollers.");
    }
}

std::string queue_url_of(const Call& call, const Arn& queue) {
    return fmt::format("{}/{}/{}", call.base_url(), queue.account, queue.resource);
}

json::object queue_record(const aws::sqs::Message& message, std::string_view queue_arn, std::string_view region) {
    json::object attributes;
    if (message.Attributes) {
        for (const auto& [name, value] : *message.Attributes) attributes[name] = value;
    }
    json::object message_attributes;
    if (message.MessageAttributes) {
        for (const auto& [name, value] : *message.MessageAttributes) message_attributes[name] = attribute_value(value);
    }
    json::object record{{"messageId", message.MessageId.value_or("")},
                        {"receiptHandle", message.ReceiptHandle.value_or("")},
                        {"body", message.Body.value_or("")},
                        {"attributes", std::move(attributes)},
                        {"messageAttributes", std::move(message_attributes)},
                        {"md5OfBody", message.MD5OfBody.value_or("")}};
    if (message.MD5OfMessageAttributes) record["md5OfMessageAttributes"] = *message.MD5OfMessageAttributes;
    record["eventSource"] = "aws:sqs";
    record["eventSourceARN"] = queue_arn;
    record["awsRegion"] = region;
    return record;
}

std::string queue_event(const std::vector<aws::sqs::Message>& messages, std::string_view queue_arn,
                        std::string_view region) {
    json::array records;
    records.reserve(messages.size());
    for (const auto& message : messages) records.push_back(queue_record(message, queue_arn, region));
    return json::serialize(json::object{{"Records", std::move(records)}});
}

std::vector<const aws::sqs::Message*> handled_messages(const std::vector<aws::sqs::Message>& messages,
                                                       bool reports_failures, std::string_view answer) {
    std::set<std::string, std::less<>> failed;
    if (reports_failures) {
        const auto parsed = parse_json(answer);
        if (!parsed) return {};
        if (const auto* failures = find(*parsed, "batchItemFailures"); failures && !failures->is_null()) {
            if (!failures->is_array()) return {};
            for (const auto& failure : failures->as_array()) {
                const auto* id = find(failure, "itemIdentifier");
                if (!id || !id->is_string() || id->as_string().empty()) return {};
                failed.insert(std::string(id->as_string()));
            }
        }
    }
    std::vector<const aws::sqs::Message*> handled;
    for (const auto& message : messages) {
        if (failed.erase(message.MessageId.value_or("")) == 0) handled.push_back(&message);
    }
    if (!failed.empty()) return {};
    return handled;
}

}  // namespace cumulet::lambda
