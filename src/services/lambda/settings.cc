// Tags, the account's limits, and settings of a function that have one value here.
// https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html

#include "services/lambda/concurrency.h"
#include "services/lambda/fault.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

constexpr size_t most_tags = 50;
constexpr size_t most_versions = 1000;
constexpr size_t most_layer_versions = 10'000;

/// Set where the resource is an event source mapping or a code signing configuration, which exist by themselves.
std::optional<Arn> other_resource(std::string_view text) {
    auto arn = Arn::parse(text);
    if (!arn || arn->resource.starts_with("function:")) return std::nullopt;
    if (arn->resource.starts_with("event-source-mapping:") || arn->resource.starts_with("code-signing-config:")) {
        return arn;
    }
    throw invalid(fmt::format("Tags on {} are not supported.", text));
}

FunctionName tagged_function(const Call& call, std::string_view arn) {
    const auto name = parse_function_name(call, arn);
    if (!name.qualifier.empty()) {
        throw invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.");
    }
    return name;
}

/// What versions have no own of.
FunctionName unqualified_name(const Call& call, const std::string& text) {
    auto name = parse_function_name(call, text);
    if (!name.qualifier.empty()) {
        throw invalid(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
            "Please specify either a function name or an unqualified function ARN.");
    }
    return name;
}

/// The packages of a function: that of each version counts.
Task<int64_t> stored_bytes(store::Store& store, const Call& call, Function function) {
    const FunctionName name{
        .account = call.account, .region = call.region, .name = *function.configuration.FunctionName};
    auto total = function.configuration.CodeSize.value_or(0);
    if (function.last_version == 0) co_return total;
    const auto versions = co_await store.transact([&](store::Transaction& tx) -> Task<std::vector<Function>> {
        co_return co_await list_versions(tx, name, 0, most_versions);
    });
    for (const auto& version : versions) total += version.configuration.CodeSize.value_or(0);
    co_return total;
}

/// The packages of all versions of layers.
Task<int64_t> layer_bytes(store::Store& store, const Call& call) {
    const LayerName any{.account = call.account, .region = call.region};
    co_return co_await store.transact([&](store::Transaction& tx) -> Task<int64_t> {
        int64_t total = 0;
        for (const auto& [name, layer] : co_await all_layers(tx, any, most_layer_versions)) {
            if (!layer.deleted) total += layer.size_bytes();
        }
        co_return total;
    });
}

using Tags = std::map<std::string, std::string>;

Task<Tags> load_tags(store::Transaction& tx, const Call& call, Arn arn) {
    constexpr std::string_view mapping = "event-source-mapping:";
    if (!arn.resource.starts_with(mapping)) {
        co_await load_code_signing(tx, call, arn.text());
    } else if (!co_await find_mapping(tx, {arn.account, arn.region, arn.resource.substr(mapping.size())})) {
        throw user_fault<ResourceNotFoundException>("The resource you requested does not exist.");
    }
    co_return co_await find_tags(tx, std::move(arn));
}

/// Changes the tags of whatever `resource` names. A function has the revision `revision` then.
template <typename Change>
Task<void> change_tags(store::Transaction& tx, const Call& call, std::string resource, std::string revision,
                       Change change) {
    const auto check = [](const Tags& tags) {
        if (tags.size() > most_tags) throw invalid("Number of tags exceeds resource tag limit.");
    };
    if (const auto arn = other_resource(resource)) {
        auto tags = co_await load_tags(tx, call, *arn);
        change(tags);
        check(tags);
        save_tags(tx, *arn, tags);
        co_return;
    }
    const auto name = tagged_function(call, resource);
    auto function = co_await load_function(tx, name);
    change(function.tags);
    check(function.tags);
    revise(function, std::move(revision));
    save_function(tx, name, function);
}

}  // namespace

Task<TagResourceResponse> Service::tag_resource(Call& call, TagResourceRequest request) {
    if (request.Tags.empty()) throw invalid("An error occurred and the request cannot be processed.");
    const auto revision = call.random().uuid();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await change_tags(tx, call, request.Resource, revision, [&](Tags& tags) {
            for (const auto& [key, value] : request.Tags) tags[key] = value;
        });
    });
    co_return TagResourceResponse{};
}

Task<UntagResourceResponse> Service::untag_resource(Call& call, UntagResourceRequest request) {
    const auto revision = call.random().uuid();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await change_tags(tx, call, request.Resource, revision, [&](Tags& tags) {
            for (const auto& key : request.TagKeys) tags.erase(key);
        });
    });
    co_return UntagResourceResponse{};
}

Task<ListTagsResponse> Service::list_tags(Call& call, ListTagsRequest request) {
    co_return ListTagsResponse{.Tags = co_await store_.transact([&](store::Transaction& tx) -> Task<Tags> {
        if (const auto arn = other_resource(request.Resource)) co_return co_await load_tags(tx, call, *arn);
        co_return (co_await load_function(tx, tagged_function(call, request.Resource))).tags;
    })};
}

