#include "runtime/reactor.h"

#include <condition_variable>

namespace cumulet {
namespace {

thread_local Reactor* current_reactor = nullptr;

class ConditionParker final : public Parker {
  public:
    void park(std::optional<std::chrono::nanoseconds> wait) override {
        std::unique_lock lock(mutex_);
        const auto woken = [&] { return woken_; };
        if (wait) {
            changed_.wait_for(lock, *wait, woken);
        } else {
            changed_.wait(lock, woken);
        }
        woken_ = false;
    }
    void unpark() override {
        std::lock_guard lock(mutex_);
        woken_ = true;
        changed_.notify_one();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
};

/// A coroutine that owns itself: it frees itself at its end.
struct Detached {
    struct promise_type {
        static void* operator new(size_t size_bytes) { return allocate_frame(size_bytes); }
        static void operator delete(void* frame, size_t size_bytes) noexcept { free_frame(frame, size_bytes); }
        Detached get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    };
    std::coroutine_handle<> handle;
};

Detached detach(Task<void> task) { co_await std::move(task); }

class CurrentReactor {
  public:
    explicit CurrentReactor(Reactor* reactor) : before_(std::exchange(current_reactor, reactor)) {}
    ~CurrentReactor() { current_reactor = before_; }

  private:
    Reactor* before_;
};

}  // namespace

Reactor::Reactor(Clock& clock, Random random, std::unique_ptr<Parker> parker, Random* order)
    : clock_(clock),
      random_(std::move(random)),
      parker_(parker ? std::move(parker) : std::make_unique<ConditionParker>()),
      order_(order) {
    clock_.add(this);
}

Reactor::~Reactor() {
    clock_.remove(this);
    std::lock_guard lock(inbox_mutex_);
}

Reactor& Reactor::current() {
    assert(current_reactor);
    return *current_reactor;
}

Reactor* Reactor::current_or_null() { return current_reactor; }

void Reactor::post(std::coroutine_handle<> handle) { post(std::span(&handle, 1)); }

void Reactor::post(std::span<const std::coroutine_handle<>> handles) {
    if (current_reactor == this) {
        ready_.insert(ready_.end(), handles.begin(), handles.end());
        return;
    }
    // Within the lock: what is posted may let the reactor end, which waits for the lock.
    std::lock_guard lock(inbox_mutex_);
    inbox_.insert(inbox_.end(), handles.begin(), handles.end());
    inbox_filled_ = true;
    wake_up();
}

void Reactor::post(std::function<void()> function) {
    std::lock_guard lock(inbox_mutex_);
    inbox_functions_.push_back(std::move(function));
    inbox_filled_ = true;
    wake_up();
}

void Reactor::wake_up() {
    if (parked_.load()) parker_->unpark();
}

void Reactor::start(Task<void> task) { post(detach(std::move(task)).handle); }

bool Reactor::take_inbox() {
    if (!inbox_filled_.load()) return false;
    std::vector<std::coroutine_handle<>> handles;
    std::vector<std::function<void()>> functions;
    {
        std::lock_guard lock(inbox_mutex_);
        busy_ = true;  // before the inbox shows empty, so that idle() never sees neither
        handles.swap(inbox_);
        functions.swap(inbox_functions_);
        inbox_filled_ = false;
    }
    ready_.insert(ready_.end(), handles.begin(), handles.end());
    for (auto& function : functions) function();
    return true;
}

bool Reactor::take_paused() {
    if (paused_.empty()) return false;
    const auto end = paused_.upper_bound(std::chrono::steady_clock::now());
    const bool any = end != paused_.begin();
    for (auto it = paused_.begin(); it != end; it = paused_.erase(it)) ready_.push_back(it->second);
    return any;
}

bool Reactor::fire_due() {
    bool fired = false;
    while (true) {
        // Only this thread changes timers. Their lock is not held while the clock is read: the clock takes it under its
        // own.
        const auto due = next_due();
        if (!due || *due > clock_.now()) return fired;
        std::function<void()> fire;
        {
            std::lock_guard lock(timers_mutex_);
            busy_ = true;
            fire = std::move(timers_.begin()->second);
            timers_.erase(timers_.begin());
        }
        fire();
        fired = true;
    }
}

std::coroutine_handle<> Reactor::next_ready() {
    if (order_ && ready_.size() > 1) std::swap(ready_.front(), ready_[order_->below(ready_.size())]);
    const auto handle = ready_.front();
    ready_.pop_front();
    return handle;
}

bool Reactor::run_ready() {
    CurrentReactor here(this);
    bool ran = take_inbox();
    ran |= fire_due();
    ran |= take_paused();
    if (!ready_.empty()) {
        ran = true;
        busy_ = true;
        for (size_t round = ready_.size(); round > 0; --round) next_ready().resume();
    }
    parker_->poll();
    if (ready_.empty()) busy_ = false;
    return ran || !ready_.empty();
}

std::optional<std::chrono::nanoseconds> Reactor::longest_wait() const {
    std::optional<std::chrono::nanoseconds> wait;
    if (const auto due = next_due()) wait = clock_.real_wait(*due);
    if (!paused_.empty()) {
        const auto until =
            std::max(paused_.begin()->first - std::chrono::steady_clock::now(), std::chrono::nanoseconds(0));
        wait = wait ? std::min<std::chrono::nanoseconds>(*wait, until) : until;
    }
    return wait;
}

void Reactor::wait() {
    CurrentReactor here(this);  // the parker's event loop runs handlers
    parked_ = true;
    // The waits are read after parked_ is set: a clock that moves from here on unparks.
    const auto wait = longest_wait();
    if (!inbox_filled_.load() && !stopping_.load()) parker_->park(wait);
    parked_ = false;
}

void Reactor::run() {
    while (!stopping_.load()) {
        if (!run_ready()) wait();
    }
}

void Reactor::stop() {
    stopping_ = true;
    wake_up();
}

Reactor::Timer Reactor::add_timer(Time due, std::function<void()> fire) {
    std::lock_guard lock(timers_mutex_);
    const Timer timer{due, ++serial_};
    timers_.emplace(timer, std::move(fire));
    return timer;
}

bool Reactor::cancel(Timer timer) {
    std::lock_guard lock(timers_mutex_);
    return timers_.erase(timer) > 0;
}

std::optional<Time> Reactor::next_due() const {
    std::lock_guard lock(timers_mutex_);
    if (timers_.empty()) return std::nullopt;
    return timers_.begin()->first.due;
}

Task<void> Reactor::sleep_until(Time due) {
    co_await Suspend{
        [&](std::coroutine_handle<> handle) { add_timer(due, [this, handle] { ready_.push_back(handle); }); }};
}

Task<void> Reactor::pause(std::chrono::nanoseconds duration) {
    if (order_) {
        co_await yield();
        co_return;
    }
    co_await Suspend{
        [&](std::coroutine_handle<> handle) { paused_.emplace(std::chrono::steady_clock::now() + duration, handle); }};
}

Task<void> Reactor::yield() {
    co_await Suspend{[this](std::coroutine_handle<> handle) { post(handle); }};
}

Task<void> Reactor::move_to(Reactor& other) {
    co_await Suspend{[&other](std::coroutine_handle<> handle) { other.post(handle); }};
}

bool Reactor::idle() const {
    std::lock_guard lock(inbox_mutex_);
    return inbox_.empty() && inbox_functions_.empty() && !busy_.load();
}

bool Reactor::nothing_else_ready() const {
    std::lock_guard lock(inbox_mutex_);
    return inbox_.empty() && inbox_functions_.empty() && ready_.empty();
}

}  // namespace cumulet
