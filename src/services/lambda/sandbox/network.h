// The network of a function's processes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "services/lambda/workers/loop.h"

namespace cumulet::lambda {

/// host: that of this machine. loopback: one of its own, in which only this cloud answers. none: one of its own, in
/// which nothing does but the Runtime API.
enum class Network { host, loopback, none };

/// A network for one program, with listeners on these ports of its loopback interface.
class OwnNetwork {
  public:
    explicit OwnNetwork(std::vector<uint16_t> ports);

    /// Moves the calling process into a new network and sends its listeners to `receive`: for the child of a vfork, so
    /// only by system calls. The result is errno, 0 for success.
    int enter() const;
    /// The listeners, which do not block, in the order of the ports; fewer where `enter` failed. After the program
    /// runs.
    std::vector<Descriptor> receive();

  private:
    const std::vector<uint16_t> ports_;
    const std::string users_, groups_;  // the maps of a user namespace in which everyone is who they were
    Descriptor ours_, theirs_;
};

}  // namespace cumulet::lambda
