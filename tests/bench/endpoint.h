// What an API proxies to: a process of its own on the server's core, which answers every request with a kibibyte.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace cumulet::load {

class Endpoint {
  public:
    Endpoint();
    ~Endpoint();
    Endpoint(const Endpoint&) = delete;

    uint16_t port = 0;
    /// Processor time so far.
    std::chrono::microseconds cpu() const;

  private:
    pid_t process_ = -1;
};

}  // namespace cumulet::load
