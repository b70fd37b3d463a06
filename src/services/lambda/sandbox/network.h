// The network of a function's processes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "services/lambda/workers/loop.h"

namespace cumulet::lambda {

/// host: that of this machine. loopback: one of its own, in which only the servers on this machine's loopback interface
/// answer. none: one of its own, in which nothing does but the Runtime API.
enum class Network { host, loopback, none };

/// The TCP ports on which somebody listens at 127.0.0.1, in their order: `most` at most.
std::vector<uint16_t> local_servers(size_t most);

/// A network for one program, with listeners on these ports of its loopback interface, and with sockets by which others
/// reach what the program itself listens on.
class OwnNetwork {
  public:
    explicit OwnNetwork(std::vector<uint16_t> ports, size_t callers = 0);

    /// Moves the calling process into a new network and sends its sockets to `receive`: for the child of a vfork, so
    /// only by system calls. The result is errno, 0 for success.
    int enter() const;

    struct Sockets {
        std::vector<Descriptor> listeners;  ///< in the order of the ports
        std::vector<Descriptor> callers;    ///< not connected
    };
    /// They do not block; there are fewer where `enter` failed. After the program runs.
    Sockets receive();

  private:
    const std::vector<uint16_t> ports_;
    const size_t callers_;
    const std::string users_, groups_;  // the maps of a user namespace in which everyone is who they were
    Descriptor ours_, theirs_;
};

}  // namespace cumulet::lambda
