// How a notification reaches one subscriber. A courier for each protocol whose endpoints answer.
#pragma once

#include "services/sns/notification.h"
#include "services/sns/subscription.h"

namespace cumulet::sns {

/// How one attempt ended.
struct Attempt {
    enum class Result : uint8_t {
        delivered,
        refused,    ///< the endpoint's own fault: not tried again
        failed,     ///< tried again by the retry policy
        postponed,  ///< not tried, since a throttle forbids it before `until`
    };
    Result result = Result::delivered;
    int status_code = 200;          ///< as delivery status logs show it
    std::string provider_response;  ///< what the endpoint said
    Time until;                     ///< of a postponed one
};

/// A notification for one subscriber. What it points at lives until the attempt has ended.
struct Parcel {
    const Topic& topic;
    const Subscription& subscription;
    const Notification& notification;
};

class Courier {
  public:
    virtual ~Courier() = default;
    /// Tries once. `call` is SNS's own, in the topic's account and region. What it throws counts as failed.
    virtual Task<Attempt> deliver(Call& call, Parcel parcel) = 0;
};

}  // namespace cumulet::sns
