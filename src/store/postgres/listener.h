// Hears of what other processes committed.
#pragma once

#include <thread>

#include "runtime/sync.h"
#include "store/postgres/connection.h"

namespace cumulet::store {

/// A topic travels as hexadecimal digits: payloads are text.
class Listener {
  public:
    /// Listens from here on. Throws store::Unavailable if the server does not answer.
    Listener(std::string parameters, Gates& gates);
    ~Listener();

  private:
    ConnectionPointer listen() const;
    void serve();
    /// False at the end.
    bool wait_for_input(int socket, int timeout_millis) const;
    void hear();

    const std::string parameters_;
    Gates& gates_;
    const int end_;
    ConnectionPointer link_;
    std::thread thread_;
};

}  // namespace cumulet::store
