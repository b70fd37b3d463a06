// PublishVersion, ListVersionsByFunction, and the operations on aliases.
// https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html

#include "services/lambda/fault.h"
#include "services/lambda/page.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

constexpr size_t most_aliases = 10'000;

/// Throws ResourceNotFoundException if an alias may not stand for `version`.
Task<void> check_version(store::Transaction& tx, FunctionCache& cache, FunctionName name, std::string version) {
    name.qualifier = std::move(version);
    if (!name.names_version()) throw function_not_found(name.arn());
    co_await load_qualified(tx, cache, name);
}

/// An alias splits its traffic between two versions at most, and no part of it is $LATEST's.
void set_routing(AliasConfiguration& alias, const AliasRoutingConfiguration& routing) {
    alias.RoutingConfig.reset();
    if (!routing.AdditionalVersionWeights || routing.AdditionalVersionWeights->empty()) return;
    if (routing.AdditionalVersionWeights->size() > 1) {
        throw invalid("Number of items in AdditionalVersionWeights cannot be greater than 1");
    }
    const auto& [version, weight] = *routing.AdditionalVersionWeights->begin();
    if (version == alias.FunctionVersion)
        throw invalid("Invalid function version " + version + ". Function version " + version +
                      " is already included in routing configuration.");
    if (alias.FunctionVersion == latest || version == latest) {
        throw invalid("$LATEST is not supported for an alias pointing to more than 1 version");
    }
    if (weight < 0 || weight > 1) throw invalid("Weights of an alias lie between 0 and 1");
    alias.RoutingConfig = routing;
}

/// Throws ResourceNotFoundException if a version that gets a part of the traffic is not there.
Task<void> check_routing(store::Transaction& tx, FunctionCache& cache, FunctionName name, AliasConfiguration alias) {
    if (!alias.RoutingConfig) co_return;
    for (const auto& [version, weight] : *alias.RoutingConfig->AdditionalVersionWeights) {
        co_await check_version(tx, cache, name, version);
    }
}

}  // namespace

Task<FunctionConfiguration> Service::publish_version(Call& call, PublishVersionRequest request) {
    if (request.PublishTo) throw aws::not_implemented("lambda", "PublishVersion", "PublishTo");
    const auto name = parse_function_name(call, request.FunctionName);
    const auto revision = call.random().uuid();
    const auto latest_revision = call.random().uuid();
    auto published = co_await store_.transact([&](store::Transaction& tx) -> Task<FunctionConfiguration> {
        auto function = co_await load_function(tx, name);
        check_revision(function, request.RevisionId);
        if (request.CodeSha256 && *request.CodeSha256 != function.configuration.CodeSha256) {
            throw invalid(fmt::format(
                "CodeSHA256 ({}) is different from current CodeSHA256 in $LATEST ({}). Please try again with "
                "the CodeSHA256 in $LATEST.",
                *request.CodeSha256, *function.configuration.CodeSha256));
        }
        if (function.last_version > 0) {
            const auto newest = co_await list_versions(tx, name, function.last_version - 1, 1);
            if (!newest.empty() && same_as(newest.front(), function)) co_return newest.front().configuration;
        }
        auto version = publish(function, ++function.last_version, request.Description);
        revise(version, revision);
        revise(function, latest_revision);
        save_version(tx, name, version);
        save_function(tx, name, function);
        co_return version.configuration;
    });
    if (published.SnapStart && published.SnapStart->OptimizationStatus == "On") {
        auto version = name;
        version.qualifier = *published.Version;
        const auto function = co_await find_version(version);
        if (function->hot_folder.empty()) tasks_.start(keep_warm(version, function, 1, "snap-start"));
    }
    co_return published;
}

