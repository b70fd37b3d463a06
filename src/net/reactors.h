// One reactor per core, each waiting in its sockets' event loop.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "runtime/reactor.h"

namespace cumulet::net {

/// Waits in the event loop of sockets. Every reactor that uses a Server or a Client has one of these.
std::unique_ptr<Parker> make_socket_parker();

/// Reactors, each run by a thread of its own.
class ReactorThreads {
  public:
    /// `count` 0: one per core that this process may use. `random` makes each reactor's generator.
    explicit ReactorThreads(Clock& clock, size_t count = 0, std::function<Random()> random = [] { return Random(); });
    /// Stops.
    ~ReactorThreads();
    ReactorThreads(const ReactorThreads&) = delete;

    std::span<Reactor* const> reactors() const { return pointers_; }
    Reactor& operator[](size_t index) const { return *pointers_[index]; }
    size_t size() const { return pointers_.size(); }

    /// Runs `task` on the reactor `index` and waits for its end; rethrows what it throws. Not from a reactor.
    void run(size_t index, Task<void> task);

    /// Stops every reactor and joins its thread. Not from a reactor. Again: nothing.
    void stop();

  private:
    struct Threads;
    std::vector<Reactor*> pointers_;
    std::unique_ptr<Threads> threads_;
};

/// The number of cores that this process may run on.
size_t available_cores();

}  // namespace cumulet::net
