// The Telemetry API and the older Logs API of one worker: who subscribed to what, and what is gathered for them.
// No sockets; timers are the caller's.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "services/lambda/workers/exchange.h"

namespace cumulet::lambda {

inline constexpr size_t most_subscriptions = 10;

class Telemetry {
  public:
    /// Sends a batch of events to a subscriber's address, in the order of the calls.
    using Post = std::function<void(std::string uri, std::string body)>;

    explicit Telemetry(Post post) : post_(std::move(post)) {}

    /// Subscribes the extension `name` as `body` asks. The types it subscribed to go to `types`.
    Answer subscribe(std::string_view name, const std::string& body, json::array& types);
    /// `type`: "function", "extension", or "platform.start". `record` is JSON text.
    void add(Time time, std::string_view type, std::string_view record);
    /// How long from now until what is gathered must be sent; nothing if nothing is gathered.
    std::optional<std::chrono::milliseconds> next_flush() const;
    /// Sends what is gathered.
    void flush();
    /// Later subscribers are not told of earlier events: the initialisation is over.
    void forget_past() {
        past_.clear();
        remembers_ = false;
    }
    bool listened_to() const { return !subscriptions_.empty() || remembers_; }

  private:
    struct Event {
        std::string category;  // "platform", "function", "extension"
        std::string text;
    };
    struct Subscription {
        std::string extension;
        std::string uri;
        std::vector<std::string> categories;
        size_t most_events = 10'000;
        size_t most_bytes = 256 << 10;
        std::chrono::milliseconds longest_wait{1000};
        std::vector<std::string> gathered;
        size_t gathered_bytes = 0;
    };

    void gather(Subscription& subscription, const Event& event);
    void send(Subscription& subscription);

    Post post_;
    std::vector<Subscription> subscriptions_;
    std::vector<Event> past_;
    bool remembers_ = true;
};

}  // namespace cumulet::lambda
