// The event loop in which a reactor parks. Includes Asio: for the files of this folder only.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <vector>

#include "runtime/reactor.h"

namespace cumulet::net {

namespace asio = boost::asio;

/// Real time in steps of 100 ms since the loop began; 0 means never.
using Tick = uint64_t;

class EventLoop final : public Parker {
  public:
    EventLoop();
    ~EventLoop() override;

    void park(std::optional<std::chrono::nanoseconds> wait) override;
    void poll() override;
    void unpark() override;

    asio::io_context& context() { return context_; }

    /// The loop of this thread's reactor; asserts that the reactor parks in one.
    static EventLoop& current();

    /// Told once a tick, while it is watched. It must not start or end a watch from there.
    class Watched {
      public:
        virtual void tick(Tick now) = 0;

      protected:
        ~Watched() = default;

      private:
        friend class EventLoop;
        size_t place_ = 0;
    };
    void watch(Watched& watched);
    void unwatch(Watched& watched);

    /// The tick at which `limit` from now has passed.
    Tick due(std::chrono::milliseconds limit) const { return now_ + 2 + static_cast<Tick>(limit / tick_length); }

    static constexpr std::chrono::milliseconds tick_length{100};

  private:
    void schedule_tick();

    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
    asio::steady_timer timer_{context_};
    std::vector<Watched*> watched_;
    Tick now_ = 1;
    bool ticking_ = false;
    unsigned rounds_without_poll_ = 0;
    std::atomic<bool> waking_{false};
};

/// Waits for `duration` of real time on this reactor.
Task<void> real_pause(std::chrono::milliseconds duration);

}  // namespace cumulet::net
