#include "services/sns/records.h"

namespace cumulet::sns {

std::string encode(const Topic& topic) {
    store::RecordWriter writer(2);
    writer.number(static_cast<int64_t>(topic.generation))
        .number(static_cast<int64_t>(topic.revision))
        .time(topic.created)
        .time(topic.archived_since)
        .number(topic.subscriptions_deleted)
        .texts(topic.attributes)
        .texts(topic.tags)
        .text(topic.data_protection_policy)
        .boolean(topic.count.has_value());
    if (topic.count) writer.number(topic.count->subscriptions).number(topic.count->filter_policies);
    return writer.take();
}

Topic decode_topic(const Place& place, std::string name, std::string_view bytes) {
    store::RecordReader reader(bytes);
    Topic topic;
    topic.account = place.account;
    topic.region = place.region;
    topic.name = std::move(name);
    topic.generation = static_cast<uint64_t>(reader.number());
    topic.revision = static_cast<uint64_t>(reader.number());
    topic.created = reader.time();
    topic.archived_since = reader.time();
    topic.subscriptions_deleted = reader.number();
    topic.attributes = reader.texts();
    topic.tags = reader.texts();
    topic.data_protection_policy = reader.text();
    if (reader.version() < 2 || !reader.boolean()) return topic;
    auto& count = topic.count.emplace();
    count.subscriptions = reader.number();
    count.filter_policies = reader.number();
    return topic;
}

std::string encode(const Subscription& subscription) {
    return store::RecordWriter(1)
        .text(subscription.owner)
        .text(subscription.principal)
        .text(subscription.protocol)
        .text(subscription.endpoint)
        .time(subscription.created)
        .boolean(subscription.pending)
        .boolean(subscription.authenticated)
        .boolean(subscription.authenticated_unsubscribe)
        .text(subscription.token)
        .texts(subscription.attributes)
        .text(subscription.replay_status)
        .take();
}

Subscription decode_subscription(SubscriptionAddress address, std::string_view bytes) {
    store::RecordReader reader(bytes);
    Subscription subscription;
    subscription.place = std::move(address.topic.place);
    subscription.topic_name = std::move(address.topic.name);
    subscription.id = std::move(address.id);
    subscription.owner = reader.text();
    subscription.principal = reader.text();
    subscription.protocol = reader.text();
    subscription.endpoint = reader.text();
    subscription.created = reader.time();
    subscription.pending = reader.boolean();
    subscription.authenticated = reader.boolean();
    subscription.authenticated_unsubscribe = reader.boolean();
    subscription.token = reader.text();
    subscription.attributes = reader.texts();
    subscription.replay_status = reader.text();
    return subscription;
}

std::string encode(const Notification& notification) {
    store::RecordWriter writer(1);
    writer.number(static_cast<int64_t>(notification.type)).text(notification.id).text(notification.message);
    writer.boolean(notification.structured).text(notification.subject).time(notification.published);
    writer.text(notification.group).text(notification.deduplication).text(notification.sequence_number);
    writer.text(notification.token).text(notification.base_url).text(notification.trace).boolean(notification.replayed);
    writer.number(static_cast<int64_t>(notification.attributes.size()));
    for (const auto& [name, value] : notification.attributes)
        writer.text(name).text(value.DataType).optional_text(value.StringValue).optional_text(value.BinaryValue);
    return writer.take();
}

Notification decode_notification(std::string_view bytes) {
    store::RecordReader reader(bytes);
    Notification notification;
    notification.type = static_cast<Notification::Type>(reader.number());
    notification.id = reader.text();
    notification.message = reader.text();
    notification.structured = reader.boolean();
    notification.subject = reader.text();
    notification.published = reader.time();
    notification.group = reader.text();
    notification.deduplication = reader.text();
    notification.sequence_number = reader.text();
    notification.token = reader.text();
    notification.base_url = reader.text();
    notification.trace = reader.text();
    notification.replayed = reader.boolean();
    for (auto left = reader.number(); left > 0; --left) {
        auto name = reader.text();
        aws::sns::MessageAttributeValue value;
        value.DataType = reader.text();
        value.StringValue = reader.optional_text();
        value.BinaryValue = reader.optional_text();
        notification.attributes.emplace(std::move(name), std::move(value));
    }
    return notification;
}

}  // namespace cumulet::sns
