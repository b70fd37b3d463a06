// Lets a program in a network of its own reach one port of this machine's loopback interface.
#pragma once

#include <array>
#include <memory>
#include <set>
#include <string>

#include "services/lambda/workers/loop.h"

namespace cumulet::lambda {

/// Accepts connections in the program's network and passes their bytes to `port` of the host's and back.
class Relay : public std::enable_shared_from_this<Relay> {
  public:
    Relay(Loop& loop, Descriptor listener, uint16_t port) : loop_(loop), listener_(std::move(listener)), port_(port) {}

    void start();
    /// Ends it with all of its connections. From any thread; not from a callback of its own.
    void stop();

  private:
    static constexpr size_t most_links = 64;
    struct Side {
        Descriptor socket;
        std::string waiting;  ///< read here, not yet written to the other side
        bool ended = false;   ///< nothing more will be read here
    };
    struct Link {
        std::array<Side, 2> sides;
    };

    void accept();
    void ready(const std::shared_ptr<Link>& link);
    /// False if the link is broken.
    static bool pass(Side& from, Side& to);
    void watch(const std::shared_ptr<Link>& link);
    void close(const std::shared_ptr<Link>& link);

    Loop& loop_;
    std::mutex mutex_;
    Descriptor listener_;
    bool accepts_ = true;  // there is room for connections
    const uint16_t port_;
    std::set<std::shared_ptr<Link>> links_;
};

}  // namespace cumulet::lambda
