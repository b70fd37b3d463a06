#include "services/lambda/lane.h"

#include "base/hash.h"

namespace cumulet::lambda {
namespace {

constexpr size_t most_batch_bytes = 5'500'000;
constexpr size_t most_state_bytes = 1 << 20;

}  // namespace

uint64_t Progress::add(std::string sequence_number) {
    records_.push_back({.sequence_number = std::move(sequence_number)});
    return first_ + records_.size() - 1;
}

void Progress::done(uint64_t place) {
    records_[place - first_].done = true;
    while (!records_.empty() && records_.front().done) {
        reached_ = std::move(records_.front().sequence_number);
        records_.pop_front();
        ++first_;
    }
}

std::string stream_event(std::span<const HeldRecord> records, std::string_view more) {
    std::string text = R"({"Records":[)";
    for (const auto& record : records) {
        if (text.back() == '}') text += ',';
        text += record.text;
    }
    text += ']';
    text += more;
    text += '}';
    return text;
}

void Lane::add(HeldRecord record) {
    waiting_bytes_ += record.text.size() + 1;
    waiting_.push_back(std::move(record));
}

size_t Lane::room(const BatchRules& rules) const {
    if (waiting_bytes_ >= most_batch_bytes || waiting_.size() >= rules.size) return 0;
    return rules.size - waiting_.size();
}

bool Lane::window_is_over(const BatchRules& rules, Time now, bool all_read, bool shard_ended) const {
    if (!tumbling_) return false;
    if (tumbling_->too_large) return true;
    if (!waiting_.empty()) return waiting_.front().arrived >= tumbling_->end();
    return shard_ended || (all_read && now >= tumbling_->end()) || rules.tumbling == Duration::zero();
}

void Lane::form_batch(const BatchRules& rules, Time now, bool all_read, bool shard_ended) {
    if (has_batch() || busy) return;
    if (window_is_over(rules, now, all_read, shard_ended)) {
        final_ = true;
        parts_.push_back({.begin = 0, .end = 0, .failures = 0, .next = now});
        return;
    }
    if (waiting_.empty()) return;
    if (!gather_until_) gather_until_ = now + rules.gather;
    if (room(rules) > 0 && !shard_ended && now < *gather_until_) return;
    gather_until_.reset();
    take_batch(rules, now);
}

void Lane::take_batch(const BatchRules& rules, Time now) {
    if (rules.tumbling > Duration::zero() && !tumbling_) {
        tumbling_ = TumblingWindow::at(waiting_.front().arrived, rules.tumbling);
    }
    size_t begin = 0;
    size_t bytes = 0;
    while (!waiting_.empty() && batch_.size() < rules.size) {
        auto& record = waiting_.front();
        if (tumbling_ && record.arrived >= tumbling_->end()) break;
        const auto size = record.text.size() + 1;
        // What was read at once may be more than one event can hold.
        if (batch_.size() > begin && bytes + size > most_batch_bytes) {
            parts_.push_back({.begin = begin, .end = batch_.size(), .failures = 0, .next = now});
            begin = batch_.size();
            bytes = 0;
        }
        bytes += size;
        waiting_bytes_ -= size;
        batch_.push_back(std::move(record));
        waiting_.pop_front();
    }
    parts_.push_back({.begin = begin, .end = batch_.size(), .failures = 0, .next = now});
}

std::optional<Time> Lane::due(const BatchRules& rules) const {
    if (busy) return std::nullopt;
    if (has_batch()) return part().next;
    if (!waiting_.empty()) return gather_until_;
    if (tumbling_ && rules.tumbling > Duration::zero()) return tumbling_->end();
    return std::nullopt;
}

std::span<const HeldRecord> Lane::records() const {
    return std::span(batch_).subspan(part().begin, part().end - part().begin);
}

std::string Lane::event(std::string_view shard, std::string_view stream_arn) const {
    return stream_event(records(), tumbling_ ? tumbling_->members(shard, stream_arn, final_) : "");
}

void Lane::done(size_t count, std::vector<BatchPart> again, Progress& progress) {
    const auto part = parts_.front();
    for (auto i = part.begin; i < part.begin + count; ++i) progress.done(batch_[i].place);
    parts_.pop_front();
    parts_.insert(parts_.begin(), again.begin(), again.end());
    if (parts_.empty()) batch_.clear();
}

void Lane::keep_state(std::string state) {
    if (!tumbling_) return;
    tumbling_->too_large = state.size() > most_state_bytes;
    tumbling_->state = std::move(state);
}

void Lane::end_window() {
    parts_.clear();
    final_ = false;
    // A window that was cut short goes on, from nothing.
    if (tumbling_ && tumbling_->too_large) {
        tumbling_->too_large = false;
        tumbling_->state = "{}";
    } else {
        tumbling_.reset();
    }
}

size_t lane_of(std::string_view key, size_t lanes) { return lanes > 1 ? hash64(key) % lanes : 0; }

}  // namespace cumulet::lambda
