// The operations on event source mappings. Queues of SQS and streams of DynamoDB are the sources.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html

#include "services/lambda/fault.h"
#include "services/lambda/page.h"
#include "services/lambda/record_filter.h"
#include "services/lambda/service.h"
#include "services/lambda/stream_poller.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

constexpr size_t most_mappings_listed = 100;
constexpr size_t most_mappings = 10'000;

ResourceNotFoundException mapping_not_found() {
    return user_fault<ResourceNotFoundException>("The resource you requested does not exist.");
}

/// What both requests may ask for and no poller does yet.
template <typename Request>
void refuse_what_is_not_built(const Request& request, std::string_view operation) {
    if (request.KMSKeyArn) throw aws::not_implemented("lambda", operation, "KMSKeyArn");
    if (request.LoggingConfig) throw aws::not_implemented("lambda", operation, "LoggingConfig");
    const auto& metrics = request.MetricsConfig;
    for (const auto& metric : metrics && metrics->Metrics ? *metrics->Metrics : std::vector<std::string>()) {
        if (metric != "EventCount") throw aws::not_implemented("lambda", operation, "MetricsConfig with " + metric);
    }
    if (request.ProvisionedPollerConfig && request.ProvisionedPollerConfig->PollerGroupName) {
        throw aws::not_implemented("lambda", operation, "PollerGroupName");
    }
}

/// What only sources have that are not built: brokers and databases.
void refuse_what_other_sources_have(const CreateEventSourceMappingRequest& request) {
    const std::pair<bool, std::string_view> of_others[] = {
        {request.Topics.has_value(), "Topics"},
        {request.Queues.has_value(), "Queues"},
        {request.SourceAccessConfigurations.has_value(), "SourceAccessConfigurations"},
        {request.SelfManagedEventSource.has_value(), "SelfManagedEventSource"},
        {request.AmazonManagedKafkaEventSourceConfig.has_value(), "AmazonManagedKafkaEventSourceConfig"},
        {request.SelfManagedKafkaEventSourceConfig.has_value(), "SelfManagedKafkaEventSourceConfig"},
        {request.DocumentDBEventSourceConfig.has_value(), "DocumentDBEventSourceConfig"}};
    for (const auto& [given, name] : of_others) {
        if (given) throw aws::not_implemented("lambda", "CreateEventSourceMapping", name);
    }
}

/// What only streams have.
template <typename Request>
void refuse_what_streams_have(const Request& request) {
    const std::pair<bool, std::string_view> of_streams[] = {
        {request.ParallelizationFactor.has_value(), "ParallelizationFactor"},
        {request.DestinationConfig.has_value(), "DestinationConfig"},
        {request.MaximumRecordAgeInSeconds.has_value(), "MaximumRecordAgeInSeconds"},
        {request.BisectBatchOnFunctionError.has_value(), "BisectBatchOnFunctionError"},
        {request.MaximumRetryAttempts.has_value(), "MaximumRetryAttempts"},
        {request.TumblingWindowInSeconds.has_value(), "TumblingWindowInSeconds"}};
    for (const auto& [given, name] : of_streams) {
        if (given) throw invalid(fmt::format("Unsupported {} parameter for given event source mapping type.", name));
    }
}

