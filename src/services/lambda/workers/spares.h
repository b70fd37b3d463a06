// A few spares, for as long as workers are started.
#pragma once

#include <condition_variable>

#include "services/lambda/workers/spare.h"

namespace cumulet::lambda {

class Spares {
  public:
    static constexpr size_t most = 2;

    Spares();
    /// Ends them.
    ~Spares();

    /// A spare, if one waits. Another takes its place later.
    std::unique_ptr<Spare> take(const Sandbox& sandbox);
    /// Has some ready soon: a worker is likely to be started. `sandbox` must live as long as this.
    void prepare(const Sandbox& sandbox);
    size_t count() const;

  private:
    static constexpr auto kept_for = std::chrono::seconds(10);  // after the last worker

    void run();

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    const Sandbox* sandbox_ = nullptr;
    std::chrono::steady_clock::time_point wanted_until_;
    std::vector<std::unique_ptr<Spare>> waiting_;
    std::thread thread_;
};

}  // namespace cumulet::lambda
