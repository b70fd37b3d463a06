#include "services/lambda/stream_mapping.h"

#include "services/lambda/destination.h"
#include "services/lambda/fault.h"
#include "services/lambda/stream_source.h"

namespace cumulet::lambda {
namespace {

constexpr int32_t usual_batch = 100;
constexpr int32_t most_batch = 10'000;
constexpr int32_t longest_window_seconds = 300;
constexpr int32_t youngest_age_seconds = 60;
constexpr auto longest_pause = std::chrono::seconds(60);

aws::lambda::InvalidParameterValueException unsupported(std::string_view parameter) {
    return invalid(fmt::format("Unsupported {} parameter for given event source mapping type.", parameter));
}

/// One second, two, four, … and no more than a minute.
Time pause_after(int tries, Time now) {
    const auto pause = std::chrono::seconds(1) * (1 << std::clamp(tries - 1, 0, 6));
    return now + std::min<std::chrono::seconds>(pause, longest_pause);
}

}  // namespace

TumblingWindow TumblingWindow::at(Time instant, Duration length) {
    const auto since = instant.time_since_epoch();
    return {.start = Time(since - since % length), .length = length};
}

std::string TumblingWindow::members(std::string_view shard, std::string_view stream_arn, bool final) const {
    // Unverified: a window that is cut short says so instead of being final.
    return fmt::format(R"(,"window":{{"start":"{}","end":"{}"}},"state":{},"shardId":{},"eventSourceARN":{},)"
                       R"("isFinalInvokeForWindow":{},"isWindowTerminatedEarly":{})",
                       format_iso8601(start), format_iso8601(end()), state, json::serialize(json::string(shard)),
                       json::serialize(json::string(stream_arn)), final && !too_large, final && too_large);
}

std::optional<std::string> answered_state(std::string_view answer) {
    const auto parsed = parse_json(answer);
    const auto* state = parsed ? find(*parsed, "state") : nullptr;
    if (!state || !state->is_object()) return std::nullopt;
    return json::serialize(*state);
}

std::string ShardPosition::text() const {
    json::object record{{"after", after}, {"iterator", iterator}, {"finished", finished}};
    if (since) record["since"] = epoch_millis(*since);
    if (window) {
        record["window"] = json::object{{"start", window->start.time_since_epoch().count()},
                                        {"length", window->length.count()},
                                        {"state", window->state},
                                        {"too_large", window->too_large}};
    }
    return json::serialize(record);
}

ShardPosition ShardPosition::parse(std::string_view text) {
    const auto record = json::parse(text).as_object();
    ShardPosition position{.after = std::string(string_or(record, "after")),
                           .iterator = std::string(string_or(record, "iterator")),
                           .finished = record.at("finished").as_bool()};
    if (const auto* since = record.if_contains("since")) {
        position.since = Time(std::chrono::milliseconds(since->as_int64()));
    }
    if (const auto* window = record.if_contains("window")) {
        position.window = TumblingWindow{.start = Time(Duration(window->at("start").as_int64())),
                                         .length = Duration(window->at("length").as_int64()),
                                         .state = std::string(window->at("state").as_string()),
                                         .too_large = window->at("too_large").as_bool()};
    }
    return position;
}

std::pair<std::string, ShardPosition> ShardPosition::parse_only(std::string_view text) {
    auto record = json::parse(text).as_object();
    std::string shard(string_or(record, "shard"));
    record["finished"] = false;
    auto position = parse(json::serialize(record));
    position.only = true;
    return {std::move(shard), std::move(position)};
}

bool reads_stream(const Mapping& mapping) {
    const auto source = Arn::parse(mapping.configuration.EventSourceArn.value_or(""));
    return source && is_stream(*source);
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
    // Unverified: the words. A shard has one state, which batches at once could not share.
    if (configuration.ParallelizationFactor.value_or(1) > 1 && configuration.TumblingWindowInSeconds.value_or(0) > 0) {
        throw invalid("ParallelizationFactor must be 1 where TumblingWindowInSeconds is set.");
    }
    for (const auto& [given, name] :
         {std::pair(configuration.ScalingConfig.has_value(), "ScalingConfig"),
          std::pair(configuration.ProvisionedPollerConfig.has_value(), "ProvisionedPollerConfig")}) {
        if (given) throw unsupported(name);
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
    if (destinations->OnSuccess && destinations->OnSuccess->Destination) throw unsupported("DestinationConfig");
    check_destinations(*destinations, configuration.FunctionArn.value_or(""), operation);
    const auto target = destinations->OnFailure ? destinations->OnFailure->Destination.value_or("") : "";
    const auto arn = Arn::parse(target);
    if (arn && arn->service == "lambda")
        throw invalid(fmt::format("The provided destination ARN {} is invalid.", target));
}

BatchRules BatchRules::of(const Mapping& mapping) {
    return {.size = mapping.batch_size(),
            .gather = mapping.window(),
            .tumbling = std::chrono::seconds(mapping.configuration.TumblingWindowInSeconds.value_or(0))};
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

std::optional<size_t> first_failed(const std::vector<std::string_view>& sequence_numbers, bool reports_failures,
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

std::string lost_batch_record(const LostBatch& batch, std::string_view member, Time now, std::string payload) {
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
    record[member] = json::object{{"shardId", batch.shard},
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
