// Publish, PublishBatch.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html

#include "services/sns/fifo.h"
#include "services/sns/publication.h"
#include "services/sns/service.h"

namespace cumulet::sns {

using namespace aws::sns;

namespace {

constexpr size_t outbox_id_digits = 24;

Audience const& require(const std::shared_ptr<const Audience>& audience) {
    if (!audience) throw NotFoundException("Topic does not exist");
    return *audience;
}

}  // namespace

Task<PublishResponse> Service::publish(Call& call, PublishInput request) {
    const auto phone = request.PhoneNumber;
    const auto arn = request.TopicArn ? request.TopicArn : request.TargetArn;
    if (!phone && !arn) throw invalid_parameter("TopicArn or TargetArn Reason: no value for required parameter");
    auto notification = checked_notification(call, std::move(request));
    if (phone) co_return co_await publish_to_phone(call, *phone, std::move(notification));
    if (is_endpoint_arn(*arn)) co_return co_await publish_to_device(call, *arn, std::move(notification));

    const auto address = parse_topic_arn(call, *arn);
    std::vector<Notification> notifications;
    notifications.push_back(std::move(notification));
    auto accepted = co_await publish_to_topic(call, address, std::move(notifications));
    PublishResponse result{.MessageId = std::move(accepted[0].message_id)};
    if (!accepted[0].sequence_number.empty()) result.SequenceNumber = std::move(accepted[0].sequence_number);
    co_return result;
}

Task<PublishBatchResponse> Service::publish_batch(Call& call, PublishBatchInput request) {
    const auto address = parse_topic_arn(call, request.TopicArn);
    check_batch(request.PublishBatchRequestEntries);
    std::vector<std::string> ids;
    std::vector<Notification> notifications;
    size_t bytes = 0;
    for (auto& entry : request.PublishBatchRequestEntries) {
        ids.push_back(entry.Id);
        notifications.push_back(checked_notification(call, std::move(entry), ids.size()));
        bytes += size_bytes(notifications.back());
    }
    if (bytes > largest_message_bytes) {
        throw BatchRequestTooLongException("The length of all the messages put together is more than the limit.");
    }
    auto accepted = co_await publish_to_topic(call, address, std::move(notifications));
    PublishBatchResponse result;
    auto& successful = result.Successful.emplace();
    result.Failed.emplace();
    for (size_t i = 0; i < ids.size(); ++i) {
        auto& entry = successful.emplace_back();
        entry.Id = std::move(ids[i]);
        entry.MessageId = std::move(accepted[i].message_id);
        if (!accepted[i].sequence_number.empty()) entry.SequenceNumber = std::move(accepted[i].sequence_number);
    }
    co_return result;
}

Task<std::vector<Accepted>> Service::publish_to_topic(Call& call, TopicAddress address,
                                                      std::vector<Notification> notifications) {
    FilteredOut filtered_out;
    size_t bytes = 0;
    for (const auto& notification : notifications) bytes += size_bytes(notification);
    const auto count = notifications.size();
    const auto topic_name = address.name;
    const auto account = address.place.account;
    std::vector<Accepted> accepted;
    if (address.name.ends_with(".fifo")) {
        accepted = co_await publish_in_order(std::move(address), std::move(notifications), filtered_out);
    } else {
        accepted = co_await publish_to_all(call, std::move(address), std::move(notifications), filtered_out);
    }
    count_published({.account = account, .region = call.region, .topic = topic_name}, count, bytes, filtered_out,
                    call.now());
    co_return accepted;
}

Task<std::vector<Accepted>> Service::publish_to_all(Call& call, TopicAddress address,
                                                    std::vector<Notification> notifications,
                                                    FilteredOut& filtered_out) {
    std::vector<Handed> handed(notifications.size());
    for (size_t i = 0; i < handed.size(); ++i) {
        handed[i].notification = std::make_shared<const Notification>(std::move(notifications[i]));
        handed[i].id = call.random().hex(outbox_id_digits);
    }
    const bool ours = deliverer_.has_room();
    const auto due = ours ? deliverer_.held_until(call.now()) : call.now();

    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        filtered_out = {};
        const auto audience = co_await audiences_.find(tx, address);
        const auto& topic = require(audience).topic;
        for (auto& one : handed) {
            check_fit(*one.notification, topic);
            one.audience = audience;
            one.wanted = audience->wanted_by(*one.notification, filtered_out);
            one.due = due;
            if (one.wanted.empty()) continue;
            save_outbox_entry(tx, {.due = due,
                                   .id = one.id,
                                   .topic = address,
                                   .generation = topic.generation,
                                   .notification = *one.notification});
        }
        if (!ours) tx.wake(std::string(outbox_topic));
    });

    std::vector<Accepted> accepted;
    for (auto& one : handed) {
        accepted.push_back({.message_id = one.notification->id});
        if (ours && !one.wanted.empty()) deliverer_.take(std::move(one));
    }
    co_return accepted;
}

Task<std::vector<Accepted>> Service::publish_in_order(TopicAddress address, std::vector<Notification> notifications,
                                                      FilteredOut& filtered_out) {
    // The next publisher may number its message as soon as this one's is visible, while its commit is on the way to
    // disk.
    std::optional guard(
        co_await publishers_.lock(fmt::format("{}/{}/{}", address.place.account, address.place.region, address.name)));
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Accepted>> {
        tx.when_visible([&guard] { guard.reset(); });
        filtered_out = {};
        const auto audience = co_await audiences_.find(tx, address);
        const auto& topic = require(audience).topic;
        std::vector<Accepted> accepted;
        for (const auto& notification : notifications) {
            check_fit(notification, topic);
            auto numbered = notification;
            numbered.deduplication = deduplication_id(notification);
            accepted.push_back(co_await append_to_lanes(tx, *audience, numbered, filtered_out));
        }
        co_return accepted;
    });
}

void Service::count_published(PublishedTo to, size_t count, size_t bytes, const FilteredOut& filtered_out, Time now) {
    const contracts::MetricScope::Dimension dimension{"TopicName", to.topic};
    const contracts::MetricScope scope{to.account, to.region, "AWS/SNS", {&dimension, 1}};
    metrics_.add(scope,
                 {{.name = "NumberOfMessagesPublished", .value = static_cast<double>(count)},
                  {.name = "PublishSize", .value = static_cast<double>(bytes), .unit = "Bytes"}},
                 now);
    if (filtered_out.all() == 0) return;
    std::array<contracts::MetricSample, 5> samples;
    size_t filled = 0;
    const auto add = [&](std::string_view name, int64_t value) {
        if (value > 0) samples[filled++] = {name, static_cast<double>(value)};
    };
    add("NumberOfNotificationsFilteredOut", filtered_out.all());
    add("NumberOfNotificationsFilteredOut-MessageAttributes", filtered_out.by_attributes);
    add("NumberOfNotificationsFilteredOut-NoMessageAttributes", filtered_out.without_attributes);
    add("NumberOfNotificationsFilteredOut-MessageBody", filtered_out.by_body);
    add("NumberOfNotificationsFilteredOut-InvalidMessageBody", filtered_out.by_invalid_body);
    metrics_.add(scope, std::span(samples.data(), filled), now);
}

}  // namespace cumulet::sns
