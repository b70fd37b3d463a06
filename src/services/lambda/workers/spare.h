// A process that waits to become a worker's. To enter a control group takes the kernel 10 to 20 ms, in which it waits
// for itself: a spare has done so before anybody waits for it.
#pragma once

#include <memory>
#include <optional>

#include "services/lambda/sandbox/sandbox.h"

namespace cumulet::lambda {

/// The pipes and sockets between a worker and its process. Each pair: ours, and what the process has.
struct Ties {
    struct Pair {
        Descriptor ours, theirs;
    };
    Pair output;            ///< descriptors 1 and 2
    Pair channel;           ///< descriptor 3: the Runtime API
    Pair control;           ///< descriptor 4: the supervisor
    Pair extension_output;  ///< descriptor 5

    /// Nothing if no descriptors are left. What only supervised processes have is made if `supervised`.
    static std::optional<Ties> make(bool supervised);
    /// For Launch::descriptors; of what was not made, nothing.
    std::vector<std::pair<int, int>> for_process() const;
    /// Once the process has them.
    void close_theirs();
};

/// A worker's process before its worker has its own.
struct Seat {
    Process process;
    std::unique_ptr<ControlGroup> group;
    Ties ties;
};

/// Waits in a control group for what it is to run. It sees nothing of any function.
class Spare {
  public:
    /// Nothing where control groups or bubblewrap are not permitted. Takes some milliseconds.
    static std::unique_ptr<Spare> start(const Sandbox& sandbox);
    /// Ends the process, unless it became something.
    ~Spare();

    /// Limits it and lets it become the program, which has descriptors 3 to 5 as far as they are wanted. Nothing if
    /// that cannot be; then it is of no more use.
    struct Wanted {
        bool channel = false;
        bool supervised = false;
    };
    std::optional<Seat> become(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                               const Limits& limits, Wanted wanted);

  private:
    Seat seat_;
    Descriptor script_;
};

/// The script by which a shell becomes the program; descriptors in `closed` are not passed on.
std::string script_of(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                      const std::vector<int>& closed);

}  // namespace cumulet::lambda
