#include "runtime/sync.h"

#include <gtest/gtest.h>

#include <thread>

#include "runtime/bounded_queue.h"
#include "runtime/byte_stream.h"

namespace cumulet {
namespace {

constexpr Time start = Time(1'000'000s);

struct OneReactor {
    Clock clock{start};
    Reactor reactor{clock, Random(1)};

    template <typename T>
    T run(Task<T> task) {
        return reactor.block_on(std::move(task));
    }
};

Task<int> answer() { co_return 42; }
Task<int> failure() {
    throw std::runtime_error("no");
    co_return 0;
}

TEST(Task, HandsOverItsResultOrItsException) {
    OneReactor world;
    EXPECT_EQ(world.run(answer()), 42);
    EXPECT_THROW(world.run(failure()), std::runtime_error);
}

TEST(Task, DeepChainsOfAwaitsDoNotUseTheStack) {
    OneReactor world;
    struct Chain {
        static Task<int> down(int depth) {
            if (depth == 0) co_return 0;
            co_return 1 + co_await down(depth - 1);
        }
    };
    EXPECT_EQ(world.run(Chain::down(1000)), 1000);
}

TEST(Gates, WakeASleeper) {
    OneReactor world;
    Gates gates;
    world.run([](Gates& gates) -> Task<void> {
        TaskGroup group;
        bool woken = false;
        group.start([](Gates& gates, bool& woken) -> Task<void> {
            woken = co_await gates.wait("queue", gates.version("queue"), Time::max());
        }(gates, woken));
        co_await Reactor::current().yield();
        co_await Reactor::current().yield();
        gates.wake("queue");
        co_await group.stop();
        EXPECT_TRUE(woken);
    }(gates));
}

TEST(Gates, DoNotMissAWakeUpBetweenLookingAndWaiting) {
    OneReactor world;
    Gates gates;
    world.run([](Gates& gates) -> Task<void> {
        const auto seen = gates.version("queue");
        gates.wake("queue");
        EXPECT_TRUE(co_await gates.wait("queue", seen, Time::max()));
    }(gates));
}

TEST(Gates, EndAtTheirTimeOnTheCloudsClock) {
    OneReactor world;
    Gates gates;
    world.run([](Gates& gates, Clock& clock) -> Task<void> {
        TaskGroup group;
        std::optional<bool> woken;
        group.start([](Gates& gates, auto& woken) -> Task<void> {
            woken = co_await gates.wait("queue", gates.version("queue"), start + 20s);
        }(gates, woken));
        co_await clock.advance(19s);
        EXPECT_FALSE(woken.has_value());
        co_await clock.advance(1s);
        EXPECT_EQ(woken, false);
        co_await group.stop();
    }(gates, world.clock));
}

TEST(Gates, WakeSleepersOfOtherReactors) {
    Clock clock(start);
    Reactor here(clock, Random(1));
    Reactor there(clock, Random(2));
    std::thread thread([&] { there.run(); });
    Gates gates;
    std::atomic<int> woken = 0;
    constexpr int sleepers = 100;
    const auto seen = gates.version("key");
    for (int i = 0; i < sleepers; ++i) {
        there.start([](Gates& gates, uint64_t seen, std::atomic<int>& woken) -> Task<void> {
            if (co_await gates.wait("key", seen, Time::max())) ++woken;
        }(gates, seen, woken));
    }
    here.block_on([](Gates& gates, std::atomic<int>& woken) -> Task<void> {
        while (woken < sleepers) {
            gates.wake("key");
            co_await Reactor::current().yield();
        }
    }(gates, woken));
    EXPECT_EQ(woken, sleepers);
    there.stop();
    thread.join();
}

TEST(KeyedLocks, ServeInTheOrderOfComing) {
    OneReactor world;
    KeyedLocks locks;
    std::vector<int> order;
    world.run([](KeyedLocks& locks, std::vector<int>& order) -> Task<void> {
        std::vector<Task<void>> tasks;
        for (int i = 0; i < 10; ++i) {
            tasks.push_back([](KeyedLocks& locks, std::vector<int>& order, int i) -> Task<void> {
                auto guard = co_await locks.lock("item");
                co_await Reactor::current().yield();
                order.push_back(i);
            }(locks, order, i));
        }
        co_await all(std::move(tasks));
    }(locks, order));
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(KeyedLocks, ExcludeEachOtherAcrossReactors) {
    Clock clock(start);
    KeyedLocks locks;
    Reactor first(clock, Random(1));
    Reactor second(clock, Random(2));
    int64_t unguarded = 0;  // a data race, were it not for the lock
    std::atomic<int> running = 2;
    auto work = [](KeyedLocks& locks, int64_t& unguarded, std::atomic<int>& running) -> Task<void> {
        for (int i = 0; i < 2000; ++i) {
            auto guard = co_await locks.lock("counter");
            ++unguarded;
        }
        --running;
    };
    std::thread thread([&] { second.block_on(work(locks, unguarded, running)); });
    first.block_on(work(locks, unguarded, running));
    // The other may wait for a lock that this thread hands over: keep running until both are done.
    while (running > 0) first.run_ready();
    thread.join();
    EXPECT_EQ(unguarded, 4000);
}

TEST(Semaphore, BoundsHowManyRunAtOnce) {
    OneReactor world;
    Semaphore semaphore(3);
    int inside = 0;
    int most = 0;
    world.run([](Semaphore& semaphore, int& inside, int& most) -> Task<void> {
        std::vector<Task<void>> tasks;
        for (int i = 0; i < 20; ++i) {
            tasks.push_back([](Semaphore& semaphore, int& inside, int& most) -> Task<void> {
                auto permit = co_await semaphore.acquire();
                most = std::max(most, ++inside);
                co_await Reactor::current().yield();
                --inside;
            }(semaphore, inside, most));
        }
        co_await all(std::move(tasks));
    }(semaphore, inside, most));
    EXPECT_EQ(most, 3);
    EXPECT_EQ(inside, 0);
}

TEST(All, RethrowsTheFirstExceptionAfterEveryTaskHasEnded) {
    OneReactor world;
    int ended = 0;
    auto fails = [](int& ended) -> Task<void> {
        co_await Reactor::current().yield();
        ++ended;
        throw std::runtime_error("no");
    };
    std::vector<Task<void>> tasks;
    tasks.push_back(fails(ended));
    tasks.push_back(fails(ended));
    EXPECT_THROW(world.run(all(std::move(tasks))), std::runtime_error);
    EXPECT_EQ(ended, 2);
}

TEST(BoundedQueue, HoldsThePushersOnceItIsFull) {
    OneReactor world;
    BoundedQueue<int> queue(2);
    world.run([](BoundedQueue<int>& queue) -> Task<void> {
        TaskGroup group;
        int pushed = 0;
        group.start([](BoundedQueue<int>& queue, int& pushed) -> Task<void> {
            for (int i = 0; i < 5; ++i) {
                co_await queue.push(i);
                ++pushed;
            }
            queue.close();
        }(queue, pushed));
        for (int i = 0; i < 10; ++i) co_await Reactor::current().yield();
        EXPECT_EQ(pushed, 2);
        std::vector<int> popped;
        while (auto item = co_await queue.pop()) popped.push_back(*item);
        EXPECT_EQ(popped, (std::vector<int>{0, 1, 2, 3, 4}));
        co_await group.stop();
    }(queue));
}

TEST(ByteStream, ReadingAllStopsAtItsBound) {
    OneReactor world;
    EXPECT_EQ(world.run(read_all(stream_of("twelve bytes"), 12)), "twelve bytes");
    EXPECT_THROW(world.run(read_all(stream_of("thirteen byte"), 12)), StreamTooLong);
}

TEST(Random, RepeatsItselfForASeedOnly) {
    Random first(7), again(7), other(8), system;
    const auto uuid = first.uuid();
    EXPECT_EQ(uuid, again.uuid());
    EXPECT_NE(uuid, other.uuid());
    EXPECT_EQ(uuid.size(), 36u);
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(system.uuid(), system.uuid());
}

}  // namespace
}  // namespace cumulet