Task<GetAccountSettingsResponse> Service::get_account_settings(Call& call, GetAccountSettingsRequest request) {
    AccountUsage usage{.TotalCodeSize = 0, .FunctionCount = 0};
    int32_t unreserved = account_concurrency;
    for (std::string after;;) {
        const auto functions = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Function>> {
            co_return co_await lambda::list_functions(tx, call, after, 1000);
        });
        if (functions.empty()) break;
        for (const auto& function : functions) {
            *usage.TotalCodeSize += co_await stored_bytes(store_, call, function);
            ++*usage.FunctionCount;
            unreserved -= function.reserved_concurrency.value_or(0);
        }
        after = *functions.back().configuration.FunctionName;
    }
    *usage.TotalCodeSize += co_await layer_bytes(store_, call);
    co_return GetAccountSettingsResponse{.AccountLimit = AccountLimit{.TotalCodeSize = 80'530'636'800,
                                                                      .CodeSizeUnzipped = most_unzipped_bytes,
                                                                      .CodeSizeZipped = most_zipped_bytes,
                                                                      .ConcurrentExecutions = account_concurrency,
                                                                      .UnreservedConcurrentExecutions = unreserved},
                                         .AccountUsage = usage};
}

Task<Concurrency> Service::put_function_concurrency(Call& call, PutFunctionConcurrencyRequest request) {
    const auto name = unqualified_name(call, request.FunctionName);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto found = co_await find_function(tx, name);
        if (!found) throw function_not_found(name.unqualified_arn() + ":$LATEST");
        auto& function = *found;
        const auto provisioned = co_await provisioned_beside(tx, name);
        if (request.ReservedConcurrentExecutions < provisioned) {
            throw invalid(fmt::format(
                " ReservedConcurrentExecutions  {} should not be lower than function's total provisioned concurrency "
                "[{}].",
                request.ReservedConcurrentExecutions, provisioned));
        }
        const auto unreserved = co_await unreserved_by_others(tx, call, name.name);
        if (unreserved - request.ReservedConcurrentExecutions < least_unreserved) {
            throw invalid(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                "UnreservedConcurrentExecution below its minimum value of [100].");
        }
        function.reserved_concurrency = request.ReservedConcurrentExecutions;
        save_function(tx, name, function);
    });
    co_return Concurrency{.ReservedConcurrentExecutions = request.ReservedConcurrentExecutions};
}

Task<DeleteFunctionConcurrencyResponse> Service::delete_function_concurrency(Call& call,
                                                                             DeleteFunctionConcurrencyRequest request) {
    const auto name = unqualified_name(call, request.FunctionName);
    co_await change_function(store_, name, [](Function& function) { function.reserved_concurrency.reset(); });
    co_return DeleteFunctionConcurrencyResponse{};
}

Task<GetFunctionConcurrencyResponse> Service::get_function_concurrency(Call& call,
                                                                       GetFunctionConcurrencyRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    const auto function = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<Function> { co_return co_await load_function(tx, name); });
    co_return GetFunctionConcurrencyResponse{.ReservedConcurrentExecutions = function.reserved_concurrency};
}

Task<PutRuntimeManagementConfigResponse> Service::put_runtime_management_config(
    Call& call, PutRuntimeManagementConfigRequest request) {
    const auto name = parse_function_name(call, request.FunctionName, request.Qualifier);
    if ((request.UpdateRuntimeOn == "Manual") != request.RuntimeVersionArn.has_value()) {
        throw invalid(
            "Runtime Version Arn must be specified when UpdateRuntimeOn is Manual, and must not be specified "
            "otherwise.");
    }
    if (!name.qualifier.empty() && !name.names_version()) throw invalid("Aliases have no runtime of their own.");
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto function = *co_await load_qualified(tx, functions_, name);
        function.update_runtime_on = request.UpdateRuntimeOn;
        function.runtime_version_arn = request.RuntimeVersionArn.value_or("");
        if (function.version() == latest) {
            save_function(tx, name, function);
        } else {
            save_version(tx, name, function);
        }
    });
    auto shown = name;
    if (shown.qualifier.empty()) shown.qualifier = latest;
    co_return PutRuntimeManagementConfigResponse{.UpdateRuntimeOn = request.UpdateRuntimeOn,
                                                 .FunctionArn = shown.arn(),
                                                 .RuntimeVersionArn = request.RuntimeVersionArn};
}

Task<GetRuntimeManagementConfigResponse> Service::get_runtime_management_config(
    Call& call, GetRuntimeManagementConfigRequest request) {
    const auto name = parse_function_name(call, request.FunctionName, request.Qualifier);
    const auto function = co_await find_version(name);
    GetRuntimeManagementConfigResponse response{.UpdateRuntimeOn = function->update_runtime_on,
                                                .FunctionArn = name.arn()};
    if (!function->runtime_version_arn.empty()) response.RuntimeVersionArn = function->runtime_version_arn;
    co_return response;
}

Task<PutFunctionRecursionConfigResponse> Service::put_function_recursion_config(
    Call& call, PutFunctionRecursionConfigRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    co_await change_function(store_, name,
                             [&](Function& function) { function.recursive_loop = request.RecursiveLoop; });
    co_return PutFunctionRecursionConfigResponse{.RecursiveLoop = request.RecursiveLoop};
}

Task<GetFunctionRecursionConfigResponse> Service::get_function_recursion_config(
    Call& call, GetFunctionRecursionConfigRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    const auto function = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<Function> { co_return co_await load_function(tx, name); });
    co_return GetFunctionRecursionConfigResponse{.RecursiveLoop = function.recursive_loop};
}

}  // namespace cumulet::lambda
