#include "services/lambda/workers/telemetry.h"

namespace cumulet::lambda {
namespace {

constexpr size_t most_remembered = 1000;

Answer malformed(std::string_view message) {
    return {.status = 400, .body = error_text(message, "ValidationError"), .headers = {}};
}

/// A number of `buffering` between AWS's bounds, or the default.
std::optional<int64_t> bounded(const json::object& buffering, std::string_view name, int64_t least, int64_t most,
                               int64_t initial) {
    const auto* given = buffering.if_contains(name);
    if (!given) return initial;
    if (!given->is_int64() || given->as_int64() < least || given->as_int64() > most) return std::nullopt;
    return given->as_int64();
}

/// The extension's own address: "sandbox" is the name of the machine that functions see.
std::string reachable(std::string uri) {
    for (const std::string_view host : {"sandbox.localdomain", "sandbox.local", "sandbox"}) {
        const auto at = uri.find("://");
        if (at != uri.npos && std::string_view(uri).substr(at + 3).starts_with(host)) {
            return uri.replace(at + 3, host.size(), "127.0.0.1");
        }
    }
    return uri;
}

}  // namespace

Answer Telemetry::subscribe(std::string_view name, const std::string& body, json::array& types) {
    const auto parsed = parse_json(body);
    if (!parsed || !parsed->is_object()) return malformed("The request's body cannot be read");
    const auto& request = parsed->as_object();
    const auto* wanted = request.if_contains("types");
    const auto* destination = request.if_contains("destination");
    if (!wanted || !wanted->is_array() || wanted->as_array().empty()) return malformed("types are missing");
    if (!destination || !destination->is_object()) return malformed("destination is missing");
    const auto& place = destination->as_object();
    const auto uri = string_or(place, "URI", string_or(place, "uri"));
    if (string_or(place, "protocol", "HTTP") != "HTTP") return malformed("Only the protocol HTTP is supported");
    if (!uri.starts_with("http://")) return malformed("destination.URI is no address of HTTP");
    Subscription subscription{
        .extension = std::string(name), .uri = reachable(std::string(uri)), .categories = {}, .gathered = {}};
    for (const auto& type : wanted->as_array()) {
        const auto text = type.is_string() ? std::string(type.as_string()) : "";
        if (text != "platform" && text != "function" && text != "extension") return malformed("No such type: " + text);
        subscription.categories.push_back(text);
        types.push_back(type);
    }
    const auto* given = request.if_contains("buffering");
    const auto buffering = given && given->is_object() ? given->as_object() : json::object();
    const auto events = bounded(buffering, "maxItems", 1000, 10'000, 10'000);
    const auto bytes = bounded(buffering, "maxBytes", 262'144, 1'048'576, 262'144);
    const auto wait = bounded(buffering, "timeoutMs", 25, 30'000, 1000);
    if (!events || !bytes || !wait) return malformed("buffering is out of its bounds");
    subscription.most_events = static_cast<size_t>(*events);
    subscription.most_bytes = static_cast<size_t>(*bytes);
    subscription.longest_wait = std::chrono::milliseconds(*wait);
    const auto same = [&](const Subscription& other) { return other.extension == name; };
    std::erase_if(subscriptions_, same);  // a second subscription takes the first one's place
    if (subscriptions_.size() >= most_subscriptions) return malformed("Too many subscriptions");
    for (const auto& event : past_) gather(subscription, event);
    subscriptions_.push_back(std::move(subscription));
    return {.status = 200, .body = "\"OK\"", .headers = {}};
}

void Telemetry::add(Time time, std::string_view type, std::string_view record) {
    if (!listened_to()) return;
    Event event{
        .category = std::string(type.substr(0, type.find('.'))),
        .text = fmt::format(R"({{"time":"{}","type":"{}","record":{}}})", format_iso8601_millis(time), type, record)};
    for (auto& subscription : subscriptions_) gather(subscription, event);
    if (remembers_ && past_.size() < most_remembered) past_.push_back(std::move(event));
}

void Telemetry::gather(Subscription& subscription, const Event& event) {
    if (std::ranges::find(subscription.categories, event.category) == subscription.categories.end()) return;
    subscription.gathered_bytes += event.text.size();
    subscription.gathered.push_back(event.text);
    if (subscription.gathered.size() >= subscription.most_events ||
        subscription.gathered_bytes >= subscription.most_bytes) {
        send(subscription);
    }
}

void Telemetry::send(Subscription& subscription) {
    if (subscription.gathered.empty()) return;
    auto body = fmt::format("[{}]", fmt::join(subscription.gathered, ","));
    subscription.gathered.clear();
    subscription.gathered_bytes = 0;
    if (post_) post_(subscription.uri, std::move(body));
}

std::optional<std::chrono::milliseconds> Telemetry::next_flush() const {
    std::optional<std::chrono::milliseconds> next;
    for (const auto& subscription : subscriptions_) {
        if (subscription.gathered.empty()) continue;
        next = next ? std::min(*next, subscription.longest_wait) : subscription.longest_wait;
    }
    return next;
}

void Telemetry::flush() {
    for (auto& subscription : subscriptions_) send(subscription);
}

}  // namespace cumulet::lambda
