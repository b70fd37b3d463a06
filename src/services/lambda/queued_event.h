// An asynchronous invocation in its durable queue, and when it is tried again. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "services/lambda/name.h"

namespace cumulet::lambda {

struct QueuedEvent {
    Time due;
    std::string id;  ///< the invocation's request id
    std::string account;
    std::string region;
    std::string function;   ///< its name
    std::string qualifier;  ///< "" if the caller named none
    std::string payload;
    std::string client_context;
    std::string trace;
    Time received;
    std::chrono::seconds hold{60};  ///< how long one attempt may take before another process tries it
    int attempts = 0;               ///< that have failed
    int throttles = 0;              ///< attempts that found no room
    bool claimed = false;           ///< a process tries it, and `due` is when another one may

    FunctionName name() const {
        return {.account = account, .region = region, .name = function, .qualifier = qualifier};
    }
    /// All but due and id, which are the key.
    std::string text() const;
    static QueuedEvent parse(Time due, std::string id, std::string_view text);
};

/// How long and how often events are tried.
struct EventBounds {
    int retries = 2;
    std::chrono::seconds oldest{21'600};
};
/// When an event whose `attempts`th attempt failed at `now` is tried again: a minute later, then two minutes later;
/// nothing once the attempts are used up, or where it would be too old by then.
std::optional<Time> next_attempt(const QueuedEvent& event, Time now, const EventBounds& bounds = {});
/// When an event that found no room is tried again: after a second at first, and never more than five minutes.
Time after_throttle(const QueuedEvent& event, Time now);

}  // namespace cumulet::lambda
