// The thread that starts processes. Linux ends a worker when the thread that started it ends, so one thread that lives
// as long as the service starts all of them; and the reactors never wait for a fork.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "services/lambda/workers/spares.h"

namespace cumulet::lambda {

class Launcher {
  public:
    Launcher();
    /// Does what was asked for, then ends; the workers that still live end with it.
    ~Launcher();
    Launcher(const Launcher&) = delete;

    void post(std::function<void()> job);
    Spares& spares() { return spares_; }

  private:
    void run();

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::function<void()>> jobs_;
    bool stopping_ = false;
    Spares spares_;
    std::thread thread_;
};

}  // namespace cumulet::lambda
