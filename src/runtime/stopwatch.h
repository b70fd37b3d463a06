// Real time that has passed, for measuring; never for deciding, which is the cloud's clock's business.
#pragma once

#include <chrono>

namespace cumulet {

class Stopwatch {
  public:
    std::chrono::nanoseconds elapsed() const { return std::chrono::steady_clock::now() - started_; }

  private:
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace cumulet
