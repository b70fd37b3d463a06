// Methods and integrations stand in their resource's record; these reach into it.
#pragma once

#include "services/apigateway/storage.h"

namespace cumulet::apigateway {

// Throw NotFoundException in AWS's words.
Method& method_of(Resource& resource, const std::string& http_method);
Integration& integration_of(Method& method);
MethodResponse& response_of(Method& method, const std::string& status_code);
IntegrationResponse& response_of(Integration& integration, const std::string& status_code);

template <typename Result, typename Change, typename Run>
Task<Result> change_resource_by(store::Store& store, Place place, std::string resource_id, Change change, Run run,
                                bool whole) {
    co_return co_await store.transact([&](store::Transaction& tx) -> Task<Result> {
        auto resource = co_await load_item<Resource>(tx, place, resource_id);
        const auto definition = whole ? co_await read_definition(tx, place, "") : Definition();
        auto result = run(change, resource, definition);
        save_item(tx, place, resource);
        co_return result;
    });
}

/// Loads a resource, lets `change` change it, and saves it. `change` gets the whole definition where it asks for it.
template <typename Change>
auto change_resource(store::Store& store, Place place, std::string resource_id, Change change) {
    constexpr bool alone = std::is_invocable_v<Change&, Resource&>;
    const auto run = [](Change& change, Resource& resource, const Definition& definition) {
        if constexpr (alone) {
            return change(resource);
        } else {
            return change(resource, definition);
        }
    };
    using Result = std::invoke_result_t<decltype(run), Change&, Resource&, const Definition&>;
    return change_resource_by<Result>(store, std::move(place), std::move(resource_id), std::move(change), run, !alone);
}

}  // namespace cumulet::apigateway
