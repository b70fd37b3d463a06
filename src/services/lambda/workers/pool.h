// The pool: workers that wait for events, kept warm, bounded in number.
#pragma once

#include <list>
#include <unordered_map>

#include "services/lambda/workers/worker.h"

namespace cumulet::lambda {

struct PoolBounds {
    size_t workers = 64;    ///< processes at once
    size_t waiting = 1000;  ///< callers that wait for one, past which they are refused
    std::chrono::seconds keep_alive{600};
};

/// What a caller gets: a warm worker, or the right to start one.
struct Place {
    std::shared_ptr<Worker> worker;
    bool may_start = false;  ///< and must then call `start` or `give_up`
};

class Pool {
  public:
    Pool(Loop& loop, Launcher& launcher, PoolBounds bounds) : loop_(loop), launcher_(launcher), bounds_(bounds) {}

    /// Waits for a worker of `key`, or for room to start one. Neither means: too many wait already.
    Task<Place> acquire(std::string key);
    /// Starts a worker in the room that `acquire` gave.
    void start(const std::shared_ptr<Worker>& worker);
    /// Returns the room that `acquire` gave unused.
    void give_up();
    /// The worker may take the next event; one that cannot is ended.
    void give_back(std::shared_ptr<Worker> worker, Time now);

    /// Room to start a worker that nobody waits for; false where there is none.
    Task<bool> take_room();
    /// Keeps `count` workers of `key` however long they are idle, once there are that many. The result names this wish.
    uint64_t keep(const std::string& key, size_t count);
    /// True until `key` gets another wish, or is forgotten, or the pool stops.
    bool keeps(const std::string& key, uint64_t wish) const;
    /// How many live workers of `key` are kept.
    size_t kept(const std::string& key) const;

    /// For whoever keeps workers ready. What has happened so far:
    struct Seen {
        uint64_t ends;
        uint64_t wishes;
    };
    Seen seen() const { return {.ends = changes_.version("end"), .wishes = changes_.version("wish")}; }
    /// Waits until a worker has ended or another wish came since.
    Task<void> wait_for_end(Seen seen) { co_await changes_.wait("end", seen.ends, Time::max()); }
    /// Waits until another wish came since, or until `until` on the cloud's clock.
    Task<void> wait_for_wish(Seen seen, Time until) { co_await changes_.wait("wish", seen.wishes, until); }

    /// No worker whose key is `keys`, or begins with it and '/', takes a further event: its code or configuration
    /// changed.
    void retire(std::string_view keys);
    /// As retire, but for those of the key `current`.
    void keep_only(std::string_view keys, std::string_view current);
    /// As retire; and none of them is kept ready any more.
    void forget(std::string_view keys);
    /// Ends all workers and waits until nothing of them is left.
    Task<void> stop();

    size_t processes() const;
    size_t idle() const;

  private:
    struct Waiter {
        std::string key;
        Place place;
        Reactor* reactor;
        std::coroutine_handle<> handle;
    };

    void gone(const Worker* worker);
    void wish_changed();
    std::shared_ptr<Worker> take_idle(const std::string& key, Time now);
    bool end_oldest_idle();
    size_t to_keep(const std::string& key) const;
    void serve_waiters();
    void sweep();

    Loop& loop_;
    Launcher& launcher_;
    const PoolBounds bounds_;
    mutable std::mutex mutex_;
    size_t rooms_taken_ = 0;
    bool stopping_ = false;
    bool sweeping_ = false;
    std::unordered_map<std::string, std::vector<std::shared_ptr<Worker>>> idle_;  // the last was used last
    struct Wish {
        uint64_t id;
        size_t count;
    };
    std::unordered_map<std::string, Wish> keep_;
    uint64_t wishes_ = 0;
    std::unordered_map<const Worker*, std::weak_ptr<Worker>> alive_;
    std::list<Waiter*> waiters_;
    Gates changes_{2};
};

}  // namespace cumulet::lambda
