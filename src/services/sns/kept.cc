#include "services/sns/kept.h"

#include "base/bytes.h"
#include "services/sns/envelope.h"
#include "store/record.h"

namespace cumulet::sns {
namespace {

constexpr size_t most_shown = 1000;
constexpr size_t most_erased_at_once = 10'000;

store::Key of_kind(const Place& place, std::string_view kind) {
    return store::Key(place.account, place.region, std::string_view("sns"), std::string_view("kept")) << kind;
}

json::value attributes_of(const Notification& notification) {
    json::object all;
    for (const auto& [name, value] : notification.attributes) {
        json::object attribute{{"DataType", value.DataType}};
        if (value.StringValue) attribute["StringValue"] = *value.StringValue;
        if (value.BinaryValue) attribute["BinaryValue"] = to_base64(*value.BinaryValue);
        all[name] = std::move(attribute);
    }
    return all;
}

json::value text_or_null(const std::string& text) { return text.empty() ? json::value() : json::value(text); }

/// What all kinds tell of a notification. `key` names its text in a structured message.
json::object describe(const Notification& notification, std::string_view key) {
    return {{"MessageId", notification.id},
            {"Message", notification.message_for(key)},
            {"MessageAttributes", attributes_of(notification)},
            {"MessageStructure", notification.structured ? json::value("json") : json::value()},
            {"Subject", text_or_null(notification.subject)}};
}

Kept mail_for(const Parcel& parcel) {
    const auto& notification = parcel.notification;
    const bool is_notification = notification.type == Notification::Type::notification;
    Kept kept{.kind = "email", .recipient = parcel.subscription.endpoint};
    kept.message = {{"To", parcel.subscription.endpoint},
                    {"TopicArn", parcel.subscription.topic_arn()},
                    {"SubscriptionArn", parcel.subscription.arn()},
                    {"MessageId", notification.id}};
    if (parcel.subscription.protocol == "email-json") {
        kept.message["Subject"] =
            is_notification ? "AWS Notification Message" : "AWS Notification - Subscription Confirmation";
        kept.message["Body"] = envelope(parcel, {});
    } else if (is_notification) {
        kept.message["Subject"] = notification.subject.empty() ? "AWS Notification Message" : notification.subject;
        kept.message["Body"] = fmt::format(
            "{}\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit the link "
            "below "
            "to unsubscribe:\n{}\n",
            notification.message_for("email"), unsubscribe_url(parcel));
    } else {
        kept.message["Subject"] = "AWS Notification - Subscription Confirmation";
        kept.message["Body"] = fmt::format(
            "You have chosen to subscribe to the topic:\n{}\n\nTo confirm this subscription, click or visit the link "
            "below (If this was in error no action is necessary):\n{}\n",
            parcel.subscription.topic_arn(), subscribe_url(parcel));
    }
    return kept;
}

}  // namespace

Kept kept_for_phone(const std::string& number, const Notification& notification) {
    Kept kept{.kind = "sms", .recipient = number, .message = describe(notification, "sms")};
    kept.message["PhoneNumber"] = number;
    kept.message["TopicArn"] = nullptr;
    kept.message["SubscriptionArn"] = nullptr;
    return kept;
}

Kept kept_for_device(const std::string& endpoint_arn, const Notification& notification) {
    Subscription device;
    device.protocol = "application";
    device.endpoint = endpoint_arn;
    Kept kept{.kind = "platform", .recipient = endpoint_arn, .message = describe(notification, message_key(device))};
    kept.message["TargetArn"] = endpoint_arn;
    kept.message["TopicArn"] = "";
    return kept;
}

Kept kept_for(const Parcel& parcel) {
    const auto& subscription = parcel.subscription;
    if (subscription.protocol.starts_with("email")) return mail_for(parcel);
    if (subscription.protocol == "firehose") {
        const auto raw = subscription.raw();
        return {.kind = "firehose",
                .recipient = subscription.endpoint,
                .message = {{"DeliveryStreamArn", subscription.endpoint},
                            {"TopicArn", subscription.topic_arn()},
                            {"SubscriptionArn", subscription.arn()},
                            {"MessageId", parcel.notification.id},
                            {"Data", raw ? parcel.notification.message_for("firehose") : envelope(parcel, {})}}};
    }
    if (subscription.protocol != "sms" && subscription.protocol != "application")
        throw std::logic_error("no messages of this protocol are kept");
    auto kept = subscription.protocol == "sms" ? kept_for_phone(subscription.endpoint, parcel.notification)
                                               : kept_for_device(subscription.endpoint, parcel.notification);
    kept.message["TopicArn"] = subscription.topic_arn();
    kept.message["SubscriptionArn"] = subscription.arn();
    return kept;
}

void save_kept(store::Transaction& tx, const Place& place, const Kept& kept, Time now, std::string_view id) {
    tx.put(std::move((of_kind(place, kept.kind) << now).raw(id)),
           store::RecordWriter(1).text(kept.recipient).text(json::serialize(kept.message)).take());
}

Task<std::vector<Kept>> list_kept(store::Transaction& tx, Place place, std::string kind) {
    auto newest = co_await tx.scan(store::Range::prefix(of_kind(place, kind)),
                                   {.limit = most_shown, .order = store::Order::descending});
    std::ranges::reverse(newest);
    std::vector<Kept> all;
    for (const auto& entry : newest) {
        store::RecordReader reader(entry.value);
        Kept kept{.kind = kind, .recipient = reader.text()};
        if (auto message = parse_json(reader.text()); message && message->is_object())
            kept.message = std::move(message->as_object());
        all.push_back(std::move(kept));
    }
    co_return all;
}

Task<void> erase_kept(store::Transaction& tx, Place place, std::string kind, std::string recipient) {
    const auto range = store::Range::prefix(of_kind(place, kind));
    if (recipient.empty()) {
        tx.erase_range(range);
        co_return;
    }
    for (const auto& entry : co_await tx.scan(range, {.limit = most_erased_at_once})) {
        if (store::RecordReader(entry.value).text() == recipient) tx.erase(entry.key);
    }
}

}  // namespace cumulet::sns
