#include "services/lambda/workers/loop.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace cumulet::lambda {

void Descriptor::reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (epoll_ < 0 || wake_ < 0) throw std::runtime_error("no descriptors left for the loop of Lambda's workers");
    epoll_event event{.events = EPOLLIN, .data = {.fd = wake_}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
    thread_ = std::thread([this] {
        ::pthread_setname_np(::pthread_self(), "lambda-workers");
        run();
    });
}

Loop::~Loop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake();
    thread_.join();
    ::close(wake_);
    ::close(epoll_);
}

void Loop::watch(int fd, uint32_t events, Ready ready) {
    {
        std::lock_guard lock(mutex_);
        watched_[fd] = std::make_shared<Ready>(std::move(ready));
    }
    epoll_event event{.events = events, .data = {.fd = fd}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void Loop::change(int fd, uint32_t events) {
    epoll_event event{.events = events, .data = {.fd = fd}};
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Loop::forget(int fd) {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    std::shared_ptr<Ready> last;  // destroyed outside the lock: it may own what calls back into this loop
    std::lock_guard lock(mutex_);
    if (auto found = watched_.find(fd); found != watched_.end()) {
        last = std::move(found->second);
        watched_.erase(found);
    }
}

void Loop::post(std::function<void()> function) {
    {
        std::lock_guard lock(mutex_);
        posted_.push_back(std::move(function));
    }
    wake();
}

uint64_t Loop::at(Instant due, std::function<void()> fire) {
    bool earlier;
    uint64_t serial;
    {
        std::lock_guard lock(mutex_);
        serial = ++serial_;
        timers_.emplace(std::pair(due, serial), std::move(fire));
        due_of_.emplace(serial, due);
        earlier = due < armed_;
        if (earlier) armed_ = due;
    }
    if (earlier) wake();
    return serial;
}

void Loop::cancel(uint64_t timer) {
    std::function<void()> last;
    std::lock_guard lock(mutex_);
    const auto found = due_of_.find(timer);
    if (found == due_of_.end()) return;
    const auto entry = timers_.find(std::pair(found->second, timer));
    last = std::move(entry->second);
    timers_.erase(entry);
    due_of_.erase(found);
}

void Loop::wake() {
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

int Loop::next_wait_ms() {
    std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    const auto next = timers_.empty() ? Instant::max() : timers_.begin()->first.first;
    armed_ = armed_ > now ? std::min(armed_, next) : next;
    if (armed_ == Instant::max()) return -1;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(armed_ - now).count();
    return static_cast<int>(std::clamp<int64_t>(wait, 0, 3'600'000));
}

void Loop::fire_due() {
    while (true) {
        std::function<void()> fire;
        {
            std::lock_guard lock(mutex_);
            if (timers_.empty() || timers_.begin()->first.first > std::chrono::steady_clock::now()) return;
            fire = std::move(timers_.begin()->second);
            due_of_.erase(timers_.begin()->first.second);
            timers_.erase(timers_.begin());
        }
        fire();
    }
}

void Loop::take_posted() {
    std::vector<std::function<void()>> taken;
    {
        std::lock_guard lock(mutex_);
        taken.swap(posted_);
    }
    for (auto& function : taken) function();
}

void Loop::run() {
    // Signals belong to the process's main thread.
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::array<epoll_event, 64> events;
    while (true) {
        const int count = ::epoll_wait(epoll_, events.data(), events.size(), next_wait_ms());
        for (int i = 0; i < count; ++i) {
            if (events[i].data.fd == wake_) {
                uint64_t ignored;
                [[maybe_unused]] const auto drained = ::read(wake_, &ignored, sizeof ignored);
                continue;
            }
            std::shared_ptr<Ready> ready;
            {
                std::lock_guard lock(mutex_);
                if (auto found = watched_.find(events[i].data.fd); found != watched_.end()) ready = found->second;
            }
            if (ready) (*ready)(events[i].events);
        }
        take_posted();
        fire_due();
        std::lock_guard lock(mutex_);
        if (stopping_) return;
    }
}

}  // namespace cumulet::lambda
