// Threads for what cannot be done without blocking: files, fsync, other libraries.
#pragma once

#include <condition_variable>
#include <functional>
#include <thread>

#include "runtime/sync.h"

namespace cumulet {

/// Threads start when they are first needed. While a function runs, the cloud's clock is held.
class BlockingPool {
  public:
    /// With no threads, functions run in place: for simulation.
    explicit BlockingPool(size_t threads);
    /// Ends what was begun. No `run` may be waiting.
    ~BlockingPool();

    /// Runs `function` on a thread of the pool; goes on on the caller's reactor with its result or exception.
    template <typename Function>
    Task<std::invoke_result_t<Function&>> run(Function function) {
        using Result = std::invoke_result_t<Function&>;
        std::exception_ptr error;
        std::optional<std::conditional_t<std::is_void_v<Result>, bool, Result>> result;
        const auto work = [&] {
            try {
                if constexpr (std::is_void_v<Result>) {
                    function();
                } else {
                    result.emplace(function());
                }
            } catch (...) {
                error = std::current_exception();
            }
        };
        co_await perform(std::cref(work));
        if (error) std::rethrow_exception(error);
        if constexpr (!std::is_void_v<Result>) co_return std::move(*result);
    }

  private:
    struct Job {
        std::function<void()> work;
        Reactor* reactor;
        std::coroutine_handle<> handle;
    };
    Task<void> perform(std::function<void()> work);
    void submit(Job job);
    void serve();

    static constexpr size_t most_waiting = 4096;

    const size_t most_threads_;
    Semaphore places_{most_waiting};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    size_t resting_ = 0;
    bool ending_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace cumulet
