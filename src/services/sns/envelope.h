// The JSON in which endpoints get a notification that is not raw. Pure.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
#pragma once

#include "services/sns/delivery.h"

namespace cumulet::sns {

/// What proves that a notification is ours. All "" where there is none: FIFO topics' have none.
struct Signature {
    std::string version;          ///< "1" or "2"
    std::string text;             ///< Base64
    std::string certificate_url;  ///< SigningCertURL
};

/// "2026-11-23T00:55:00.000Z"
std::string timestamp_of(const Notification& notification);
/// Where a GET ends the subscription.
std::string unsubscribe_url(const Parcel& parcel);
/// Where a GET confirms the subscription that the confirmation is about.
std::string subscribe_url(const Parcel& parcel);

/// What is signed: names and values, a line each.
/// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
std::string text_to_sign(const Parcel& parcel);
/// As queues, HTTP endpoints, email-json and Firehose get it.
std::string envelope(const Parcel& parcel, const Signature& signature);
/// As functions get it: an event of one record.
std::string lambda_event(const Parcel& parcel, const Signature& signature);
/// The platform of a device's endpoint ("GCM"), by which structured messages name their text; otherwise the protocol.
std::string_view message_key(const Subscription& subscription);

}  // namespace cumulet::sns
