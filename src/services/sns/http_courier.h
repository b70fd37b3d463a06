// Delivers notifications to HTTP and HTTPS endpoints.
// https://docs.aws.amazon.com/sns/latest/dg/http-header.html
#pragma once

#include <deque>
#include <unordered_map>

#include "contracts/http_sender.h"
#include "services/sns/signer.h"

namespace cumulet::sns {

/// An endpoint's URL, as a request needs it.
struct EndpointUrl {
    std::string origin;       ///< "https://host:port"
    std::string target;       ///< "/path?query"
    std::string credentials;  ///< "user:password", decoded; "" if none

    /// Nothing unless `url` is one of HTTP or HTTPS.
    static std::optional<EndpointUrl> parse(std::string_view url);
    /// Where a redirect from this URL leads.
    std::optional<EndpointUrl> follow(std::string_view location) const;
};

class HttpCourier final : public Courier {
  public:
    static constexpr int most_redirects = 5;

    /// Without a signer, envelopes have no signature.
    HttpCourier(contracts::HttpSender& sender, Signer* signer) : sender_(sender), signer_(signer) {}

    Task<Attempt> deliver(Call& call, Parcel parcel) override;

  private:
    Task<http::Request> request_for(Parcel parcel);
    Task<http::Response> send(Call& call, EndpointUrl url, http::Request request);
    /// Throws if there is no answer.
    Task<http::Response> answer_of(std::string origin, http::Request request);
    /// Shows the URL's credentials where the endpoint asks for them.
    Task<http::Response> send_authorized(Call& call, EndpointUrl url, http::Request request);
    /// When this delivery has its turn by the policy's throttle: now, or a later instant that is kept for one delivery.
    Time turn_of(const Subscription& subscription, int64_t most_per_second, Time now);

    static constexpr size_t most_throttled = 10'000;
    static constexpr size_t most_turns_kept = 100'000;
    struct Throttle {
        Time next;
        std::deque<Time> kept;  // turns that were promised
    };

    contracts::HttpSender& sender_;
    Signer* signer_;
    std::mutex mutex_;
    std::unordered_map<std::string, Throttle> throttles_;  // by subscription
};

}  // namespace cumulet::sns
