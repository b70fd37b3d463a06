// Brings telemetry to an extension whose network is the worker's own.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "services/lambda/workers/loop.h"

namespace cumulet::lambda {

/// Posts one body after another to a port of a program's loopback interface, over a socket that was made in its
/// network. What does not arrive within two seconds is given up.
class InwardPosts : public std::enable_shared_from_this<InwardPosts> {
  public:
    InwardPosts(Loop& loop, Descriptor socket, std::string uri);

    /// From any thread.
    void post(std::string body);
    /// Gives up what has not arrived. From any thread.
    void stop();
    const std::string& uri() const { return uri_; }

  private:
    static constexpr size_t most_waiting = 100;  // further ones are dropped
    static constexpr size_t most_answer_bytes = 16 << 10;

    void begin();
    void go_on();
    void end_one();

    Loop& loop_;
    const std::string uri_;
    std::string authority_, path_;
    uint16_t port_ = 0;

    std::mutex mutex_;
    Descriptor socket_;  // nothing once it was stopped
    std::deque<std::string> waiting_;
    std::string request_;  // under way: what of it is not written yet
    size_t answer_bytes_ = 0;
    bool under_way_ = false;
    uint64_t number_ = 0;  // of the post under way
    uint64_t timer_ = 0;
};

}  // namespace cumulet::lambda
