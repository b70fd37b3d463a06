#include "services/sqs/line.h"

namespace cumulet::sqs {

Line::Place::Place(Line& line, std::string topic) : line_(line), topic_(std::move(topic)) {
    std::lock_guard lock(line_.mutex_);
    ticket_ = ++line_.tickets_;
    line_.waiting_[topic_].push_back(ticket_);
}

Line::Place::~Place() {
    std::optional<uint64_t> next;
    {
        std::lock_guard lock(line_.mutex_);
        const auto line = line_.waiting_.find(topic_);
        const bool first = line->second.front() == ticket_;
        line->second.remove(ticket_);
        if (line->second.empty()) {
            line_.waiting_.erase(line);
        } else if (first) {
            next = line->second.front();
        }
    }
    if (next) line_.gates_.wake(line_.gate(topic_, *next));
}

Task<bool> Line::Place::first(Time until) {
    const auto gate = line_.gate(topic_, ticket_);
    while (true) {
        const auto seen = line_.gates_.version(gate);
        {
            std::lock_guard lock(line_.mutex_);
            if (line_.waiting_.at(topic_).front() == ticket_) co_return true;
        }
        if (!co_await line_.gates_.wait(gate, seen, until)) co_return false;
    }
}

}  // namespace cumulet::sqs
