// Which notifications a subscription wants. Pure.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html
#pragma once

#include "contracts/event_pattern.h"
#include "services/sns/notification.h"
#include "services/sns/subscription.h"

namespace cumulet::sns {

/// A notification as filter policies see it, read once for all subscriptions of its topic and only if one asks.
class Filterable {
  public:
    explicit Filterable(const Notification& notification) : notification_(notification) {}

    /// Attributes by name: text, number, or list; those of binary types are not there.
    const json::value& attributes();
    /// The message, null where it is no JSON object.
    const json::value& body();

  private:
    const Notification& notification_;
    std::optional<json::value> attributes_;
    std::optional<json::value> body_;
};

/// A subscription's filter policy, compiled.
class Filter {
  public:
    /// Wants everything.
    Filter() = default;
    /// Throws InvalidPattern for a policy that checked_filter_policy did not see.
    explicit Filter(const Subscription& subscription);

    bool wants(Filterable& notification) const;

  private:
    std::optional<contracts::EventPattern> pattern_;
    bool of_body_ = false;
};

/// Throws InvalidParameterException, in AWS's words, unless the filter policy may have the scope. `subscribing`: in
/// Subscribe.
void check_filter_policy(std::string_view policy, bool of_body, bool subscribing);

}  // namespace cumulet::sns
