#include "services/sns/http_courier.h"

#include "base/bytes.h"
#include "services/sns/delivery_policy.h"
#include "services/sns/http_authentication.h"

namespace cumulet::sns {
namespace {

constexpr auto patience = std::chrono::seconds(15);
constexpr size_t most_shown_bytes = 1024;  // of an answer, in delivery status logs
constexpr std::string_view default_content_type = "text/plain; charset=UTF-8";

bool redirects(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

/// AWS tries again after 429, 5xx and what is no answer; anything else of 3xx and 4xx is final.
Attempt::Result result_of(int status) {
    if (status >= 200 && status < 300) return Attempt::Result::delivered;
    return status >= 300 && status < 500 && status != 429 ? Attempt::Result::refused : Attempt::Result::failed;
}

}  // namespace

std::optional<EndpointUrl> EndpointUrl::parse(std::string_view url) {
    const auto scheme_end = url.find("://");
    if (scheme_end == url.npos) return {};
    const auto scheme = to_lower(url.substr(0, scheme_end));
    if (scheme != "http" && scheme != "https") return {};
    auto rest = url.substr(scheme_end + 3);
    rest = rest.substr(0, rest.find('#'));
    const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
    auto authority = rest.substr(0, authority_end);
    EndpointUrl parsed;
    if (const auto at = authority.rfind('@'); at != authority.npos) {
        parsed.credentials = percent_decode(authority.substr(0, at));
        authority.remove_prefix(at + 1);
    }
    if (authority.empty()) return {};
    parsed.origin = fmt::format("{}://{}", scheme, authority);
    parsed.target = rest.substr(authority_end);
    if (!parsed.target.starts_with('/')) parsed.target.insert(0, "/");
    return parsed;
}

std::optional<EndpointUrl> EndpointUrl::follow(std::string_view location) const {
    if (location.contains("://")) return parse(location);
    if (location.starts_with("//")) return parse(origin.substr(0, origin.find(':') + 1) + std::string(location));
    EndpointUrl next = *this;
    if (location.starts_with('/')) {
        next.target = location;
    } else {
        const auto path = target.substr(0, target.find('?'));
        next.target = path.substr(0, path.rfind('/') + 1) + std::string(location);
    }
    return next;
}

Task<Attempt> HttpCourier::deliver(Call& call, Parcel parcel) {
    const auto policy = http_delivery_policy(parcel.topic, parcel.subscription);
    if (policy.most_per_second > 0) {
        const auto turn = turn_of(parcel.subscription, policy.most_per_second, call.now());
        if (turn > call.now()) co_return Attempt{.result = Attempt::Result::postponed, .until = turn};
    }
    const auto url = EndpointUrl::parse(parcel.subscription.endpoint);
    if (!url) co_return Attempt{.result = Attempt::Result::refused, .status_code = 400};

    auto request = co_await request_for(parcel);
    const Clock::Hold hold(call.clock());  // the world answers in its own time
    auto response = co_await send(call, *url, std::move(request));
    response.body.resize(std::min(response.body.size(), most_shown_bytes));
    co_return Attempt{.result = result_of(response.status),
                      .status_code = response.status,
                      .provider_response = std::move(response.body)};
}

Task<http::Request> HttpCourier::request_for(Parcel parcel) {
    const bool is_notification = parcel.notification.type == Notification::Type::notification;
    const bool raw = is_notification && parcel.subscription.raw();
    const auto policy = http_delivery_policy(parcel.topic, parcel.subscription);

    http::Request request;
    request.method = "POST";
    auto& headers = request.headers;
    headers.add("x-amz-sns-message-type", std::string(parcel.notification.type_name()));
    headers.add("x-amz-sns-message-id", parcel.notification.id);
    headers.add("x-amz-sns-topic-arn", parcel.subscription.topic_arn());
    if (parcel.notification.type != Notification::Type::subscription_confirmation)
        headers.add("x-amz-sns-subscription-arn", parcel.subscription.arn());
    if (raw) headers.add("x-amz-sns-rawdelivery", "true");
    headers.add("Content-Type", policy.content_type.empty() ? std::string(default_content_type) : policy.content_type);
    headers.add("User-Agent", "Amazon Simple Notification Service Agent");
    if (raw) {
        request.body = parcel.notification.message_for(parcel.subscription.protocol);
    } else {
        const auto signature = signer_ ? co_await signer_->sign(parcel) : Signature{};
        request.body = envelope(parcel, signature);
    }
    co_return request;
}

// Unverified: AWS's pages do not say whether redirects are followed; they are, with the same request.
Task<http::Response> HttpCourier::send(Call& call, EndpointUrl url, http::Request request) {
    for (int redirect = 0;; ++redirect) {
        auto response = co_await send_authorized(call, url, request);
        if (!redirects(response.status) || redirect == most_redirects) co_return response;
        auto next = url.follow(response.headers.get("location"));
        if (!next || response.headers.get("location").empty()) co_return response;
        if (next->origin != url.origin) next->credentials.clear();
        url = std::move(*next);
    }
}

Task<http::Response> HttpCourier::answer_of(std::string origin, http::Request request) {
    auto response = co_await sender_.send(std::move(origin), std::move(request), contracts::Sending(patience));
    if (!response) throw std::runtime_error("the endpoint did not answer within 15 seconds");
    co_return std::move(*response);
}

Task<http::Response> HttpCourier::send_authorized(Call& call, EndpointUrl url, http::Request request) {
    constexpr size_t client_nonce_digits = 32;
    request.set_target(url.target);
    auto response = co_await answer_of(url.origin, request);
    if (response.status != 401 || url.credentials.empty()) co_return response;
    auto authorization = authorization_for(challenges_of(response.headers), url.credentials, request,
                                           call.random().hex(client_nonce_digits));
    if (!authorization) co_return response;
    request.headers.set("Authorization", std::move(*authorization));
    co_return co_await answer_of(url.origin, std::move(request));
}

Time HttpCourier::turn_of(const Subscription& subscription, int64_t most_per_second, Time now) {
    const std::lock_guard lock(mutex_);
    if (throttles_.size() >= most_throttled) {
        std::erase_if(throttles_,
                      [&](const auto& entry) { return entry.second.next <= now && entry.second.kept.empty(); });
    }
    auto& throttle = throttles_[subscription.arn()];
    if (!throttle.kept.empty() && throttle.kept.front() <= now) {
        throttle.kept.pop_front();
        return now;
    }
    const auto turn = std::max(throttle.next, now);
    if (throttle.kept.size() >= most_turns_kept) return turn;
    throttle.next = turn + Duration(1s) / most_per_second;
    if (turn > now) throttle.kept.push_back(turn);
    return turn;
}

}  // namespace cumulet::sns
