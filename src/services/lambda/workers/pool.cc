#include "services/lambda/workers/pool.h"

namespace cumulet::lambda {
namespace {

bool is_below(std::string_view key, std::string_view keys) {
    return key.starts_with(keys) && (key.size() == keys.size() || key[keys.size()] == '/');
}

}  // namespace

Task<Place> Pool::acquire(std::string key) {
    auto& reactor = Reactor::current();
    Waiter waiter{.key = std::move(key), .reactor = &reactor};
    {
        std::lock_guard lock(mutex_);
        if (stopping_) co_return Place{};
        if (auto worker = take_idle(waiter.key, reactor.now())) co_return Place{.worker = std::move(worker)};
        if (rooms_taken_ < bounds_.workers) {
            ++rooms_taken_;
            co_return Place{.may_start = true};
        }
        if (waiters_.size() >= bounds_.waiting) co_return Place{};
        waiters_.push_back(&waiter);
        end_oldest_idle();
    }
    co_await Suspend{[&](std::coroutine_handle<> handle) {
        std::lock_guard lock(mutex_);
        waiter.handle = handle;
        // Served between the two locks: nobody else will resume it.
        if (std::find(waiters_.begin(), waiters_.end(), &waiter) == waiters_.end()) reactor.post(handle);
    }};
    co_return std::move(waiter.place);
}

void Pool::start(const std::shared_ptr<Worker>& worker) {
    {
        std::lock_guard lock(mutex_);
        alive_.emplace(worker.get(), worker);
    }
    worker->start(launcher_, [this, raw = worker.get()] { gone(raw); });
    std::lock_guard lock(mutex_);
    if (stopping_) worker->end();
}

void Pool::give_up() {
    std::lock_guard lock(mutex_);
    --rooms_taken_;
    serve_waiters();
}

void Pool::give_back(std::shared_ptr<Worker> worker, Time now) {
    std::lock_guard lock(mutex_);
    if (stopping_ || !worker->usable(now)) return worker->end();
    for (auto at = waiters_.begin(); at != waiters_.end(); ++at) {
        Waiter& waiter = **at;
        if (waiter.key != worker->plan().key) continue;
        waiters_.erase(at);
        waiter.place.worker = std::move(worker);
        if (waiter.handle) waiter.reactor->post(waiter.handle);
        return;
    }
    if (!waiters_.empty()) return worker->end();  // whoever waits needs its room
    worker->idle_since = std::chrono::steady_clock::now();
    idle_[worker->plan().key].push_back(std::move(worker));
    if (!std::exchange(sweeping_, true))
        loop_.at(std::chrono::steady_clock::now() + bounds_.keep_alive, [this] { sweep(); });
}

Task<bool> Pool::take_room() {
    std::lock_guard lock(mutex_);
    if (stopping_ || rooms_taken_ >= bounds_.workers) co_return false;
    ++rooms_taken_;
    co_return true;
}

uint64_t Pool::keep(const std::string& key, size_t count) {
    uint64_t wish;
    {
        std::lock_guard lock(mutex_);
        wish = ++wishes_;
        if (count == 0) {
            keep_.erase(key);
        } else {
            keep_[key] = {.id = wish, .count = count};
        }
    }
    wish_changed();
    return wish;
}

bool Pool::keeps(const std::string& key, uint64_t wish) const {
    std::lock_guard lock(mutex_);
    const auto found = keep_.find(key);
    return !stopping_ && found != keep_.end() && found->second.id == wish;
}

void Pool::wish_changed() {
    changes_.wake("wish");
    changes_.wake("end");
}

size_t Pool::kept(const std::string& key) const {
    std::lock_guard lock(mutex_);
    if (!keep_.contains(key)) return 0;
    size_t count = 0;
    for (const auto& [raw, weak] : alive_) {
        const auto worker = weak.lock();
        if (worker && worker->plan().key == key && worker->is_ready()) ++count;
    }
    return count;
}

size_t Pool::to_keep(const std::string& key) const {
    const auto found = keep_.find(key);
    return found == keep_.end() ? 0 : found->second.count;
}

void Pool::retire(std::string_view keys) { keep_only(keys, ""); }

void Pool::keep_only(std::string_view keys, std::string_view current) {
    std::lock_guard lock(mutex_);
    const auto is_meant = [&](const std::string& key) { return key != current && is_below(key, keys); };
    for (const auto& [raw, weak] : alive_) {
        if (const auto worker = weak.lock(); worker && is_meant(worker->plan().key)) worker->retire();
    }
    for (auto at = idle_.begin(); at != idle_.end();) {
        if (is_meant(at->first)) {
            for (auto& worker : at->second) worker->end();
            at = idle_.erase(at);
        } else {
            ++at;
        }
    }
}

void Pool::forget(std::string_view keys) {
    {
        std::lock_guard lock(mutex_);
        std::erase_if(keep_, [&](const auto& kept) { return is_below(kept.first, keys); });
    }
    retire(keys);
    wish_changed();
}

Task<void> Pool::stop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        idle_.clear();
        for (const auto& [raw, weak] : alive_) {
            if (const auto worker = weak.lock()) worker->end();
        }
        for (Waiter* waiter : waiters_) {
            if (waiter->handle) waiter->reactor->post(waiter->handle);
        }
        waiters_.clear();
    }
    wish_changed();
    while (true) {
        const auto before = seen();
        if (processes() == 0) co_return;
        co_await wait_for_end(before);
    }
}

