#include "runtime/sync.h"

#include <array>
#include <list>

#include "base/hash.h"

namespace cumulet {

// ---- Gates ----

struct Waiter {
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
    Reactor* reactor = nullptr;
    std::coroutine_handle<> handle;
    std::string_view key;
    bool linked = false;
    bool woken = false;
};

struct Gates::State {
    // Versions are per bucket: keys that share one wake each other's next look, which costs a look and no more.
    struct alignas(64) Bucket {
        std::mutex mutex;
        uint64_t version = 1;
        Waiter* first = nullptr;

        void link(Waiter& waiter) {
            waiter.next = first;
            if (first) first->previous = &waiter;
            first = &waiter;
            waiter.linked = true;
        }
        void unlink(Waiter& waiter) {
            (waiter.previous ? waiter.previous->next : first) = waiter.next;
            if (waiter.next) waiter.next->previous = waiter.previous;
            waiter.previous = waiter.next = nullptr;
            waiter.linked = false;
        }
    };

    explicit State(size_t count) : buckets(count) {}
    Bucket& bucket(std::string_view key) { return buckets[hash64(key) % buckets.size()]; }

    /// Wakes the waiters that `chosen` says, in the order they came.
    template <typename Chosen>
    void wake(Bucket& bucket, Chosen chosen) {
        std::vector<std::pair<Reactor*, std::coroutine_handle<>>> woken;
        {
            std::lock_guard lock(bucket.mutex);
            ++bucket.version;
            for (Waiter* waiter = bucket.first; waiter;) {
                Waiter* next = waiter->next;
                if (chosen(*waiter)) {
                    bucket.unlink(*waiter);
                    waiter->woken = true;
                    woken.emplace_back(waiter->reactor, waiter->handle);
                }
                waiter = next;
            }
        }
        for (auto it = woken.rbegin(); it != woken.rend(); ++it) it->first->post(it->second);
    }

    std::vector<Bucket> buckets;
};

Gates::Gates(size_t buckets) : state_(std::make_unique<State>(buckets)) {}
Gates::~Gates() = default;

uint64_t Gates::version(std::string_view key) const {
    auto& bucket = state_->bucket(key);
    std::lock_guard lock(bucket.mutex);
    return bucket.version;
}

Task<bool> Gates::wait(std::string key, uint64_t seen, Time until) {
    Reactor& reactor = Reactor::current();
    auto& bucket = state_->bucket(key);
    if (until <= reactor.now()) co_return version(key) != seen;

    Waiter waiter;
    waiter.reactor = &reactor;
    waiter.key = key;
    std::optional<Reactor::Timer> timer;
    if (until != Time::max()) {
        timer = reactor.add_timer(until, [&bucket, &waiter, &reactor] {
            std::unique_lock lock(bucket.mutex);
            if (!waiter.linked) return;
            bucket.unlink(waiter);
            lock.unlock();
            reactor.post(waiter.handle);
        });
    }
    co_await Suspend{[&](std::coroutine_handle<> handle) {
        waiter.handle = handle;
        std::unique_lock lock(bucket.mutex);
        if (bucket.version == seen) {
            bucket.link(waiter);
            return;
        }
        waiter.woken = true;
        lock.unlock();
        reactor.post(handle);
    }};
    if (timer) reactor.cancel(*timer);
    co_return waiter.woken;
}

void Gates::wake(std::string_view key) {
    state_->wake(state_->bucket(key), [&](const Waiter& waiter) { return waiter.key == key; });
}

void Gates::wake_all() {
    for (auto& bucket : state_->buckets) state_->wake(bucket, [](const Waiter&) { return true; });
}

// ---- KeyedLocks ----

struct KeyedLocks::State {
    using Waiting = std::deque<std::pair<Reactor*, std::coroutine_handle<>>>;
    struct alignas(64) Bucket {
        std::mutex mutex;
        std::unordered_map<std::string, Waiting> held;  // a key is here while it is locked
    };
    std::array<Bucket, 64> buckets;

