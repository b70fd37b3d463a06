// Provisioned concurrency: workers of a version or an alias that are ready before an event comes.
// https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html

#include "runtime/log.h"
#include "services/lambda/concurrency.h"
#include "services/lambda/fault.h"
#include "services/lambda/page.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

// Between attempts to start workers that do not get ready.
constexpr auto first_pause = std::chrono::seconds(1);
constexpr auto longest_pause = std::chrono::seconds(60);

InvalidParameterValueException unpublished() {
    return invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
}

ProvisionedConcurrencyConfigNotFoundException not_provisioned() {
    return user_fault<ProvisionedConcurrencyConfigNotFoundException>(
        "No Provisioned Concurrency Config found for this function");
}

FunctionName published_name(const Call& call, const std::string& function, const std::string& qualifier) {
    auto name = parse_function_name(call, function, qualifier);
    if (name.qualifier == latest) {
        throw invalid("The function resource provided must be an alias or a published version.");
    }
    return name;
}

/// The version that a configuration is for. Throws ResourceNotFoundException.
Task<std::shared_ptr<const Function>> load_published(store::Transaction& tx, FunctionCache& cache, FunctionName name) {
    if (!name.names_version() && !co_await find_alias(tx, name)) throw alias_not_found(name.arn());
    co_return co_await load_qualified(tx, cache, name);
}

/// Throws ResourceConflictException where a version would be provisioned by itself and through an alias.
Task<void> check_alone(store::Transaction& tx, FunctionCache& cache, FunctionName name, std::string version) {
    for (const auto& other : co_await list_provisioned(tx, name)) {
        const auto& qualifier = other.function.qualifier;
        if (qualifier == name.qualifier) continue;
        if (qualifier == version) {
            throw user_fault<ResourceConflictException>(
                "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
        }
        if (name.names_version() && (co_await load_qualified(tx, cache, other.function))->version() == version) {
            throw user_fault<ResourceConflictException>("Version is pointed by a Provisioned Concurrency alias");
        }
    }
}

/// The members that describe how far it is.
template <typename Response>
Response described(const Provisioned& provisioned, int32_t allocated) {
    Response response;
    response.RequestedProvisionedConcurrentExecutions = provisioned.requested;
    response.AllocatedProvisionedConcurrentExecutions = std::min(allocated, provisioned.requested);
    response.AvailableProvisionedConcurrentExecutions = std::min(allocated, provisioned.requested);
    response.Status = allocated >= provisioned.requested ? "READY" : "IN_PROGRESS";
    response.LastModified = provisioned.modified;
    return response;
}

}  // namespace

std::string Service::pool_key(const FunctionName& name, const Function& function) const {
    return fmt::format("{}/{}/{}/{}/{}", name.account, name.region, name.name, function.version(), function.build);
}

int32_t Service::allocated(const std::string& key) const { return static_cast<int32_t>(pool_.kept(key)); }

Task<bool> Service::warm(FunctionName name, std::shared_ptr<const Function> function, int32_t count,
                         std::string initialization) {
    const auto key = pool_key(name, *function);
    auto call = service_call(Reactor::current(), "lambda.amazonaws.com", name.account, name.region);
    try {
        while (!store_.closing() && allocated(key) < count) {
            if (!co_await pool_.take_room()) co_return false;
            auto worker = co_await start_worker(call, name, function, {.key = key, .initialization = initialization});
            if (!co_await worker->initialised()) co_return false;  // its log says why
            pool_.give_back(std::move(worker), call.now());
        }
        co_return true;
    } catch (const std::exception& error) {
        log::warning("workers could not be made ready", {{"function", name.arn()}, {"why", error.what()}});
    }
    co_return false;
}

Task<void> Service::keep_warm(FunctionName name, std::shared_ptr<const Function> function, int32_t count,
                              std::string initialization) {
    const auto key = pool_key(name, *function);
    const auto wish = pool_.keep(key, static_cast<size_t>(count));
    auto pause = first_pause;
    while (!store_.closing() && pool_.keeps(key, wish)) {
        const auto seen = pool_.seen();
        const bool warmed = co_await warm(name, function, count, initialization);
        pause = warmed ? first_pause : std::min(pause * 2, longest_pause);
        if (warmed) {
            co_await pool_.wait_for_end(seen);
        } else {
            co_await pool_.wait_for_wish(seen, clock_.now() + pause);
        }
    }
}

