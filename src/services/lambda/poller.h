// Pollers: one for each enabled event source mapping, in one process of the cloud at a time.
#pragma once

#include <unordered_set>

#include "contracts/client.h"
#include "services/lambda/poller_hooks.h"
#include "services/lambda/storage.h"

namespace cumulet::lambda {

class Pollers {
  public:
    /// `shared`: other processes use the store too, so that a lease may be of one that lives. Such processes say every
    /// few seconds that they do; their leases are taken over once they have not for `silence`.
    Pollers(store::Store& store, contracts::Door& door, TaskGroup& tasks, bool shared, PollerHooks hooks)
        : store_(store), door_(door), tasks_(tasks), shared_(shared), hooks_(std::move(hooks)) {
        hooks_.rest = [this](MappingName name, std::string reason) {
            return disable(std::move(name), std::move(reason));
        };
    }

    static constexpr auto silence = std::chrono::seconds(10);
    static constexpr auto heartbeat = std::chrono::seconds(3);

    /// Starts a poller for each mapping that no other process polls. Ends when the store closes.
    Task<void> supervise();

  private:
    /// Says that this process lives, again and again.
    Task<void> keep_alive();
    Task<void> beat();
    Task<bool> take_lease(MappingName name);
    Task<void> give_lease_back(MappingName name);
    /// The mapping, while it is enabled and ours to poll.
    Task<std::optional<Mapping>> still_ours(MappingName name);
    Task<void> poll(MappingName name);
    /// Polls until the mapping is no longer ours.
    Task<void> poll_source(MappingName name);
    /// Steps until the mapping is no longer ours. `step` is false when it was told so.
    Task<void> keep_polling(MappingName name, std::function<Task<bool>(Mapping)> step);
    /// Its function is gone: the mapping rests until someone enables it.
    Task<void> disable(MappingName name, std::string reason);
    Task<void> pause();

    store::Store& store_;
    contracts::Door& door_;
    TaskGroup& tasks_;
    const bool shared_;
    PollerHooks hooks_;
    std::string process_;  // this one among those that share the store
    std::unordered_set<std::string> polling_;
};

}  // namespace cumulet::lambda
