#include "services/lambda/queued_event.h"

#include "base/json.h"

namespace cumulet::lambda {
namespace {

constexpr int most_doublings = 9;
constexpr auto longest_pause = std::chrono::minutes(5);

}  // namespace

std::string QueuedEvent::text() const {
    return json::serialize(json::object{{"account", account},
                                        {"region", region},
                                        {"function", function},
                                        {"qualifier", qualifier},
                                        {"payload", payload},
                                        {"client_context", client_context},
                                        {"trace", trace},
                                        {"received", received.time_since_epoch().count()},
                                        {"hold", hold.count()},
                                        {"attempts", attempts},
                                        {"throttles", throttles},
                                        {"claimed", claimed}});
}

QueuedEvent QueuedEvent::parse(Time due, std::string id, std::string_view text) {
    const auto record = json::parse(text).as_object();
    const auto* claimed = record.if_contains("claimed");  // an earlier Cumulet did not write it
    const auto text_of = [&](std::string_view name) { return std::string(string_or(record, name)); };
    return {.due = due,
            .id = std::move(id),
            .account = text_of("account"),
            .region = text_of("region"),
            .function = text_of("function"),
            .qualifier = text_of("qualifier"),
            .payload = text_of("payload"),
            .client_context = text_of("client_context"),
            .trace = text_of("trace"),
            .received = Time(Duration(record.at("received").as_int64())),
            .hold = std::chrono::seconds(record.at("hold").as_int64()),
            .attempts = static_cast<int>(record.at("attempts").as_int64()),
            .throttles = static_cast<int>(record.at("throttles").as_int64()),
            .claimed = claimed && claimed->as_bool()};
}

std::optional<Time> next_attempt(const QueuedEvent& event, Time now, const EventBounds& bounds) {
    if (event.attempts > bounds.retries) return std::nullopt;
    const Time next = now + std::chrono::minutes(event.attempts);
    if (next > event.received + bounds.oldest) return std::nullopt;
    return next;
}

Time after_throttle(const QueuedEvent& event, Time now) {
    const auto pause = std::chrono::seconds(1) * (1 << std::min(event.throttles, most_doublings));
    return now + std::min<Duration>(pause, longest_pause);
}

}  // namespace cumulet::lambda
