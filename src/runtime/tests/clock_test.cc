#include "runtime/clock.h"

#include <gtest/gtest.h>

#include <thread>

#include "runtime/sync.h"

namespace cumulet {
namespace {

constexpr Time start = Time(1'000'000s);

TEST(Clock, StandsStillUntilAdvanced) {
    Clock clock(start);
    Reactor reactor(clock, Random(1));
    EXPECT_EQ(clock.now(), start);
    reactor.block_on(clock.advance(90min));
    EXPECT_EQ(clock.now(), start + 90min);
}

TEST(Clock, GoesOnFromASettingThatWasKept) {
    Clock moved;
    moved.set_factor(0);
    Reactor reactor(moved, Random(1));
    reactor.block_on(moved.advance(72h));
    const auto kept = moved.setting();
    EXPECT_EQ(kept.cloud, moved.now());

    Clock still;
    still.restore(kept);
    EXPECT_EQ(still.now(), kept.cloud);
    EXPECT_EQ(still.factor(), 0);

    auto running = kept;
    running.system -= 1h;  // kept an hour ago
    running.factor = 2;
    Clock restored;
    restored.restore(running);
    EXPECT_GE(restored.now(), kept.cloud + 2h);
    EXPECT_LT(restored.now(), kept.cloud + 3h);
}

TEST(Clock, FiresDueTimersInOrderEachAtItsOwnInstant) {
    Clock clock(start);
    Reactor reactor(clock, Random(1));
    std::vector<std::pair<std::string, Time>> fired;
    TaskGroup group;
    auto sleeper = [&](std::string name, Duration after) -> Task<void> {
        co_await Reactor::current().sleep_for(after);
        fired.emplace_back(name, clock.now());
    };
    reactor.block_on([&]() -> Task<void> {
        group.start(sleeper("late", 20s));
        group.start(sleeper("early", 5s));
        group.start(sleeper("beyond", 2h));
        co_await clock.advance(1h);
    }());
    EXPECT_EQ(fired, (std::vector<std::pair<std::string, Time>>{{"early", start + 5s}, {"late", start + 20s}}));
    reactor.block_on([&]() -> Task<void> {
        co_await clock.advance(1h);
        co_await group.stop();
    }());
    EXPECT_EQ(fired.size(), 3u);
}

TEST(Clock, FiresWhatATimerStartsIfItIsDueBeforeTheTarget) {
    Clock clock(start);
    Reactor reactor(clock, Random(1));
    int ticks = 0;
    TaskGroup group;
    auto ticker = [&]() -> Task<void> {
        while (ticks < 60) {
            co_await Reactor::current().sleep_for(1min);
            ++ticks;
        }
    };
    reactor.block_on([&]() -> Task<void> {
        group.start(ticker());
        co_await clock.advance(30min);
    }());
    EXPECT_EQ(ticks, 30);
    reactor.block_on([&]() -> Task<void> {
        co_await clock.advance(1h);
        co_await group.stop();
    }());
    EXPECT_EQ(ticks, 60);
}

TEST(Clock, FiresTimersOfOtherReactorsToo) {
    Clock clock(start);
    Reactor here(clock, Random(1));
    Reactor there(clock, Random(2));
    std::thread thread([&] { there.run(); });
    std::atomic<int64_t> woken_at = 0;
    here.block_on([&]() -> Task<void> {
        there.start([](Reactor& there, std::atomic<int64_t>& woken_at) -> Task<void> {
            co_await there.sleep_until(start + 10s);
            woken_at = there.now().time_since_epoch().count();
        }(there, woken_at));
        while (!there.next_due()) co_await Reactor::current().yield();
        co_await clock.advance(1min);
    }());
    EXPECT_EQ(Time(Duration(woken_at)), start + 10s);
    there.stop();
    thread.join();
}

TEST(Clock, RunsAtAFactor) {
    Clock clock(start);
    clock.set_factor(1000);
    const auto wait = clock.real_wait(clock.now() + 1000s);
    ASSERT_TRUE(wait);
    EXPECT_LE(*wait, 1s + 1ms);
    clock.set_factor(0);
    EXPECT_FALSE(clock.real_wait(clock.now() + 1s));
}

TEST(Clock, WaitsForWhatHoldsItBeforeTheNextInstant) {
    Clock clock(start);
    Reactor reactor(clock, Random(1));
    std::optional<Clock::Hold> hold;
    Time released_at;
    std::thread worker;
    TaskGroup group;
    reactor.block_on([&]() -> Task<void> {
        group.start([](Clock& clock, auto& hold, std::thread& worker, Time& released_at) -> Task<void> {
            co_await Reactor::current().sleep_for(1s);
            hold.emplace(clock);
            worker = std::thread([&] {
                released_at = clock.now();
                hold.reset();
            });
        }(clock, hold, worker, released_at));
        co_await clock.advance(1h);
        co_await group.stop();
    }());
    worker.join();
    EXPECT_EQ(released_at, start + 1s);
}

TEST(Clock, AdvancesWhileOtherReactorsFireTheirTimers) {
    Clock clock(start);
    Reactor reactor(clock, Random(1));
    std::atomic<bool> begun = false, done = false;
    auto sleeper = [&]() -> Task<void> {
        while (!done) {
            if (!begun.exchange(true)) begun.notify_all();
            for (int i = 0; i < 8; ++i) co_await Reactor::current().sleep_until(clock.now());
            co_await Reactor::current().pause(20us);
        }
    };
    std::jthread other([&] {
        Reactor theirs(clock, Random(2));
        theirs.block_on(sleeper());
    });
    begun.wait(false);
    for (int i = 0; i < 100'000; ++i) reactor.block_on(clock.advance(1s));
    done = true;
    EXPECT_EQ(clock.now(), start + 100'000s);
}

}  // namespace
}  // namespace cumulet
