// The stored forms of SNS's values.
#pragma once

#include "services/sns/storage.h"
#include "store/record.h"

namespace cumulet::sns {

std::string encode(const Topic& topic);
Topic decode_topic(const Place& place, std::string name, std::string_view bytes);

std::string encode(const Subscription& subscription);
Subscription decode_subscription(SubscriptionAddress address, std::string_view bytes);

std::string encode(const Notification& notification);
Notification decode_notification(std::string_view bytes);

}  // namespace cumulet::sns
