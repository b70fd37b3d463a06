// Messages for phones, mailboxes, devices and streams: written down where people can read them. Pure, and storage.
#pragma once

#include "services/sns/delivery.h"
#include "store/store.h"

namespace cumulet::sns {

/// What is kept of a message: by whom it was to be read, and its JSON as the developer endpoints show it.
struct Kept {
    std::string kind;  ///< "sms", "platform", "email" or "firehose"
    std::string recipient;
    json::object message;
};

/// What a subscriber of such a protocol gets. Throws std::logic_error for another protocol.
Kept kept_for(const Parcel& parcel);
/// A message that was published to a phone number or a device's endpoint itself.
Kept kept_for_phone(const std::string& number, const Notification& notification);
Kept kept_for_device(const std::string& endpoint_arn, const Notification& notification);

/// `id` tells messages of one instant apart.
void save_kept(store::Transaction& tx, const Place& place, const Kept& kept, Time now, std::string_view id);
/// The newest thousand messages of a kind, in the order they were sent.
Task<std::vector<Kept>> list_kept(store::Transaction& tx, Place place, std::string kind);
/// Removes those for `recipient`, or all where it is "".
Task<void> erase_kept(store::Transaction& tx, Place place, std::string kind, std::string recipient);

}  // namespace cumulet::sns
