#include "services/lambda/stream_mapping.h"

#include "contracts/reflect.h"
#include "services/lambda/destination.h"
#include "services/lambda/fault.h"

namespace cumulet::lambda {
namespace {

constexpr int32_t usual_batch = 100;
constexpr int32_t most_batch = 10'000;
constexpr int32_t longest_window_seconds = 300;
constexpr int32_t youngest_age_seconds = 60;
constexpr auto records_live = std::chrono::hours(24);
constexpr auto longest_pause = std::chrono::seconds(60);

const contracts::Shape& record_shape() {
    static const contracts::Shape& shape = [] -> const contracts::Shape& {
        const auto& output = *aws::dynamodbstreams::service.find("GetRecords")->output;
        return *std::ranges::find(output.members, std::string_view("Records"), &contracts::Member::name)
                    ->shape->element;
    }();
    return shape;
}

/// One second, two, four, … and no more than a minute.
Time pause_after(int tries, Time now) {
    const auto pause = std::chrono::seconds(1) * (1 << std::clamp(tries - 1, 0, 6));
    return now + std::min<std::chrono::seconds>(pause, longest_pause);
}

}  // namespace

std::string StreamPosition::text() const {
    json::object record{{"shard", shard}, {"after", after}, {"iterator", iterator}, {"result", result}};
    if (since) record["since"] = epoch_millis(*since);
    return json::serialize(record);
}

StreamPosition StreamPosition::parse(std::string_view text) {
    const auto record = json::parse(text).as_object();
    StreamPosition position{.shard = std::string(string_or(record, "shard")),
                            .after = std::string(string_or(record, "after")),
                            .iterator = std::string(string_or(record, "iterator")),
                            .result = std::string(string_or(record, "result"))};
    if (const auto* since = record.if_contains("since")) {
        position.since = Time(std::chrono::milliseconds(since->as_int64()));
    }
    return position;
}

bool reads_stream(const Mapping& mapping) {
    const auto source = Arn::parse(mapping.configuration.EventSourceArn.value_or(""));
    return source && source->service == "dynamodb";
}

void set_stream_defaults(aws::lambda::EventSourceMappingConfiguration& configuration) {
    configuration.BatchSize = usual_batch;
    configuration.MaximumBatchingWindowInSeconds = 0;
    configuration.ParallelizationFactor = 1;
    configuration.MaximumRecordAgeInSeconds = -1;
    configuration.BisectBatchOnFunctionError = false;
    configuration.MaximumRetryAttempts = -1;
    configuration.TumblingWindowInSeconds = 0;
    configuration.DestinationConfig.emplace().OnFailure.emplace();
    configuration.LastProcessingResult = "No records processed";
    configuration.FunctionResponseTypes.emplace();
}

void check_stream_settings(const Mapping& mapping, std::string_view operation) {
    const auto& configuration = mapping.configuration;
    if (configuration.ParallelizationFactor.value_or(1) > 1) {
        throw aws::not_implemented("lambda", operation, "ParallelizationFactor beyond 1");
    }
    if (configuration.TumblingWindowInSeconds.value_or(0) > 0) {
        throw aws::not_implemented("lambda", operation, "TumblingWindowInSeconds");
    }
    if (configuration.ScalingConfig) {
        throw invalid("Unsupported parameter for an Amazon DynamoDB event source: ScalingConfig.");
    }
    const auto size = configuration.BatchSize.value_or(usual_batch);
    if (size < 1 || size > most_batch) throw invalid("Batch size is out of range.");
    const auto window = configuration.MaximumBatchingWindowInSeconds.value_or(0);
    if (window < 0 || window > longest_window_seconds) {
        throw invalid("Maximum batch window in seconds is out of range.");
    }
    const auto age = configuration.MaximumRecordAgeInSeconds.value_or(-1);
    // Unverified: the words.
    if (age != -1 && age < youngest_age_seconds) throw invalid("Maximum record age in seconds is out of range.");
    const auto& destinations = configuration.DestinationConfig;
    if (!destinations) return;
    // Unverified: the words.
    if (destinations->OnSuccess && destinations->OnSuccess->Destination) {
        throw invalid("OnSuccess destinations are not supported for event source mappings.");
    }
    check_destinations(*destinations, configuration.FunctionArn.value_or(""));
    const auto target = destinations->OnFailure ? destinations->OnFailure->Destination.value_or("") : "";
    const auto arn = Arn::parse(target);
    if (arn && arn->service == "lambda")
        throw invalid(fmt::format("The provided destination ARN {} is invalid.", target));
}

StreamRules StreamRules::of(const Mapping& mapping) {
    const auto& configuration = mapping.configuration;
    const auto age = configuration.MaximumRecordAgeInSeconds.value_or(-1);
    return {.retries = configuration.MaximumRetryAttempts.value_or(-1),
            .oldest = age < 0 ? records_live : std::min<Duration>(std::chrono::seconds(age), records_live),
            .bisect = configuration.BisectBatchOnFunctionError.value_or(false)};
}

AfterFailure after_failure(const BatchPart& part, size_t first_failed, const StreamRules& rules, Time now) {
    AfterFailure after{.done_to = first_failed};
    const auto left = part.end - first_failed;
    // Where the function named a record, the batch is split there. Splitting is no attempt of its own.
    if (rules.bisect && first_failed == part.begin && left > 1) {
        const auto middle = part.begin + left / 2;
        after.again = {{.begin = part.begin, .end = middle, .failures = part.failures, .next = now},
                       {.begin = middle, .end = part.end, .failures = part.failures, .next = now}};
        return after;
    }
    const auto failures = part.failures + 1;
    if (rules.retries >= 0 && failures > rules.retries) {
        after.given_up = true;
        return after;
    }
    after.again = {{.begin = first_failed, .end = part.end, .failures = failures, .next = pause_after(failures, now)}};
    return after;
}

Time after_no_room(int tries, Time now) { return pause_after(tries, now); }

json::object stream_record(const aws::dynamodbstreams::Record& record, std::string_view stream_arn) {
    auto shown = contracts::to_json(record_shape(), &record).as_object();
    if (record.dynamodb && record.dynamodb->ApproximateCreationDateTime) {
        shown["dynamodb"].as_object()["ApproximateCreationDateTime"] =
            epoch_millis(*record.dynamodb->ApproximateCreationDateTime) / 1000;
    }
    if (record.userIdentity) {
        shown["userIdentity"] = json::object{{"principalId", record.userIdentity->PrincipalId.value_or("")},
                                             {"type", record.userIdentity->Type.value_or("")}};
    }
    shown["eventSourceARN"] = stream_arn;
    return shown;
}

std::string stream_event(std::span<const json::object> records) {
    json::array all;
    all.reserve(records.size());
    for (const auto& record : records) all.push_back(record);
    return json::serialize(json::object{{"Records", std::move(all)}});
}

std::optional<size_t> first_failed(const std::vector<std::string>& sequence_numbers, bool reports_failures,
                                   std::string_view answer) {
    if (!reports_failures) return std::nullopt;
    const auto parsed = parse_json(answer);
    if (!parsed) return 0;
    const auto* failures = find(*parsed, "batchItemFailures");
    if (!failures || failures->is_null()) return std::nullopt;
    if (!failures->is_array()) return 0;
    std::optional<size_t> first;
    for (const auto& failure : failures->as_array()) {
        const auto* id = find(failure, "itemIdentifier");
        if (!id || !id->is_string()) return 0;
        const auto found = std::ranges::find(sequence_numbers, std::string_view(id->as_string()));
        if (found == sequence_numbers.end()) return 0;
        const auto index = static_cast<size_t>(found - sequence_numbers.begin());
        first = std::min(first.value_or(index), index);
    }
    return first;
}

std::string lost_batch_record(const LostBatch& batch, Time now, std::string payload) {
    json::object record{{"requestContext", json::object{{"requestId", batch.request_id},
                                                        {"functionArn", batch.function_arn},
                                                        {"condition", batch.condition},
                                                        {"approximateInvokeCount", batch.invocations}}}};
    if (!batch.version.empty()) {
        record["responseContext"] =
            json::object{{"statusCode", 200}, {"executedVersion", batch.version}, {"functionError", "Unhandled"}};
    }
    record["version"] = "1.0";
    record["timestamp"] = format_iso8601_millis(now);
    record["DDBStreamBatchInfo"] =
        json::object{{"shardId", batch.shard},
                     {"startSequenceNumber", batch.first},
                     {"endSequenceNumber", batch.last},
                     {"approximateArrivalOfFirstRecord", format_iso8601(batch.first_arrived)},
                     {"approximateArrivalOfLastRecord", format_iso8601(batch.last_arrived)},
                     {"batchSize", batch.records},
                     {"streamArn", batch.stream_arn}};
    if (!payload.empty()) record["payload"] = std::move(payload);
    return json::serialize(record);
}

}  // namespace cumulet::lambda
