#include "net/event_loop.h"

#include <boost/asio/post.hpp>

#include "net/reactors.h"

namespace cumulet::net {
namespace {

// A look at the sockets is a system call; while coroutines are ready it is made once in so many rounds.
constexpr unsigned rounds_per_poll = 8;

}  // namespace

EventLoop::EventLoop() = default;
EventLoop::~EventLoop() = default;

void EventLoop::park(std::optional<std::chrono::nanoseconds> wait) {
    rounds_without_poll_ = 0;
    if (wait) {
        context_.run_one_for(*wait);
    } else {
        context_.run_one();
    }
    context_.poll();
}

void EventLoop::poll() {
    if (++rounds_without_poll_ < rounds_per_poll) return;
    rounds_without_poll_ = 0;
    context_.poll();
}

void EventLoop::unpark() {
    if (waking_.exchange(true)) return;
    asio::post(context_, [this] { waking_ = false; });
}

EventLoop& EventLoop::current() {
    auto* loop = dynamic_cast<EventLoop*>(&Reactor::current().parker());
    assert(loop);
    return *loop;
}

void EventLoop::watch(Watched& watched) {
    watched.place_ = watched_.size();
    watched_.push_back(&watched);
    if (!ticking_) schedule_tick();
}

void EventLoop::unwatch(Watched& watched) {
    watched_.back()->place_ = watched.place_;
    watched_[watched.place_] = watched_.back();
    watched_.pop_back();
}

void EventLoop::schedule_tick() {
    ticking_ = true;
    timer_.expires_after(tick_length);
    timer_.async_wait([this](const boost::system::error_code& error) {
        ticking_ = false;
        if (error) return;
        ++now_;
        for (auto* watched : watched_) watched->tick(now_);
        if (!watched_.empty()) schedule_tick();
    });
}

Task<void> real_pause(std::chrono::milliseconds duration) {
    asio::steady_timer timer(EventLoop::current().context());
    auto& reactor = Reactor::current();
    timer.expires_after(duration);
    co_await Suspend{[&](std::coroutine_handle<> handle) {
        timer.async_wait([&reactor, handle](const boost::system::error_code&) { reactor.post(handle); });
    }};
}

std::unique_ptr<Parker> make_socket_parker() { return std::make_unique<EventLoop>(); }

}  // namespace cumulet::net