Task<ListVersionsByFunctionResponse> Service::list_versions_by_function(Call& call,
                                                                        ListVersionsByFunctionRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    const auto limit = page_limit(request.MaxItems);
    const auto after = request.Marker ? std::strtoll(request.Marker->c_str(), nullptr, 10) : -1;
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ListVersionsByFunctionResponse> {
        ListVersionsByFunctionResponse response;
        auto& listed = response.Versions.emplace();
        auto current = lambda::listed(co_await load_function(tx, name));
        current.FunctionArn = name.unqualified_arn() + ":$LATEST";
        if (after < 0) listed.push_back(std::move(current));
        const auto room = limit - listed.size();
        const auto versions = co_await list_versions(tx, name, std::max<int64_t>(after, 0), room + 1);
        for (size_t i = 0; i < std::min(room, versions.size()); ++i) listed.push_back(lambda::listed(versions[i]));
        if (versions.size() > room) response.NextMarker = room > 0 ? versions[room - 1].version() : "0";
        co_return response;
    });
}

Task<AliasConfiguration> Service::create_alias(Call& call, CreateAliasRequest request) {
    auto name = parse_function_name(call, request.FunctionName);
    name.qualifier = request.Name;
    AliasConfiguration alias{.AliasArn = name.arn(), .Name = request.Name, .FunctionVersion = request.FunctionVersion};
    alias.Description = request.Description.value_or("");
    alias.RevisionId = call.random().uuid();
    if (request.RoutingConfig) set_routing(alias, *request.RoutingConfig);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_version(tx, functions_, name, request.FunctionVersion);
        co_await check_routing(tx, functions_, name, alias);
        if (co_await find_alias(tx, name))
            throw user_fault<ResourceConflictException>("Alias already exists: " + name.arn());
        save_alias(tx, name, alias);
    });
    co_return alias;
}

Task<AliasConfiguration> Service::get_alias(Call& call, GetAliasRequest request) {
    auto name = parse_function_name(call, request.FunctionName);
    name.qualifier = request.Name;
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<AliasConfiguration> {
        co_await load_function(tx, name);
        auto alias = co_await find_alias(tx, name);
        if (!alias) throw alias_not_found(name.arn());
        co_return std::move(*alias);
    });
}

Task<AliasConfiguration> Service::update_alias(Call& call, UpdateAliasRequest request) {
    auto name = parse_function_name(call, request.FunctionName);
    name.qualifier = request.Name;
    const auto revision = call.random().uuid();
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<AliasConfiguration> {
        co_await load_function(tx, name);
        auto alias = co_await find_alias(tx, name);
        if (!alias) throw alias_not_found(name.arn());
        if (request.RevisionId && request.RevisionId != alias->RevisionId) {
            throw user_fault<PreconditionFailedException>(
                "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
                "retrieve "
                "the latest Revision Id");
        }
        if (request.FunctionVersion) {
            co_await check_version(tx, functions_, name, *request.FunctionVersion);
            alias->FunctionVersion = request.FunctionVersion;
        }
        if (request.Description) alias->Description = request.Description;
        if (request.RoutingConfig) set_routing(*alias, *request.RoutingConfig);
        co_await check_routing(tx, functions_, name, *alias);
        alias->RevisionId = revision;
        save_alias(tx, name, *alias);
        co_return std::move(*alias);
    });
}

Task<DeleteAliasResponse> Service::delete_alias(Call& call, DeleteAliasRequest request) {
    auto name = parse_function_name(call, request.FunctionName);
    name.qualifier = request.Name;
    const auto kept = co_await store_.transact([&](store::Transaction& tx) -> Task<std::string> {
        std::string key;
        if (co_await find_provisioned(tx, name)) key = pool_key(name, *co_await load_qualified(tx, functions_, name));
        co_await erase_alias(tx, name);
        co_return key;
    });
    if (!kept.empty()) pool_.keep(kept, 0);
    co_return DeleteAliasResponse{};
}

Task<ListAliasesResponse> Service::list_aliases(Call& call, ListAliasesRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    const auto limit = page_limit(request.MaxItems);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ListAliasesResponse> {
        co_await load_function(tx, name);
        ListAliasesResponse response;
        auto& listed = response.Aliases.emplace();
        for (auto& alias : co_await lambda::list_aliases(tx, name, request.Marker.value_or(""), most_aliases)) {
            if (request.FunctionVersion && request.FunctionVersion != alias.FunctionVersion) continue;
            if (listed.size() == limit) {
                response.NextMarker = listed.back().Name;
                break;
            }
            listed.push_back(std::move(alias));
        }
        co_return response;
    });
}

}  // namespace cumulet::lambda
