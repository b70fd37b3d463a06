// What the parts of a worker share: its connections and the event it has.
#pragma once

#include "services/lambda/workers/worker.h"

namespace cumulet::lambda {

inline constexpr size_t tail_bytes = 4096;
inline constexpr size_t max_line_bytes = 256 << 10;
inline constexpr size_t max_connections = 64;
inline constexpr size_t max_streamed_bytes = 200 << 20;
// Interpreters reserve more than they use; without a control group only what is reserved can be limited.
inline constexpr uint32_t uncounted_mb = 512;

struct Connection : std::enable_shared_from_this<Connection> {
    Descriptor socket;
    bool over_tcp = false;  ///< found by the Runtime API's address; otherwise inherited
    RequestReader requests;
    std::string out;
    size_t sent = 0;
    bool waits_to_write = false;
    bool closing = false;
    bool paused = false;              ///< the reader of the response is slower than its writer
    uint32_t watched_for = 0;         ///< by the loop: EPOLLIN, EPOLLOUT
    const Reactor* reader = nullptr;  ///< reads it in place of the loop
    uint64_t turn = 0;                ///< of its readers: one of an earlier turn reads no more

    void stop_reading_elsewhere() {
        reader = nullptr;
        ++turn;
    }
};

/// The event that a worker has. It lies in the frame of the coroutine that waits for its outcome.
struct Worker::Current {
    Invocation invocation;
    Reactor* reactor;
    std::coroutine_handle<> handle;
    bool delivered = false;
    Loop::Instant delivered_at;
    std::string tail;
    std::string streamed;  ///< a streamed response that nobody reads as it comes
    size_t streamed_bytes = 0;
    Outcome outcome;
};

/// {"errorType":…,"errorMessage":…}, as Lambda itself writes an error.
std::string error_of(std::string_view type, std::string_view message);
/// The error's shape with its empty "requestId" filled in.
std::string with_request_id(std::string shape, std::string_view request_id);
/// The process lives in real time, and so do its deadlines.
int64_t deadline_ms_in(std::chrono::milliseconds time);

}  // namespace cumulet::lambda
