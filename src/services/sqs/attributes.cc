// GetQueueAttributes, SetQueueAttributes, TagQueue, UntagQueue, ListQueueTags.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html

#include "services/sqs/attribute_rules.h"
#include "services/sqs/dead_letters.h"
#include "services/sqs/service.h"

namespace cumulet::sqs {

using namespace aws::sqs;

namespace {

Attributes all_attributes(const Queue& queue, const Counts& counts) {
    auto all = shown_settings(queue);
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
    if (request.Attributes.empty()) throw missing_parameter("Attribute.Name");
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto queue = co_await load_queue(tx, call, request.QueueUrl);
        check_attributes(request.Attributes, queue.fifo(), false);
        const auto before = queue;
        queue.attributes = with_attributes(std::move(queue.attributes), request.Attributes);
        if (request.Attributes.contains("RedrivePolicy")) {
            co_await check_dead_letter_target(tx, queue);
            index_dead_letter_source(tx, &before, &queue);
        }
        queue.modified = call.now();
        save_queue(tx, queue);
    });
    co_return SetQueueAttributesResponse{};
}

Task<TagQueueResponse> Service::tag_queue(Call& call, TagQueueRequest request) {
    if (request.Tags.empty()) throw missing_parameter("Tags");
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto queue = co_await load_queue(tx, call, request.QueueUrl);
        for (const auto& [key, value] : request.Tags) queue.tags[key] = value;
        check_tags(queue.name, queue.tags);
        save_queue(tx, queue);
    });
    co_return TagQueueResponse{};
}

Task<UntagQueueResponse> Service::untag_queue(Call& call, UntagQueueRequest request) {
    if (request.TagKeys.empty()) throw missing_parameter("TagKeys");
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
