#include "runtime/clock.h"

#include "runtime/reactor.h"

namespace cumulet {
namespace {

Time system_now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

}  // namespace

Clock::Clock() : base_(system_now()), real_base_(std::chrono::steady_clock::now()) {}

Clock::Clock(Time start) : base_(start), real_base_(std::chrono::steady_clock::now()), factor_(0), system_(false) {}

Time Clock::now() const {
    if (system_.load(std::memory_order_relaxed)) return system_now();
    std::lock_guard lock(mutex_);
    return now_locked();
}

Time Clock::now_locked() const {
    if (system_.load(std::memory_order_relaxed)) return system_now();
    if (frozen_ || factor_ == 0) return base_;
    const std::chrono::duration<double, std::micro> real = std::chrono::steady_clock::now() - real_base_;
    return base_ + Duration(static_cast<int64_t>(real.count() * factor_));
}

double Clock::factor() const {
    std::lock_guard lock(mutex_);
    return factor_;
}

void Clock::set_factor(double factor) {
    {
        std::lock_guard lock(mutex_);
        base_ = now_locked();
        real_base_ = std::chrono::steady_clock::now();
        factor_ = factor;
        system_ = false;
    }
    set_now(now(), frozen_);
}

Clock::Setting Clock::setting() const {
    std::lock_guard lock(mutex_);
    return {.system = system_now(), .cloud = now_locked(), .factor = factor_};
}

void Clock::restore(const Setting& kept) {
    const std::chrono::duration<double, std::micro> since = std::max(system_now() - kept.system, Duration::zero());
    {
        std::lock_guard lock(mutex_);
        factor_ = kept.factor;
    }
    set_now(kept.cloud + Duration(static_cast<int64_t>(since.count() * kept.factor)), false);
}

std::optional<std::chrono::nanoseconds> Clock::real_wait(Time due) const {
    std::lock_guard lock(mutex_);
    const auto left = due - now_locked();
    if (left <= Duration::zero()) return std::chrono::nanoseconds(0);
    if (frozen_ || factor_ == 0) return std::nullopt;
    const double nanoseconds = static_cast<double>(left.count()) * 1000 / factor_;
    // A year is as good as longer, and does not overflow.
    return std::chrono::nanoseconds(static_cast<int64_t>(std::min(nanoseconds, 3.2e16)) + 1);
}

void Clock::add(Reactor* reactor) {
    std::lock_guard lock(mutex_);
    reactors_.push_back(reactor);
}

void Clock::remove(Reactor* reactor) {
    std::lock_guard lock(mutex_);
    std::erase(reactors_, reactor);
}

void Clock::set_now(Time time, bool frozen) {
    std::lock_guard lock(mutex_);
    base_ = time;
    real_base_ = std::chrono::steady_clock::now();
    frozen_ = frozen;
    system_ = false;
    for (Reactor* reactor : reactors_) reactor->wake_up();
}

std::optional<Time> Clock::next_due() const {
    std::lock_guard lock(mutex_);
    std::optional<Time> earliest;
    for (Reactor* reactor : reactors_) {
        const auto due = reactor->next_due();
        if (due && (!earliest || *due < *earliest)) earliest = due;
    }
    return earliest;
}

bool Clock::settled(const Reactor& own) const {
    if (holds_.load() > 0) return false;
    const Time present = now();
    std::lock_guard lock(mutex_);
    return std::ranges::all_of(reactors_, [&](Reactor* reactor) {
        const auto due = reactor->next_due();
        return (reactor == &own ? own.nothing_else_ready() : reactor->idle()) && !(due && *due <= present);
    });
}

Task<void> Clock::settle() {
    Reactor& own = Reactor::current();
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (int round = 0;; ++round) {
        co_await own.yield();
        if (settled(own)) break;
        if (round > 16) co_await own.pause(std::chrono::microseconds(200));
        if (std::chrono::steady_clock::now() > patience) break;
    }
}

Task<void> Clock::advance(Duration by) { return advance_to(now() + by); }

Task<void> Clock::advance_to(Time target) {
    while (true) {
        std::unique_lock lock(mutex_);
        if (!advancing_) {
            advancing_ = true;
            break;
        }
        co_await Suspend{[&](std::coroutine_handle<> handle) {
            waiting_to_advance_.emplace_back(&Reactor::current(), handle);
            lock.unlock();
        }};
    }
    set_now(now(), true);
    co_await settle();
    while (true) {
        const auto due = next_due();
        if (!due || *due > target) break;
        set_now(std::max(*due, now()), true);
        co_await settle();
    }
    set_now(std::max(target, now()), false);

    std::lock_guard lock(mutex_);
    advancing_ = false;
    if (!waiting_to_advance_.empty()) {
        const auto [reactor, handle] = waiting_to_advance_.front();
        waiting_to_advance_.pop_front();
        reactor->post(handle);
    }
}

}  // namespace cumulet
