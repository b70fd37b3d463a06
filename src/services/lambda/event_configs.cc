// The operations on event invoke configurations: how often and how long asynchronous events are tried, and where they
// end. https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html

#include "services/lambda/destination.h"
#include "services/lambda/fault.h"
#include "services/lambda/page.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

/// An event configuration is $LATEST's where a caller names no qualifier.
FunctionName configured_name(const Call& call, const std::string& function,
                             const std::optional<std::string>& qualifier) {
    auto name = parse_function_name(call, function, qualifier);
    if (name.qualifier.empty()) name.qualifier = latest;
    return name;
}

/// Throws InvalidParameterValueException for a destination that is a function, and is not there.
Task<void> check_destination_functions(store::Transaction& tx, const Call& call,
                                       std::optional<DestinationConfig> destinations) {
    for (const auto& target : targets_of(destinations)) {
        const auto arn = Arn::parse(target);
        if (!arn || arn->service != "lambda" || arn->region != call.region || arn->account != call.account) continue;
        if (co_await find_function(tx, parse_function_name(call, target))) continue;
        throw invalid(fmt::format("The destination ARN {} is invalid.", target));
    }
}

Task<void> check_function(store::Transaction& tx, FunctionCache& cache, FunctionName name) {
    try {
        co_await load_qualified(tx, cache, name);
    } catch (const ResourceNotFoundException&) {
        throw user_fault<ResourceNotFoundException>("The function doesn't exist.");
    }
}

Task<FunctionEventInvokeConfig> load_config(store::Transaction& tx, FunctionName name) {
    auto config = co_await find_event_config(tx, name);
    if (!config) {
        throw user_fault<ResourceNotFoundException>(
            fmt::format("The function {} doesn't have an EventInvokeConfig", name.arn()));
    }
    co_return std::move(*config);
}

template <typename Request>
void apply(FunctionEventInvokeConfig& config, const Request& request, const FunctionName& name, Time now) {
    if (request.DestinationConfig)
        check_destinations(*request.DestinationConfig, name.unqualified_arn(), "PutFunctionEventInvokeConfig");
    if (request.MaximumRetryAttempts) config.MaximumRetryAttempts = request.MaximumRetryAttempts;
    if (request.MaximumEventAgeInSeconds) config.MaximumEventAgeInSeconds = request.MaximumEventAgeInSeconds;
    if (request.DestinationConfig) config.DestinationConfig = request.DestinationConfig;
    if (!config.DestinationConfig) config.DestinationConfig.emplace();
    if (!config.DestinationConfig->OnSuccess) config.DestinationConfig->OnSuccess.emplace();
    if (!config.DestinationConfig->OnFailure) config.DestinationConfig->OnFailure.emplace();
    config.FunctionArn = name.arn();
    config.LastModified = now;
}

}  // namespace

Task<FunctionEventInvokeConfig> Service::put_function_event_invoke_config(Call& call,
                                                                          PutFunctionEventInvokeConfigRequest request) {
    const auto name = configured_name(call, request.FunctionName, request.Qualifier);
    if (!request.MaximumRetryAttempts && !request.MaximumEventAgeInSeconds && !request.DestinationConfig) {
        throw invalid("You must specify at least one of error handling or destination setting.");
    }
    FunctionEventInvokeConfig config;
    apply(config, request, name, call.now());
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_function(tx, functions_, name);
        co_await check_destination_functions(tx, call, request.DestinationConfig);
        save_event_config(tx, name, config);
    });
    co_return config;
}

Task<FunctionEventInvokeConfig> Service::update_function_event_invoke_config(
    Call& call, UpdateFunctionEventInvokeConfigRequest request) {
    const auto name = configured_name(call, request.FunctionName, request.Qualifier);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<FunctionEventInvokeConfig> {
        co_await check_function(tx, functions_, name);
        auto config = co_await load_config(tx, name);
        apply(config, request, name, call.now());
        co_await check_destination_functions(tx, call, request.DestinationConfig);
        save_event_config(tx, name, config);
        co_return config;
    });
}

Task<FunctionEventInvokeConfig> Service::get_function_event_invoke_config(Call& call,
                                                                          GetFunctionEventInvokeConfigRequest request) {
    const auto name = configured_name(call, request.FunctionName, request.Qualifier);
    co_return co_await store_.transact(
        [&](store::Transaction& tx) -> Task<FunctionEventInvokeConfig> { co_return co_await load_config(tx, name); });
}

Task<DeleteFunctionEventInvokeConfigResponse> Service::delete_function_event_invoke_config(
    Call& call, DeleteFunctionEventInvokeConfigRequest request) {
    const auto name = configured_name(call, request.FunctionName, request.Qualifier);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_config(tx, name);
        erase_event_config(tx, name);
    });
    co_return DeleteFunctionEventInvokeConfigResponse{};
}

Task<ListFunctionEventInvokeConfigsResponse> Service::list_function_event_invoke_configs(
    Call& call, ListFunctionEventInvokeConfigsRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    const auto limit = page_limit(request.MaxItems);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ListFunctionEventInvokeConfigsResponse> {
        co_await check_function(tx, functions_, name);
        ListFunctionEventInvokeConfigsResponse response;
        auto& listed = response.FunctionEventInvokeConfigs.emplace();
        for (auto& config : co_await list_event_configs(tx, name)) {
            if (request.Marker && *config.FunctionArn <= *request.Marker) continue;
            if (listed.size() == limit) {
                response.NextMarker = *listed.back().FunctionArn;
                break;
            }
            listed.push_back(std::move(config));
        }
        co_return response;
    });
}

}  // namespace cumulet::lambda
