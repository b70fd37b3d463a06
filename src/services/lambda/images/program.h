// A program of the operator's, run to its end while what it writes is read.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "services/lambda/sandbox/process.h"

namespace cumulet::lambda {

/// Ends programs and waits for them, from any thread and for good.
class StopSignal {
  public:
    StopSignal();
    void stop();
    /// Readable once it has stopped.
    int descriptor() const { return event_.get(); }

  private:
    Descriptor event_;
};

class Program {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    /// Starts it with this process's environment and without input. The calling thread must be the one that ends it.
    /// Throws std::runtime_error.
    Program(const std::vector<std::string>& arguments, Instant deadline, const StopSignal& stop);
    /// Kills it if it still runs.
    ~Program();

    /// The next bytes that it writes; 0 at the end. Blocks. Throws std::runtime_error past the deadline or when
    /// stopped.
    size_t read(std::span<char> bytes);
    /// Waits for its end: its exit status, -1 if a signal ended it. Throws as `read` does.
    int wait();
    /// The last of what it wrote about errors, as one line.
    std::string errors() const;

  private:
    void wait_for(int descriptor);

    const std::string name_;
    const Instant deadline_;
    const StopSignal& stop_;
    Descriptor errors_;
    Descriptor output_;
    Process process_;
};

}  // namespace cumulet::lambda
