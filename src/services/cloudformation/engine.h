// Who runs deployments: started by calls, continued after a restart, taken over where another process left one behind.
#pragma once

#include "services/cloudformation/deployment.h"

namespace cumulet::cloudformation {

class Engine {
  public:
    /// `shared`: other processes use the store too, so unfinished work may be theirs.
    Engine(store::Store& store, const Registry& registry, bool shared)
        : store_(store), registry_(registry), shared_(shared) {}

    /// Marks `operation` as this process's. Before the transaction that stores it.
    void own(Operation& operation);
    /// Runs a stored operation in the background. After the transaction that stored it.
    void begin(Operation operation);
    /// Continues whatever is unfinished. Call once, on the reactor that is to do the work.
    Task<void> start();
    /// Returns when no deployment runs any more; what is unfinished stays in the store.
    Task<void> stop();
    bool stopping() const { return stopping_; }

  private:
    Task<void> run(Operation operation);
    Task<void> run_to_end(Operation operation);
    /// False if it was interrupted and must be tried again.
    Task<bool> run_once(Operation operation);
    Task<void> take_over();
    Task<void> watch();

    store::Store& store_;
    const Registry& registry_;
    const bool shared_;
    std::string owner_;
    std::mutex mutex_;
    std::map<std::string, std::optional<Operation>> running_;  ///< by stack id, with what was begun meanwhile
    std::atomic<bool> stopping_{false};
    Gates gates_;
    TaskGroup tasks_;
};

}  // namespace cumulet::cloudformation