Task<void> Service::warm_all() {
    using Found = std::vector<std::pair<FunctionName, int32_t>>;
    const auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<Found> {
        Found all;
        for (const auto& name : co_await all_provisioned(tx)) {
            if (const auto provisioned = co_await find_provisioned(tx, name))
                all.emplace_back(name, provisioned->requested);
        }
        co_return all;
    });
    for (const auto& [name, count] : found) {
        try {
            tasks_.start(keep_warm(name, co_await find_version(name), count, "provisioned-concurrency"));
        } catch (const std::exception& error) {
            log::warning("workers could not be made ready", {{"function", name.arn()}, {"why", error.what()}});
        }
    }
}

Task<PutProvisionedConcurrencyConfigResponse> Service::put_provisioned_concurrency_config(
    Call& call, PutProvisionedConcurrencyConfigRequest request) {
    const auto name = parse_function_name(call, request.FunctionName, request.Qualifier);
    if (name.qualifier == latest) throw unpublished();
    const Provisioned provisioned{.function = name,
                                  .requested = request.ProvisionedConcurrentExecutions,
                                  .modified = format_modified(call.now())};
    const auto saved = co_await store_.transact([&](store::Transaction& tx) -> Task<std::shared_ptr<const Function>> {
        auto function = co_await load_published(tx, functions_, name);
        if (function->version() == latest) throw unpublished();
        if (!function->hot_folder.empty()) {
            throw invalid(
                "Functions that run from the bucket hot-reload have no provisioned concurrency: their workers end when "
                "a "
                "file changes.");
        }
        co_await check_alone(tx, functions_, name, function->version());
        const auto current = co_await load_function(tx, name);
        if (!current.reserved_concurrency) {
            check_provisioned(provisioned.requested, co_await unreserved_by_others(tx, call, name.name));
        } else if (*current.reserved_concurrency < provisioned.requested + co_await provisioned_beside(tx, name)) {
            throw invalid(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for "
                "function");
        }
        if (provisioned.requested > static_cast<int32_t>(options_.pool.workers)) {
            throw invalid(
                fmt::format("Specified ProvisionedConcurrentExecutions for function is above the number of workers of "
                            "this machine, {}.",
                            options_.pool.workers));
        }
        save_provisioned(tx, provisioned);
        co_return function;
    });
    tasks_.start(keep_warm(name, saved, provisioned.requested, "provisioned-concurrency"));
    co_return described<PutProvisionedConcurrencyConfigResponse>(provisioned, 0);
}

Task<GetProvisionedConcurrencyConfigResponse> Service::get_provisioned_concurrency_config(
    Call& call, GetProvisionedConcurrencyConfigRequest request) {
    const auto name = published_name(call, request.FunctionName, request.Qualifier);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<GetProvisionedConcurrencyConfigResponse> {
        const auto function = co_await load_published(tx, functions_, name);
        const auto provisioned = co_await find_provisioned(tx, name);
        if (!provisioned) throw not_provisioned();
        co_return described<GetProvisionedConcurrencyConfigResponse>(*provisioned,
                                                                     allocated(pool_key(name, *function)));
    });
}

Task<DeleteProvisionedConcurrencyConfigResponse> Service::delete_provisioned_concurrency_config(
    Call& call, DeleteProvisionedConcurrencyConfigRequest request) {
    const auto name = published_name(call, request.FunctionName, request.Qualifier);
    const auto function =
        co_await store_.transact([&](store::Transaction& tx) -> Task<std::shared_ptr<const Function>> {
            auto found = co_await load_published(tx, functions_, name);
            erase_provisioned(tx, name);
            co_return found;
        });
    pool_.keep(pool_key(name, *function), 0);
    co_return DeleteProvisionedConcurrencyConfigResponse{};
}

Task<ListProvisionedConcurrencyConfigsResponse> Service::list_provisioned_concurrency_configs(
    Call& call, ListProvisionedConcurrencyConfigsRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    const auto limit = page_limit(request.MaxItems);
    const auto all = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Provisioned>> {
        co_await load_function(tx, name);
        co_return co_await list_provisioned(tx, name);
    });
    ListProvisionedConcurrencyConfigsResponse response;
    auto& listed = response.ProvisionedConcurrencyConfigs.emplace();
    for (const auto& provisioned : all) {
        if (request.Marker && provisioned.function.qualifier <= *request.Marker) continue;
        if (listed.size() == limit) {
            response.NextMarker = parse_function_name(call, *listed.back().FunctionArn).qualifier;
            break;
        }
        const auto function = co_await find_version(provisioned.function);
        auto item = described<ProvisionedConcurrencyConfigListItem>(
            provisioned, allocated(pool_key(provisioned.function, *function)));
        item.FunctionArn = provisioned.function.arn();
        listed.push_back(std::move(item));
    }
    co_return response;
}

}  // namespace cumulet::lambda
