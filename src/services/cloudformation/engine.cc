#include "services/cloudformation/engine.h"

#include "runtime/log.h"

namespace cumulet::cloudformation {

namespace {

constexpr Duration lease = 60s;
constexpr Duration pause_between_looks = 30s;
constexpr Duration first_pause = 1s;

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
        const auto [running, first] = running_.try_emplace(operation.stack_id);
        if (!first) {
            running->second = std::move(operation);  // what runs has stored its end already, or was never stored
            return;
        }
    }
    tasks_.start(run(std::move(operation)));
}

Task<void> Engine::run(Operation operation) {
    const auto stack_id = operation.stack_id;
    while (true) {
        co_await run_to_end(operation);
        std::lock_guard lock(mutex_);
        auto& next = running_.at(stack_id);
        if (!next || stopping_) {
            running_.erase(stack_id);
            co_return;
        }
        operation = *std::exchange(next, std::nullopt);
    }
}

Task<void> Engine::run_to_end(Operation operation) {
    auto pause = first_pause;
    while (!stopping_ && !co_await run_once(operation)) {
        // The world broke: whatever was stored stands, and the next try goes on from there.
        const auto seen = gates_.version("stop");
        if (!stopping_) co_await gates_.wait("stop", seen, Reactor::current().now() + pause);
        pause = std::min(pause * 2, pause_between_looks);
    }
}

Task<bool> Engine::run_once(Operation operation) {
    const auto stack_id = operation.stack_id;
    try {
        const auto stored = co_await store_.transact([&](store::Transaction& tx) {
            return storage::find_operation(tx, storage::place_of(operation), stack_id);
        });
        if (!stored || stored->token != operation.token || stored->owner != operation.owner) co_return true;
        Deployment deployment(store_, registry_, [this] { return stopping(); }, *stored);
        co_await deployment.run();
        co_return true;
    } catch (const Interrupted&) {
        // Not worth a line: the next process goes on.
    } catch (const std::exception& error) {
        log::error("a stack's deployment was interrupted", {{"stack", stack_id}, {"reason", error.what()}});
    }
    co_return false;
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
    while (!stopping_) {
        const auto seen = gates_.version("stop");
        co_await gates_.wait("stop", seen, Reactor::current().now() + pause_between_looks);
        if (!stopping_) co_await take_over();
    }
}

Task<void> Engine::start() {
    co_await take_over();
    if (shared_) tasks_.start(watch());
}

Task<void> Engine::stop() {
    stopping_ = true;
    gates_.wake_all();
    store_.wake_all();  // who waits for a nested stack looks at the store
    co_await tasks_.stop();
}

}  // namespace cumulet::cloudformation