template <typename Request>
void apply(Mapping& mapping, const Request& request) {
    auto& configuration = mapping.configuration;
    if (request.BatchSize) configuration.BatchSize = request.BatchSize;
    if (request.MaximumBatchingWindowInSeconds) {
        configuration.MaximumBatchingWindowInSeconds = request.MaximumBatchingWindowInSeconds;
    }
    if (request.FunctionResponseTypes) configuration.FunctionResponseTypes = request.FunctionResponseTypes;
    if (request.FilterCriteria) {
        const RecordFilter filter(request.FilterCriteria);
        configuration.FilterCriteria.reset();
        if (!filter.empty()) configuration.FilterCriteria = request.FilterCriteria;
    }
    if (request.ScalingConfig) {
        configuration.ScalingConfig.reset();
        if (request.ScalingConfig->MaximumConcurrency) configuration.ScalingConfig = request.ScalingConfig;
    }
    if (request.ProvisionedPollerConfig) {
        const auto& pollers = *request.ProvisionedPollerConfig;
        configuration.ProvisionedPollerConfig.reset();
        if (pollers.MinimumPollers || pollers.MaximumPollers) configuration.ProvisionedPollerConfig = pollers;
    }
    if (request.MetricsConfig) configuration.MetricsConfig = request.MetricsConfig;
    if (request.ParallelizationFactor) configuration.ParallelizationFactor = request.ParallelizationFactor;
    if (request.DestinationConfig) configuration.DestinationConfig = request.DestinationConfig;
    if (request.MaximumRecordAgeInSeconds) configuration.MaximumRecordAgeInSeconds = request.MaximumRecordAgeInSeconds;
    if (request.BisectBatchOnFunctionError) {
        configuration.BisectBatchOnFunctionError = request.BisectBatchOnFunctionError;
    }
    if (request.MaximumRetryAttempts) configuration.MaximumRetryAttempts = request.MaximumRetryAttempts;
    if (request.TumblingWindowInSeconds) configuration.TumblingWindowInSeconds = request.TumblingWindowInSeconds;
    if (request.Enabled) mapping.enabled = *request.Enabled;
    configuration.StateTransitionReason.reset();  // from now on the caller is the reason
}

/// Throws where what the mapping asks for does not fit its source.
void check_settings(const Mapping& mapping, std::string_view operation) {
    if (reads_stream(mapping)) return check_stream_settings(mapping, operation);
    const auto queue = Arn::parse(mapping.configuration.EventSourceArn.value_or(""));
    const bool fifo = queue && queue->resource.ends_with(".fifo");
    check_batching(mapping, fifo);
    check_pollers(mapping, fifo);
}

/// A stream must be told where to begin, a queue must not.
void set_start(Mapping& mapping, const CreateEventSourceMappingRequest& request) {
    if (!reads_stream(mapping)) {
        if (request.StartingPosition) throw invalid("StartingPosition is not valid for SQS event sources.");
        return refuse_what_streams_have(request);
    }
    if (!request.StartingPosition) {
        throw invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must "
            "not be null.");
    }
    const bool at_timestamp = *request.StartingPosition == "AT_TIMESTAMP";
    if (request.StartingPositionTimestamp && !at_timestamp) {
        throw invalid("Timestamp only valid with StartingPosition AT_TIMESTAMP");
    }
    // No stream that can be read has it: streams of DynamoDB begin with their oldest record or their newest.
    if (at_timestamp) {
        throw invalid("Unsupported starting position for arn type: " +
                      mapping.configuration.EventSourceArn.value_or(""));
    }
    mapping.configuration.StartingPosition = request.StartingPosition;
}

/// Where reading begins: LATEST means the moment of the call. Nothing while the mapping is disabled.
Task<StreamPositions> check_stream(contracts::Door& door, Call& call, const Mapping& mapping) {
    StreamPositions start;
    auto own = service_call(call.reactor(), "lambda.amazonaws.com", call.account, call.region);
    const auto arn = mapping.configuration.EventSourceArn.value_or("");
    try {
        start = co_await starting_positions(*open_stream_source(door, arn), own, mapping);
    } catch (const StreamGone&) {
        throw invalid(fmt::format("Stream not found: {}", arn));
    }
    if (!mapping.enabled) start.clear();
    co_return start;
}