    Bucket& bucket(std::string_view key) { return buckets[hash64(key) % buckets.size()]; }
};

KeyedLocks::KeyedLocks() : state_(std::make_unique<State>()) {}
KeyedLocks::~KeyedLocks() = default;

Task<KeyedLocks::Guard> KeyedLocks::lock(std::string key) {
    auto& bucket = state_->bucket(key);
    std::unique_lock lock(bucket.mutex);
    const auto [held, fresh] = bucket.held.try_emplace(key);
    if (fresh) {
        lock.unlock();
        co_return Guard(this, std::move(key));
    }
    co_await Suspend{[&](std::coroutine_handle<> handle) {
        std::unique_lock owned(std::move(lock));
        held->second.emplace_back(&Reactor::current(), handle);
    }};
    co_return Guard(this, std::move(key));  // unlock() handed it over
}

void KeyedLocks::unlock(const std::string& key) {
    auto& bucket = state_->bucket(key);
    std::unique_lock lock(bucket.mutex);
    const auto held = bucket.held.find(key);
    if (held->second.empty()) {
        bucket.held.erase(held);
        return;
    }
    const auto [reactor, handle] = held->second.front();
    held->second.pop_front();
    lock.unlock();
    reactor->post(handle);
}

// ---- Semaphore ----

struct Semaphore::State {
    std::mutex mutex;
    size_t permits;
    std::deque<std::pair<Reactor*, std::coroutine_handle<>>> waiting;
};

Semaphore::Semaphore(size_t permits) : state_(std::make_unique<State>()) { state_->permits = permits; }
Semaphore::~Semaphore() = default;

Task<Semaphore::Permit> Semaphore::acquire() {
    std::unique_lock lock(state_->mutex);
    if (state_->permits > 0) {
        --state_->permits;
        lock.unlock();
        co_return Permit(this);
    }
    co_await Suspend{[&](std::coroutine_handle<> handle) {
        std::unique_lock owned(std::move(lock));
        state_->waiting.emplace_back(&Reactor::current(), handle);
    }};
    co_return Permit(this);  // release() handed it over
}

std::optional<Semaphore::Permit> Semaphore::try_acquire() {
    std::lock_guard lock(state_->mutex);
    if (state_->permits == 0) return std::nullopt;
    --state_->permits;
    return Permit(this);
}

void Semaphore::release() {
    std::unique_lock lock(state_->mutex);
    if (state_->waiting.empty()) {
        ++state_->permits;
        return;
    }
    const auto [reactor, handle] = state_->waiting.front();
    state_->waiting.pop_front();
    lock.unlock();
    reactor->post(handle);
}

// ---- TaskGroup ----

struct TaskGroup::State {
    std::mutex mutex;
    size_t running = 0;
    bool stopping = false;
    std::vector<std::pair<Reactor*, std::coroutine_handle<>>> waiting;

    void end_one() {
        std::vector<std::pair<Reactor*, std::coroutine_handle<>>> woken;
        {
            std::lock_guard lock(mutex);
            if (--running == 0) woken.swap(waiting);
        }
        for (const auto& [reactor, handle] : woken) reactor->post(handle);
    }
};

TaskGroup::TaskGroup() : state_(std::make_shared<State>()) {}

TaskGroup::~TaskGroup() { assert(state_->running == 0); }

void TaskGroup::start(Task<void> task) {
    {
        std::lock_guard lock(state_->mutex);
        if (state_->stopping) return;
        ++state_->running;
    }
    Reactor::current().start([](std::shared_ptr<State> state, Task<void> task) -> Task<void> {
        try {
            co_await std::move(task);
        } catch (const std::exception& error) {
            fmt::print(stderr, "background work ended with an error: {}\n", error.what());
        }
        task = Task<void>();  // its frame may refer to the group's owner
        state->end_one();
    }(state_, std::move(task)));
}

bool TaskGroup::stopping() const {
    std::lock_guard lock(state_->mutex);
    return state_->stopping;
}

Task<void> TaskGroup::stop() {
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    if (state_->running == 0) co_return;
    co_await Suspend{[&](std::coroutine_handle<> handle) {
        std::unique_lock owned(std::move(lock));
        state_->waiting.emplace_back(&Reactor::current(), handle);
    }};
}

Task<void> all(std::vector<Task<void>> tasks) {
    std::exception_ptr error;
    TaskGroup group;
    for (auto& task : tasks) {
        group.start([](Task<void> inner, std::exception_ptr& first) -> Task<void> {
            try {
                co_await std::move(inner);
            } catch (...) {
                if (!first) first = std::current_exception();
            }
        }(std::move(task), error));
    }
    co_await group.stop();
    if (error) std::rethrow_exception(error);
}

}  // namespace cumulet
