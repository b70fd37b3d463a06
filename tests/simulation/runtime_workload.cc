#include <set>

#include "runtime/bounded_queue.h"
#include "workloads.h"

namespace cumulet::simulation {
namespace {

class RuntimeWorkload {
  public:
    explicit RuntimeWorkload(World& world) : world_(world) {}

    void run() {
        const auto many = [this](size_t most) { return 2 + world_.below(most); };
        for (size_t i = many(6); i > 0; --i) world_.start(hold_locks());
        for (size_t i = many(6); i > 0; --i) world_.start(hold_permits());
        for (size_t i = many(8); i > 0; --i) world_.start(sleep());
        for (size_t i = many(3); i > 0; --i) world_.start(wait_until_late());
        const size_t takers = many(6);
        for (size_t i = 0; i < takers; ++i) world_.start(take());
        world_.start(give(takers * takes_each));
        producers_ = many(4);
        for (size_t i = 0; i < producers_; ++i) world_.start(produce(i));
        for (size_t i = many(4); i > 0; --i) world_.start(consume());
        world_.start(own_tasks());
        world_.start(advance());
        world_.run();
        world_.check(given_ == taken_, "{} were given and {} taken", given_, taken_);
        world_.check(consumed_ == next_of_.size() * items_each, "{} items came through the queue", consumed_);
    }

  private:
    static constexpr size_t keys = 3, permits = 3, takes_each = 5, items_each = 12;

    Task<void> hold_locks() {
        for (int round = 0; round < 8; ++round) {
            const size_t key = world_.below(keys);
            const uint64_t ticket = tickets_[key]++;
            const auto guard = co_await locks_.lock(fmt::format("key {}", key));
            world_.check(ticket == served_[key]++, "a lock was not given in the order in which it was asked for");
            world_.check(++holders_[key] == 1, "two hold the same lock");
            co_await world_.dawdle(5ms);
            --holders_[key];
        }
    }

    Task<void> hold_permits() {
        for (int round = 0; round < 8; ++round) {
            auto permit = world_.chance(0.3) ? semaphore_.try_acquire() : std::optional(co_await semaphore_.acquire());
            if (!permit) continue;
            world_.check(++with_permit_ <= permits, "{} hold one of {} permits", with_permit_, permits);
            co_await world_.dawdle(5ms);
            --with_permit_;
        }
    }

    Task<void> sleep() {
        for (int round = 0; round < 10; ++round) {
            const Time due = world_.now() + Duration(static_cast<int64_t>(world_.below(1'000'000)));
            const auto place = pending_.insert(due);
            const auto never = world_.reactor().add_timer(due + 1h, [this] { world_.fail("a cancelled timer fired"); });
            co_await world_.reactor().sleep_until(due);
            pending_.erase(place);
            world_.check(world_.now() == due, "a sleeper woke at another instant than its own");
            world_.check(due >= last_woken_, "timers fired out of order");
            last_woken_ = due;
            world_.check(world_.reactor().cancel(never), "a timer that was to come could not be cancelled");
            world_.note("woke");
        }
    }

    Task<void> wait_until_late() {
        for (int round = 0; round < 5; ++round) {
            const Time until = world_.now() + Duration(static_cast<int64_t>(1 + world_.below(500'000)));
            const bool woken = co_await gates_.wait("nobody wakes this", gates_.version("nobody wakes this"), until);
            world_.check(!woken && world_.now() == until, "a wait ended at another instant than its own");
        }
    }

    Task<void> give(size_t count) {
        while (count > 0) {
            co_await world_.dawdle(20ms);
            const size_t now = std::min<size_t>(count, 1 + world_.below(3));
            count -= now;
            given_ += now;
            available_ += now;
            gates_.wake("given");
        }
    }

    Task<void> take() {
        for (size_t round = 0; round < takes_each;) {
            const auto seen = gates_.version("given");
            if (available_ > 0) {
                --available_;
                ++taken_;
                ++round;
                continue;
            }
            const Time until = world_.chance(0.5) ? Time::max() : world_.now() + 30ms;
            const bool woken = co_await gates_.wait("given", seen, until);
            world_.check(woken || world_.now() >= until, "a taker was neither woken nor late");
        }
    }

    Task<void> produce(size_t producer) {
        next_of_[producer];
        for (size_t item = 0; item < items_each; ++item) {
            if (world_.chance(0.3)) co_await world_.dawdle(3ms);
            if (world_.chance(0.2) && queue_.try_push({producer, item})) continue;
            const bool pushed = co_await queue_.push({producer, item});
            world_.check(pushed, "an open queue refused an item");
        }
        if (--producers_ == 0) queue_.close();
    }

    Task<void> consume() {
        while (true) {
            const auto item = co_await queue_.pop();
            if (!item) co_return;
            world_.check(queue_.size() <= 4, "a queue of 4 holds {}", queue_.size());
            world_.check(next_of_[item->first]++ == item->second, "an item was lost, doubled or overtaken");
            ++consumed_;
            if (world_.chance(0.5)) co_await world_.dawdle(3ms);
        }
    }

    Task<void> own_tasks() {
        TaskGroup group;
        size_t started = 0, ended = 0;
        const auto work = [&](const auto& self, int depth) -> Task<void> {
            co_await world_.dawdle(50ms);
            if (depth > 0 && !group.stopping()) {
                ++started;
                group.start(self(self, depth - 1));
            }
            ++ended;
        };
        for (int i = 0; i < 5; ++i) {
            ++started;
            group.start(work(work, 3));
        }
        co_await world_.dawdle(60ms);
        co_await group.stop();
        world_.check(started == ended, "a task group stopped with {} of {} tasks ended", ended, started);
    }

    Task<void> advance() {
        for (int round = 0; round < 4; ++round) {
            co_await world_.dawdle(100ms);
            const Time target = world_.now() + Duration(static_cast<int64_t>(world_.below(300'000)));
            co_await world_.clock().advance_to(target);
            world_.check(world_.now() >= target, "the clock was advanced less far than asked");
            world_.check(pending_.empty() || *pending_.begin() > target, "an advance left a sleeper behind");
        }
    }

    World& world_;
    KeyedLocks locks_;
    std::array<uint64_t, keys> tickets_{}, served_{}, holders_{};
    Semaphore semaphore_{permits};
    size_t with_permit_ = 0;
    std::multiset<Time> pending_;
    Time last_woken_ = Time::min();
    Gates gates_{4};
    size_t given_ = 0, taken_ = 0, available_ = 0;
    BoundedQueue<std::pair<size_t, size_t>> queue_{4};
    std::map<size_t, size_t> next_of_;
    size_t producers_ = 0, consumed_ = 0;
};

}  // namespace

void runtime_workload(World& world) { RuntimeWorkload(world).run(); }

}  // namespace cumulet::simulation
