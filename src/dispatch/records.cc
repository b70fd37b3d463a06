#include "dispatch/records.h"

namespace cumulet::dispatch {

Record& RecordRing::claim() {
    mutex_.lock();
    if (records_.size() < capacity_ && size_ == records_.size()) {
        // Grown while nothing has been pushed out, so that an idle process holds no empty records.
        records_.emplace_back();
        ++size_;
        return records_.back();
    }
    if (size_ == capacity_) {
        head_ = (head_ + 1) % capacity_;
        --size_;
        ++lost_;
    }
    return records_[(head_ + size_++) % records_.size()];
}

void RecordRing::publish() { mutex_.unlock(); }

void RecordRing::take(RecordSink& sink) {
    std::vector<Record> taken;
    uint64_t lost = 0;
    {
        const std::lock_guard lock(mutex_);
        taken.reserve(size_);
        for (size_t i = 0; i < size_; ++i) taken.push_back(std::move(records_[(head_ + i) % records_.size()]));
        head_ = size_ = 0;
        records_.clear();
        lost = std::exchange(lost_, 0);
    }
    if (!taken.empty() || lost > 0) sink.take(taken, lost);
}

}  // namespace cumulet::dispatch