/// Checks that the queue is there and that its messages stay hidden long enough.
Task<void> check_queue(contracts::Door& door, Call& call, Arn queue, int32_t timeout_seconds) {
    aws::sqs::Client sqs(door);
    aws::sqs::GetQueueAttributesRequest request{.QueueUrl = queue_url_of(call, queue)};
    request.AttributeNames = std::vector<std::string>{"VisibilityTimeout"};
    std::map<std::string, std::string> attributes;
    try {
        auto answer = co_await sqs.get_queue_attributes(call, std::move(request));
        if (answer.Attributes) attributes = std::move(*answer.Attributes);
    } catch (const aws::Error& error) {
        const auto& code = error.query_code.empty() ? error.code : error.query_code;
        throw invalid(fmt::format("Error occurred while ReceiveMessage. SQS Error Code: {}. SQS Error Message: {}",
                                  code, error.message));
    }
    const auto visibility = std::atoi(attributes["VisibilityTimeout"].c_str());
    if (visibility < timeout_seconds) {
        throw invalid(fmt::format("Queue visibility timeout: {} seconds is less than Function timeout: {} seconds",
                                  visibility, timeout_seconds));
    }
}

std::string already_mapped(bool stream, std::string_view source, std::string_view function, std::string_view uuid) {
    constexpr std::string_view advice = "Please update or delete the existing mapping with UUID";
    if (stream) {
        return fmt::format(
            "The event source arn (\" {} \") and function (\" {} \") provided mapping already exists. {} {}", source,
            function, advice, uuid);
    }
    return fmt::format("An event source mapping with SQS arn (\" {} \") and function (\" {} \") already exists. {} {}",
                       source, function, advice, uuid);
}

/// What callers see of a mapping, with how its last batch went.
Task<EventSourceMappingConfiguration> show(store::Transaction& tx, const MappingName& name, const Mapping& mapping) {
    auto shown = mapping.shown();
    if (!reads_stream(mapping)) co_return shown;
    if (const auto result = co_await find_processing_result(tx, name); !result.empty()) {
        shown.LastProcessingResult = result;
    }
    co_return shown;
}

}  // namespace

Task<EventSourceMappingConfiguration> Service::create_event_source_mapping(Call& call,
                                                                           CreateEventSourceMappingRequest request) {
    refuse_what_other_sources_have(request);
    const auto source = Arn::parse(request.EventSourceArn.value_or(""));
    if (!source) throw invalid("Unrecognized event source.");
    if (source->service != "sqs" && !is_stream(*source)) {
        throw aws::not_implemented("lambda", "CreateEventSourceMapping", source->service + " as a source");
    }
    refuse_what_is_not_built(request, "CreateEventSourceMapping");
    const auto function_name = parse_function_name(call, request.FunctionName);
    const MappingName name{.account = call.account, .region = call.region, .uuid = call.random().uuid()};
    Mapping mapping;
    auto& configuration = mapping.configuration;
    configuration.UUID = name.uuid;
    configuration.EventSourceMappingArn = call.arn("lambda", "event-source-mapping:" + name.uuid);
    configuration.EventSourceArn = source->text();
    configuration.FunctionArn = function_name.arn();
    configuration.LastModified = call.now();
    configuration.BatchSize = 10;
    configuration.MaximumBatchingWindowInSeconds = 0;
    configuration.FunctionResponseTypes.emplace();
    const bool stream = reads_stream(mapping);
    if (stream) set_stream_defaults(configuration);
    set_start(mapping, request);
    apply(mapping, request);
    check_settings(mapping, "CreateEventSourceMapping");

    std::shared_ptr<const Function> function;
    try {
        function = co_await find_version(function_name);
    } catch (const ResourceNotFoundException&) {
        throw invalid("Function does not exist");
    }
    StreamPositions start;
    if (stream) {
        start = co_await check_stream(door_, call, mapping);
    } else {
        co_await check_queue(door_, call, *source, function->configuration.Timeout.value_or(3));
    }
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        for (const auto& other : co_await list_mappings(tx, call.account, call.region, "", most_mappings)) {
            if (other.configuration.EventSourceArn != configuration.EventSourceArn ||
                other.configuration.FunctionArn != configuration.FunctionArn) {
                continue;
            }
            throw user_fault<ResourceConflictException>(
                already_mapped(stream, source->text(), function_name.name, *other.configuration.UUID));
        }
        save_mapping(tx, name, mapping);
        for (const auto& [shard, position] : start) save_stream_position(tx, name, shard, position);
        if (request.Tags) save_tags(tx, *Arn::parse(*configuration.EventSourceMappingArn), *request.Tags);
    });
    auto shown = mapping.shown();
    shown.State = mapping.enabled ? "Creating" : "Disabled";
    co_return shown;
}

