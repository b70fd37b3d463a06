// The loop of the workers: one thread that waits for their sockets, pipes, ends and real-time limits. The processes
// live in real time, whatever the cloud's clock shows, so their limits do too.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace cumulet::lambda {

class Loop {
  public:
    using Instant = std::chrono::steady_clock::time_point;
    using Ready = std::function<void(uint32_t events)>;

    Loop();
    /// Stops the thread; nothing fires afterwards.
    ~Loop();
    Loop(const Loop&) = delete;

    /// Calls `ready` on the loop's thread whenever `fd` has one of `events` (EPOLLIN, EPOLLOUT). From any thread.
    void watch(int fd, uint32_t events, Ready ready);
    void change(int fd, uint32_t events);
    /// Before `fd` is closed. A call of `ready` that is under way goes on.
    void forget(int fd);

    /// Runs `function` on the loop's thread.
    void post(std::function<void()> function);
    /// Runs `fire` on the loop's thread at `due`. The result names it for cancel.
    uint64_t at(Instant due, std::function<void()> fire);
    /// Nothing happens if it has fired already.
    void cancel(uint64_t timer);

  private:
    void run();
    void wake();
    int next_wait_ms();
    void fire_due();
    void take_posted();

    int epoll_ = -1;
    int wake_ = -1;
    std::mutex mutex_;
    bool stopping_ = false;
    std::unordered_map<int, std::shared_ptr<Ready>> watched_;
    std::vector<std::function<void()>> posted_;
    std::map<std::pair<Instant, uint64_t>, std::function<void()>> timers_;
    std::unordered_map<uint64_t, Instant> due_of_;
    uint64_t serial_ = 0;
    // Kept even when the timer it was set for is cancelled: the next timer is mostly later, and then needs no wake-up.
    Instant armed_ = Instant::max();
    std::thread thread_;
};

/// A file descriptor that closes itself.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~Descriptor() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void reset();

  private:
    int fd_ = -1;
};

}  // namespace cumulet::lambda
