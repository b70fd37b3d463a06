#include "services/lambda/workers/spares.h"

#include <pthread.h>

#include <csignal>

namespace cumulet::lambda {

Spares::Spares() {
    thread_ = std::thread([this] {
        ::pthread_setname_np(::pthread_self(), "lambda-spares");
        run();
    });
}

Spares::~Spares() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

std::unique_ptr<Spare> Spares::take(const Sandbox& sandbox) {
    prepare(sandbox);
    std::lock_guard lock(mutex_);
    if (waiting_.empty()) return nullptr;
    auto spare = std::move(waiting_.back());
    waiting_.pop_back();
    return spare;
}

void Spares::prepare(const Sandbox& sandbox) {
    // In a network of its own a worker's process must begin there.
    if (!sandbox.isolated() || !sandbox.limited() || sandbox.network() != Network::host) return;
    {
        std::lock_guard lock(mutex_);
        sandbox_ = &sandbox;
        wanted_until_ = std::chrono::steady_clock::now() + kept_for;
    }
    changed_.notify_one();
}

size_t Spares::count() const {
    std::lock_guard lock(mutex_);
    return waiting_.size();
}

void Spares::run() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const bool wanted = std::chrono::steady_clock::now() < wanted_until_;
        if (wanted && waiting_.size() < most) {
            const auto* sandbox = sandbox_;
            lock.unlock();
            auto spare = Spare::start(*sandbox);
            lock.lock();
            if (!spare) wanted_until_ = {};  // the next worker asks again
            if (spare) waiting_.push_back(std::move(spare));
        } else if (wanted) {
            changed_.wait_until(lock, wanted_until_);
        } else {
            if (waiting_.empty()) changed_.wait(lock);
            waiting_.clear();
        }
    }
    waiting_.clear();  // by the thread that started them
}

}  // namespace cumulet::lambda