size_t Pool::processes() const {
    std::lock_guard lock(mutex_);
    return rooms_taken_;
}

size_t Pool::idle() const {
    std::lock_guard lock(mutex_);
    size_t count = 0;
    for (const auto& [key, workers] : idle_) count += workers.size();
    return count;
}

void Pool::gone(const Worker* worker) {
    {
        std::lock_guard lock(mutex_);
        alive_.erase(worker);
        --rooms_taken_;
        serve_waiters();
    }
    changes_.wake("end");
}

std::shared_ptr<Worker> Pool::take_idle(const std::string& key, Time now) {
    const auto found = idle_.find(key);
    if (found == idle_.end()) return nullptr;
    auto& workers = found->second;
    std::shared_ptr<Worker> taken;
    while (!taken && !workers.empty()) {
        // One whose answers this reactor hears already; else the one that was used last.
        const auto here = std::ranges::find(workers.rbegin(), workers.rend(), Reactor::current_or_null(),
                                            [](const auto& worker) { return worker->last_reactor(); });
        const auto chosen = here == workers.rend() ? std::prev(workers.end()) : std::prev(here.base());
        taken = std::move(*chosen);
        workers.erase(chosen);
        if (!taken->usable(now)) {
            taken->end();
            taken = nullptr;
        }
    }
    if (workers.empty()) idle_.erase(found);
    return taken;
}

bool Pool::end_oldest_idle() {
    auto oldest = idle_.end();
    for (auto at = idle_.begin(); at != idle_.end(); ++at) {
        if (at->second.size() <= to_keep(at->first)) continue;
        if (oldest == idle_.end() || at->second.front()->idle_since < oldest->second.front()->idle_since) oldest = at;
    }
    if (oldest == idle_.end()) return false;
    oldest->second.front()->end();
    oldest->second.erase(oldest->second.begin());
    if (oldest->second.empty()) idle_.erase(oldest);
    return true;
}

void Pool::serve_waiters() {
    while (!waiters_.empty() && rooms_taken_ < bounds_.workers) {
        Waiter& waiter = *waiters_.front();
        waiters_.pop_front();
        ++rooms_taken_;
        waiter.place.may_start = true;
        if (waiter.handle) waiter.reactor->post(waiter.handle);
    }
}

void Pool::sweep() {
    std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    auto next = Loop::Instant::max();
    for (auto at = idle_.begin(); at != idle_.end();) {
        auto& workers = at->second;
        auto spare = workers.size() - std::min(workers.size(), to_keep(at->first));
        std::erase_if(workers, [&](const std::shared_ptr<Worker>& worker) {
            const bool old = spare > 0 && worker->idle_since + bounds_.keep_alive <= now;
            if (old) --spare;
            if (old) worker->end();
            if (!old) next = std::min(next, std::max(now, worker->idle_since) + bounds_.keep_alive);
            return old;
        });
        at = workers.empty() ? idle_.erase(at) : std::next(at);
    }
    sweeping_ = next != Loop::Instant::max();
    if (sweeping_) loop_.at(next, [this] { sweep(); });
}

}  // namespace cumulet::lambda
