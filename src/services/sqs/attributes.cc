// GetQueueAttributes, SetQueueAttributes, TagQueue, UntagQueue, ListQueueTags.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html

#include "services/sqs/service.h"

namespace cumulet::sqs {

using namespace aws::sqs;

namespace {

constexpr size_t most_tags = 50;

struct Counts {
    int64_t visible = 0;
    int64_t in_flight = 0;
    int64_t delayed = 0;
};

// Exact at its instant: a delivery that lies ahead is in flight if it was received, otherwise delayed.
Task<Counts> count_messages(store::Transaction& tx, const Queue& queue, Time now) {
    constexpr size_t page = 10'000;
    Counts counts;
    Time from = Time::min();
    while (true) {
        const auto waiting = co_await deliveries(tx, queue, from, Time::max(), page);
        for (const auto& [id, delivery] : waiting) {
            if (delivery.sent + queue.retention() <= now) continue;
            ++(delivery.visible_at <= now   ? counts.visible
               : delivery.receive_count > 0 ? counts.in_flight
                                            : counts.delayed);
        }
        if (waiting.size() < page) co_return counts;
        from = waiting.back().delivery.visible_at + Duration(1);
    }
}

Task<void> check_redrive_target(store::Transaction& tx, std::map<std::string, std::string> attributes) {
    Queue queue;
    queue.attributes = std::move(attributes);
    const auto policy = queue.redrive_policy();
    if (!policy) co_return;
    const auto arn = Arn::parse(policy->target_arn);
    if (!arn || !co_await find_queue(tx, {arn->account, arn->region}, arn->resource)) {
        throw invalid_parameter(
            fmt::format("Value {} for parameter RedrivePolicy is invalid. Reason: Dead letter target does "
                        "not exist.",
                        queue.attributes["RedrivePolicy"]));
    }
}

std::map<std::string, std::string> all_attributes(const Queue& queue, const Counts& counts) {
    std::map<std::string, std::string> all;
    for (const auto name : {"DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod",
                            "ReceiveMessageWaitTimeSeconds", "VisibilityTimeout"}) {
        all[name] = std::to_string(queue.number(name));
    }
    all["SqsManagedSseEnabled"] = "true";
    for (const auto& [name, value] : queue.attributes) {
        if (!value.empty()) all[name] = value;
    }
    const auto seconds = [](Time time) { return std::to_string(epoch_millis(time) / 1000); };
    all["QueueArn"] = queue.arn();
    all["CreatedTimestamp"] = seconds(queue.created);
    all["LastModifiedTimestamp"] = seconds(queue.modified);
    all["ApproximateNumberOfMessages"] = std::to_string(counts.visible);
    all["ApproximateNumberOfMessagesNotVisible"] = std::to_string(counts.in_flight);
    all["ApproximateNumberOfMessagesDelayed"] = std::to_string(counts.delayed);
    return all;
}

}  // namespace

Task<GetQueueAttributesResult> Service::get_queue_attributes(Call& call, GetQueueAttributesRequest request) {
    const auto names = request.AttributeNames.value_or(std::vector<std::string>());
    for (const auto& name : names) check_attribute_name(name);
    const bool counted = std::ranges::any_of(
        names, [](std::string_view name) { return name == "All" || name.starts_with("ApproximateNumberOf"); });

    GetQueueAttributesResult result;
    const auto [queue, counts] =
        co_await store_.transact([&](store::Transaction& tx) -> Task<std::pair<Queue, Counts>> {
            const auto queue = co_await load_queue(tx, call, request.QueueUrl);
            co_return std::pair(queue, counted ? co_await count_messages(tx, queue, call.now()) : Counts());
        });
    auto all = all_attributes(queue, counts);
    std::erase_if(all,
                  [&](const auto& attribute) { return !contains(names, attribute.first) && !contains(names, "All"); });
    if (!all.empty()) result.Attributes = std::move(all);
    co_return result;
}

Task<SetQueueAttributesResponse> Service::set_queue_attributes(Call& call, SetQueueAttributesRequest request) {
    check_attributes(request.Attributes, false);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto queue = co_await load_queue(tx, call, request.QueueUrl);
        co_await check_redrive_target(tx, request.Attributes);
        for (const auto& [name, value] : request.Attributes) {
            if (value.empty()) {
                queue.attributes.erase(name);  // an empty policy removes it
            } else {
                queue.attributes[name] = value;
            }
        }
        queue.modified = call.now();
        save_queue(tx, queue);
    });
    co_return SetQueueAttributesResponse{};
}

Task<TagQueueResponse> Service::tag_queue(Call& call, TagQueueRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto queue = co_await load_queue(tx, call, request.QueueUrl);
        for (const auto& [key, value] : request.Tags) queue.tags[key] = value;
        if (queue.tags.size() > most_tags) {
            throw invalid_parameter(fmt::format("Too many tags added for queue {}.", queue.name));
        }
        save_queue(tx, queue);
    });
    co_return TagQueueResponse{};
}

Task<UntagQueueResponse> Service::untag_queue(Call& call, UntagQueueRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto queue = co_await load_queue(tx, call, request.QueueUrl);
        for (const auto& key : request.TagKeys) queue.tags.erase(key);
        save_queue(tx, queue);
    });
    co_return UntagQueueResponse{};
}

Task<ListQueueTagsResult> Service::list_queue_tags(Call& call, ListQueueTagsRequest request) {
    auto queue = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<Queue> { co_return co_await load_queue(tx, call, request.QueueUrl); });
    ListQueueTagsResult result;
    if (!queue.tags.empty()) result.Tags = std::move(queue.tags);
    co_return result;
}

}  // namespace cumulet::sqs
