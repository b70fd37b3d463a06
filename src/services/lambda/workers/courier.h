// Brings telemetry to the extensions that subscribed to it, one batch after another for each address.
#pragma once

#include <deque>
#include <map>

#include "net/client.h"
#include "runtime/sync.h"

namespace cumulet::lambda {

class Courier {
  public:
    explicit Courier(TaskGroup& tasks) : tasks_(tasks) {}

    /// Sends from this reactor from now on.
    void start() { reactor_ = &Reactor::current(); }
    /// Sends `body` to `uri` once what was posted to it before has arrived, or was given up. From any thread.
    void post(std::string uri, std::string body);

  private:
    static constexpr size_t most_waiting = 100;  // batches for one address; further ones are dropped

    void enqueue(std::string uri, std::string body);
    Task<void> deliver(std::string uri);

    TaskGroup& tasks_;
    Reactor* reactor_ = nullptr;
    net::Client client_;
    std::map<std::string, std::deque<std::string>> waiting_;  // only its reactor touches it
};

}  // namespace cumulet::lambda
