// What is written down about every call, buffered per reactor and taken in groups: never on the caller's path.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace cumulet::dispatch {

/// Who did what, when, from where, and how it ended: the substance of a CloudTrail event, and of a bill.
struct Record {
    Time at;
    std::chrono::nanoseconds took{};
    std::string_view service;  ///< of the contract's tables, which live as long as the process
    std::string_view operation;
    std::string request_id;
    std::string account;
    std::string region;
    std::string principal_arn;
    std::string access_key_id;
    std::string source_address;
    std::string user_agent;
    std::string trace;
    std::string error_code;  ///< "" for success
    std::string decision;    ///< of authorisation, "" where it was off
    int status = 200;
    int depth = 0;  ///< 0: called from outside
    uint64_t bytes_in = 0;
    uint64_t bytes_out = 0;
};

class RecordSink {
  public:
    virtual ~RecordSink() = default;
    /// `lost`: how many were overwritten before they were taken.
    virtual void take(std::span<const Record> records, uint64_t lost) = 0;
};

/// A ring of records: the newest push out the oldest.
class RecordRing {
  public:
    explicit RecordRing(size_t capacity) : capacity_(capacity) {}
    /// A slot to fill, whose strings keep their memory. The ring stays locked until `publish`.
    Record& claim();
    void publish();
    void take(RecordSink& sink);

  private:
    size_t capacity_;
    std::mutex mutex_;  // contended only while records are being taken
    std::vector<Record> records_;
    size_t head_ = 0;
    size_t size_ = 0;
    uint64_t lost_ = 0;
};

}  // namespace cumulet::dispatch
