#include "services/lambda/queued_event.h"

#include "base/json.h"

namespace cumulet::lambda {
namespace {

constexpr int most_attempts = 3;
constexpr auto oldest = std::chrono::hours(6);

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
                                        {"attempts", attempts}});
}

QueuedEvent QueuedEvent::parse(Time due, std::string id, std::string_view text) {
    const auto record = json::parse(text).as_object();
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
            .attempts = static_cast<int>(record.at("attempts").as_int64())};
}

std::optional<Time> next_attempt(const QueuedEvent& event, Time now) {
    if (event.attempts >= most_attempts) return std::nullopt;
    const Time next = now + std::chrono::minutes(event.attempts);
    if (next > event.received + oldest) return std::nullopt;
    return next;
}

}  // namespace cumulet::lambda
