#include "net/reactors.h"

#include <sched.h>

#include <condition_variable>
#include <thread>

namespace cumulet::net {

struct ReactorThreads::Threads {
    std::vector<std::unique_ptr<Reactor>> reactors;
    std::vector<std::thread> threads;
};

ReactorThreads::ReactorThreads(Clock& clock, size_t count, std::function<Random()> random)
    : threads_(std::make_unique<Threads>()) {
    if (count == 0) count = available_cores();
    for (size_t i = 0; i < count; ++i) {
        threads_->reactors.push_back(std::make_unique<Reactor>(clock, random(), make_socket_parker()));
        pointers_.push_back(threads_->reactors.back().get());
    }
    for (auto* reactor : pointers_) {
        threads_->threads.emplace_back([reactor] { reactor->run(); });
    }
}

ReactorThreads::~ReactorThreads() { stop(); }

void ReactorThreads::run(size_t index, Task<void> task) {
    struct Outcome {
        std::mutex mutex;
        std::condition_variable ended;
        bool done = false;
        std::exception_ptr error;
    } outcome;
    auto run_task = [](Task<void> inner, Outcome& outcome) -> Task<void> {
        std::exception_ptr error;
        try {
            co_await std::move(inner);
        } catch (...) {
            error = std::current_exception();
        }
        std::lock_guard lock(outcome.mutex);
        outcome.done = true;
        outcome.error = std::move(error);
        outcome.ended.notify_one();
    };
    pointers_[index]->start(run_task(std::move(task), outcome));
    std::unique_lock lock(outcome.mutex);
    outcome.ended.wait(lock, [&] { return outcome.done; });
    if (outcome.error) std::rethrow_exception(outcome.error);
}

void ReactorThreads::stop() {
    for (auto* reactor : pointers_) reactor->stop();
    for (auto& thread : threads_->threads) thread.join();
    threads_->threads.clear();
}

size_t available_cores() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
    return std::max(1, CPU_COUNT(&allowed));
}

}  // namespace cumulet::net
