#include "net/read_watch.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "net/reactors.h"
#include "runtime/reactor.h"

namespace cumulet::net {
namespace {

class ReadWatch : public ::testing::Test {
  protected:
    ReadWatch() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0); }
    ~ReadWatch() override {
        ::close(ends[0]);
        ::close(ends[1]);
    }

    bool watch(Reactor& on, int until) {
        return on.block_on([](ReadWatch& test, int until) -> Task<bool> {
            co_return watch_reads(test.ends[0], [&test, until] {
                std::array<char, 16> bytes;
                const auto count = ::recv(test.ends[0], bytes.data(), bytes.size(), MSG_DONTWAIT);
                test.seen += count > 0 ? std::string(bytes.data(), static_cast<size_t>(count)) : "<end>";
                return ++test.calls < until;
            });
        }(*this, until));
    }
    void say(std::string_view text) { EXPECT_EQ(::send(ends[1], text.data(), text.size(), 0), ssize_t(text.size())); }
    /// Lets the reactor go on until it has called that often, or it does not within a second.
    void wait_for(int count) {
        for (int turn = 0; turn < 200 && calls < count; ++turn) {
            if (!reactor.run_ready()) reactor.parker().park(std::chrono::milliseconds(5));
        }
        EXPECT_EQ(calls, count);
    }

    std::array<int, 2> ends{-1, -1};
    Clock clock{Time{}};
    Reactor reactor{clock, Random(1), make_socket_parker()};
    std::string seen;
    int calls = 0;
};

TEST_F(ReadWatch, CallsForEveryArrivalAndForTheEnd) {
    say("before ");
    ASSERT_TRUE(watch(reactor, 3));
    wait_for(1);
    say("after ");
    wait_for(2);
    ::shutdown(ends[0], SHUT_RDWR);
    wait_for(3);
    EXPECT_EQ(seen, "before after <end>");
}

TEST_F(ReadWatch, EndsWhenItIsToldTo) {
    ASSERT_TRUE(watch(reactor, 1));
    say("once ");
    wait_for(1);
    say("again ");
    for (int turn = 0; turn < 5; ++turn) reactor.parker().park(std::chrono::milliseconds(1));
    EXPECT_EQ(seen, "once ");
}

TEST_F(ReadWatch, IsRefusedWhereNobodyWaitsForSockets) {
    Reactor plain(clock, Random(1));
    EXPECT_FALSE(watch(plain, 1));
}

}  // namespace
}  // namespace cumulet::net
