// What worker.cc and worker_life.cc share: a worker's connections and the event it has.
#pragma once

#include "services/lambda/workers/worker.h"

namespace cumulet::lambda {

inline constexpr size_t tail_bytes = 4096;
inline constexpr size_t max_line_bytes = 256 << 10;
inline constexpr size_t max_connections = 64;
// Interpreters reserve more than they use; without a control group only what is reserved can be limited.
inline constexpr uint32_t uncounted_mb = 512;

struct Worker::Connection : std::enable_shared_from_this<Connection> {
    Descriptor socket;
    RequestReader reader;
    std::string out;
    size_t sent = 0;
    bool waits_to_write = false;
    bool closing = false;
};

/// The event that a worker has. It lies in the frame of the coroutine that waits for its outcome.
struct Worker::Current {
    Invocation invocation;
    Reactor* reactor;
    std::coroutine_handle<> handle;
    bool delivered = false;
    Loop::Instant delivered_at;
    std::string tail;
    Outcome outcome;
};

/// {"errorType":…,"errorMessage":…}, as Lambda itself writes an error.
std::string error_of(std::string_view type, std::string_view message);
/// The error's shape with its empty "requestId" filled in.
std::string with_request_id(std::string shape, std::string_view request_id);

}  // namespace cumulet::lambda
