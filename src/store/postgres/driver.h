// The thread that talks to the server for all reactors, so that none of them waits for a socket.
#pragma once

#include <mutex>
#include <thread>

#include "store/postgres/connection.h"

namespace cumulet::store {

class Driver {
  public:
    Driver();
    /// No round trip may be under way.
    ~Driver();

    /// Sends all statements at once and waits for all answers. The first that fails makes the server pass over the
    /// rest.
    Task<void> perform(Connection& connection, RoundTrip& round_trip);

  private:
    void serve();
    void begin(Connection& connection);
    void go_on(Connection& connection);
    bool send(Connection& connection);
    /// True if all answers are there.
    bool receive(Connection& connection);
    void watch(Connection& connection, bool wants_to_write);
    void end(Connection& connection, bool broken);

    const int events_;
    const int wake_up_;
    std::mutex mutex_;
    std::vector<Connection*> begun_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace cumulet::store
