// Tags, the account's limits, and settings of a function that have one value here.
// https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html

#include "services/lambda/fault.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

constexpr size_t most_tags = 50;
constexpr int32_t concurrent_executions = 1000;
constexpr int32_t least_unreserved = 100;

FunctionName tagged_function(const Call& call, std::string_view arn) {
    const auto name = parse_function_name(call, arn);
    if (!name.qualifier.empty()) {
        throw invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.");
    }
    return name;
}

}  // namespace

Task<TagResourceResponse> Service::tag_resource(Call& call, TagResourceRequest request) {
    const auto name = tagged_function(call, request.Resource);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto function = co_await load_function(tx, name);
        for (const auto& [key, value] : request.Tags) function.tags[key] = value;
        if (function.tags.size() > most_tags) throw invalid("Number of tags exceeds resource tag limit.");
        save_function(tx, name, function);
    });
    co_return TagResourceResponse{};
}

Task<UntagResourceResponse> Service::untag_resource(Call& call, UntagResourceRequest request) {
    const auto name = tagged_function(call, request.Resource);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto function = co_await load_function(tx, name);
        for (const auto& key : request.TagKeys) function.tags.erase(key);
        save_function(tx, name, function);
    });
    co_return UntagResourceResponse{};
}

Task<ListTagsResponse> Service::list_tags(Call& call, ListTagsRequest request) {
    const auto name = tagged_function(call, request.Resource);
    auto function = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<Function> { co_return co_await load_function(tx, name); });
    co_return ListTagsResponse{.Tags = std::move(function.tags)};
}

Task<GetAccountSettingsResponse> Service::get_account_settings(Call& call, GetAccountSettingsRequest request) {
    AccountUsage usage{.TotalCodeSize = 0, .FunctionCount = 0};
    for (std::string after;;) {
        const auto functions = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Function>> {
            co_return co_await lambda::list_functions(tx, call, after, 1000);
        });
        if (functions.empty()) break;
        for (const auto& function : functions) {
            *usage.TotalCodeSize += function.configuration.CodeSize.value_or(0);
            ++*usage.FunctionCount;
        }
        after = *functions.back().configuration.FunctionName;
    }
    co_return GetAccountSettingsResponse{
        .AccountLimit = AccountLimit{.TotalCodeSize = 80'530'636'800,
                                     .CodeSizeUnzipped = 262'144'000,
                                     .CodeSizeZipped = 52'428'800,
                                     .ConcurrentExecutions = concurrent_executions,
                                     .UnreservedConcurrentExecutions = concurrent_executions},
        .AccountUsage = usage};
}

Task<Concurrency> Service::put_function_concurrency(Call& call, PutFunctionConcurrencyRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    if (request.ReservedConcurrentExecutions > concurrent_executions - least_unreserved) {
        throw invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            "below "
            "its minimum value of [100].");
    }
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto function = co_await load_function(tx, name);
        function.reserved_concurrency = request.ReservedConcurrentExecutions;
        save_function(tx, name, function);
    });
    co_return Concurrency{.ReservedConcurrentExecutions = request.ReservedConcurrentExecutions};
}

Task<DeleteFunctionConcurrencyResponse> Service::delete_function_concurrency(Call& call,
                                                                             DeleteFunctionConcurrencyRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto function = co_await load_function(tx, name);
        function.reserved_concurrency.reset();
        save_function(tx, name, function);
    });
    co_return DeleteFunctionConcurrencyResponse{};
}

Task<GetFunctionConcurrencyResponse> Service::get_function_concurrency(Call& call,
                                                                       GetFunctionConcurrencyRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    const auto function = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<Function> { co_return co_await load_function(tx, name); });
    co_return GetFunctionConcurrencyResponse{.ReservedConcurrentExecutions = function.reserved_concurrency};
}

Task<GetFunctionCodeSigningConfigResponse> Service::get_function_code_signing_config(
    Call& call, GetFunctionCodeSigningConfigRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> { co_await load_function(tx, name); });
    co_return GetFunctionCodeSigningConfigResponse{.CodeSigningConfigArn = "", .FunctionName = name.name};
}

Task<GetRuntimeManagementConfigResponse> Service::get_runtime_management_config(
    Call& call, GetRuntimeManagementConfigRequest request) {
    const auto name = parse_function_name(call, request.FunctionName, request.Qualifier);
    co_await store_.transact(
        [&](store::Transaction& tx) -> Task<void> { co_await load_qualified(tx, functions_, name); });
    co_return GetRuntimeManagementConfigResponse{.UpdateRuntimeOn = "Auto", .FunctionArn = name.arn()};
}

Task<GetFunctionRecursionConfigResponse> Service::get_function_recursion_config(
    Call& call, GetFunctionRecursionConfigRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> { co_await load_function(tx, name); });
    co_return GetFunctionRecursionConfigResponse{.RecursiveLoop = "Terminate"};
}

}  // namespace cumulet::lambda
