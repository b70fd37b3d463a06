#include "services/cloudformation/engine.h"

#include "runtime/log.h"

namespace cumulet::cloudformation {

namespace {

constexpr Duration lease = 60s;
constexpr Duration pause_between_looks = 30s;

}  // namespace

void Engine::own(Operation& operation) {
    auto& reactor = Reactor::current();
    {
        std::lock_guard lock(mutex_);
        if (owner_.empty()) owner_ = reactor.random().uuid();
        operation.owner = owner_;
    }
    operation.owned_until = reactor.now() + lease;
}

void Engine::begin(Operation operation) {
    {
        std::lock_guard lock(mutex_);
        if (!running_.insert(operation.stack_id).second) return;
    }
    tasks_.start(run(std::move(operation)));
}

Task<void> Engine::run(Operation operation) {
    const auto stack_id = operation.stack_id;
    std::string wrong;
    try {
        Deployment deployment(store_, registry_, [this] { return tasks_.stopping(); }, std::move(operation));
        co_await deployment.run();
    } catch (const std::exception& error) {
        // The world broke: the operation stays in the store, and the next look continues it.
        wrong = error.what();
    }
    if (!wrong.empty()) log::error("a stack's deployment was interrupted", {{"stack", stack_id}, {"reason", wrong}});
    std::lock_guard lock(mutex_);
    running_.erase(stack_id);
}

Task<void> Engine::take_over() {
    const auto now = Reactor::current().now();
    auto taken = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Operation>> {
        std::vector<Operation> mine;
        for (auto& operation : co_await storage::operations(tx)) {
            {
                std::lock_guard lock(mutex_);
                if (running_.contains(operation.stack_id)) continue;
            }
            if (shared_ && operation.owned_until > now) continue;
            own(operation);
            storage::save_operation(tx, operation);
            mine.push_back(operation);
        }
        co_return mine;
    });
    for (auto& operation : taken) {
        log::info("continuing a stack's deployment", {{"stack", operation.stack_id}});
        begin(std::move(operation));
    }
}

Task<void> Engine::watch() {
    while (!tasks_.stopping()) {
        const auto seen = gates_.version("stop");
        co_await gates_.wait("stop", seen, Reactor::current().now() + pause_between_looks);
        if (!tasks_.stopping()) co_await take_over();
    }
}

Task<void> Engine::start() {
    co_await take_over();
    if (shared_) tasks_.start(watch());
}

Task<void> Engine::stop() {
    auto stopped = tasks_.stop();
    gates_.wake_all();
    co_await std::move(stopped);
}

}  // namespace cumulet::cloudformation