Task<EventSourceMappingConfiguration> Service::get_event_source_mapping(Call& call,
                                                                        GetEventSourceMappingRequest request) {
    const MappingName name{.account = call.account, .region = call.region, .uuid = request.UUID};
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<EventSourceMappingConfiguration> {
        const auto mapping = co_await find_mapping(tx, name);
        if (!mapping) throw mapping_not_found();
        co_return co_await show(tx, name, *mapping);
    });
}

Task<EventSourceMappingConfiguration> Service::update_event_source_mapping(Call& call,
                                                                           UpdateEventSourceMappingRequest request) {
    refuse_what_is_not_built(request, "UpdateEventSourceMapping");
    const MappingName name{.account = call.account, .region = call.region, .uuid = request.UUID};
    const bool was_named = request.FunctionName.has_value();
    const auto function_name = parse_function_name(call, request.FunctionName.value_or(""));
    std::string state = "Updating";
    const auto mapping = co_await store_.transact([&](store::Transaction& tx) -> Task<Mapping> {
        auto found = co_await find_mapping(tx, name);
        if (!found) throw mapping_not_found();
        if (request.Enabled && *request.Enabled != found->enabled) state = found->enabled ? "Disabling" : "Enabling";
        if (was_named) {
            co_await load_qualified(tx, functions_, function_name);
            found->configuration.FunctionArn = function_name.arn();
        }
        if (!reads_stream(*found)) refuse_what_streams_have(request);
        apply(*found, request);
        check_settings(*found, "UpdateEventSourceMapping");
        found->configuration.LastModified = call.now();
        save_mapping(tx, name, *found);
        co_return std::move(*found);
    });
    auto shown = mapping.shown();
    shown.State = state;
    co_return shown;
}

Task<EventSourceMappingConfiguration> Service::delete_event_source_mapping(Call& call,
                                                                           DeleteEventSourceMappingRequest request) {
    const MappingName name{.account = call.account, .region = call.region, .uuid = request.UUID};
    const auto mapping = co_await store_.transact([&](store::Transaction& tx) -> Task<Mapping> {
        auto found = co_await find_mapping(tx, name);
        if (!found) throw mapping_not_found();
        erase_mapping(tx, name);
        if (const auto arn = Arn::parse(found->configuration.EventSourceMappingArn.value_or("")))
            save_tags(tx, *arn, {});
        co_return std::move(*found);
    });
    auto shown = mapping.shown();
    shown.State = "Deleting";
    co_return shown;
}

Task<ListEventSourceMappingsResponse> Service::list_event_source_mappings(Call& call,
                                                                          ListEventSourceMappingsRequest request) {
    const auto limit = page_limit(request.MaxItems, most_mappings_listed);
    std::string function_arn;
    if (request.FunctionName) function_arn = parse_function_name(call, *request.FunctionName).arn();
    const auto after = request.Marker.value_or("");
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ListEventSourceMappingsResponse> {
        ListEventSourceMappingsResponse response;
        auto& listed = response.EventSourceMappings.emplace();
        for (const auto& mapping : co_await list_mappings(tx, call.account, call.region, after, most_mappings)) {
            if (request.EventSourceArn && request.EventSourceArn != mapping.configuration.EventSourceArn) continue;
            if (!function_arn.empty() && function_arn != mapping.configuration.FunctionArn) continue;
            if (listed.size() == limit) {
                response.NextMarker = listed.back().UUID;
                break;
            }
            const MappingName name{.account = call.account, .region = call.region, .uuid = *mapping.configuration.UUID};
            listed.push_back(co_await show(tx, name, mapping));
        }
        co_return response;
    });
}

}  // namespace cumulet::lambda
