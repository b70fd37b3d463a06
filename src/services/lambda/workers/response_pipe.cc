#include "services/lambda/workers/response_pipe.h"

namespace cumulet::lambda {

void ResponsePipe::wake(std::unique_lock<std::mutex> lock) {
    if (auto reader = std::exchange(reader_, nullptr)) {
        auto* reactor = reactor_;
        lock.unlock();
        reactor->post(reader);
    }
}

Task<void> ResponsePipe::wait(bool (ResponsePipe::*ready)() const) {
    co_await Suspend{[this, ready, &reactor = Reactor::current()](std::coroutine_handle<> handle) {
        std::unique_lock lock(mutex_);
        reactor_ = &reactor;
        reader_ = handle;
        if ((this->*ready)()) wake(std::move(lock));
    }};
}

void ResponsePipe::open(std::string content_type) {
    std::unique_lock lock(mutex_);
    content_type_ = std::move(content_type);
    open_ = true;
    wake(std::move(lock));
}

bool ResponsePipe::write(std::string_view bytes) {
    std::unique_lock lock(mutex_);
    if (cancelled_ || bytes.empty()) return true;
    pieces_.emplace_back(bytes);
    waiting_bytes_ += bytes.size();
    const bool room = waiting_bytes_ < pause_at_bytes;
    wake(std::move(lock));
    return room;
}

void ResponsePipe::when_room(std::function<void()> resume) {
    {
        std::lock_guard lock(mutex_);
        if (!cancelled_ && waiting_bytes_ >= pause_at_bytes) {
            resume_ = std::move(resume);
            return;
        }
    }
    resume();
}

void ResponsePipe::close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    wake(std::move(lock));
}

Task<std::string> ResponsePipe::opened() {
    co_await wait(&ResponsePipe::is_open);
    std::lock_guard lock(mutex_);
    co_return content_type_;
}

Task<std::optional<std::string>> ResponsePipe::read() {
    co_await wait(&ResponsePipe::is_readable);
    std::string all;
    std::function<void()> resume;
    {
        std::lock_guard lock(mutex_);
        if (pieces_.empty()) co_return std::nullopt;
        all = std::move(pieces_.front());
        for (pieces_.pop_front(); !pieces_.empty(); pieces_.pop_front()) all += pieces_.front();
        waiting_bytes_ = 0;
        resume = std::exchange(resume_, nullptr);
    }
    if (resume) resume();
    co_return all;
}

void ResponsePipe::cancel() {
    std::function<void()> resume;
    {
        std::lock_guard lock(mutex_);
        cancelled_ = true;
        pieces_.clear();
        waiting_bytes_ = 0;
        resume = std::exchange(resume_, nullptr);
    }
    if (resume) resume();
}

}  // namespace cumulet::lambda
