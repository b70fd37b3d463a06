// ListDeadLetterSourceQueues, and the rules between a queue and its dead-letter queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListDeadLetterSourceQueues.html

#include "services/sqs/dead_letters.h"

#include "base/bytes.h"
#include "services/sqs/service.h"

namespace cumulet::sqs {

using namespace aws::sqs;

namespace {

[[noreturn]] void refuse(const Queue& queue, std::string_view reason) {
    throw invalid_parameter(fmt::format("Value {} for parameter RedrivePolicy is invalid. Reason: {}",
                                        queue.attributes.at("RedrivePolicy"), reason));
}

/// The name of the queue's dead-letter queue, "" if it has none.
std::string target_of(const Queue* queue) {
    const auto policy = queue ? queue->redrive_policy() : std::nullopt;
    const auto arn = policy ? Arn::parse(policy->target_arn) : std::nullopt;
    return arn ? arn->resource : "";
}

/// Saves the sources among queues that an earlier Cumulet stored, which had no index of them. Once for each place.
Task<void> index_former_sources(store::Transaction& tx, Place place) {
    constexpr size_t page = 1000;
    if (co_await knows_sources(tx, place)) co_return;
    std::string after;
    while (true) {
        const auto queues = co_await list_queues(tx, place, "", after, page);
        for (const auto& queue : queues) index_dead_letter_source(tx, nullptr, &queue);
        if (queues.size() < page) break;
        after = queues.back().name;
    }
    save_knows_sources(tx, place);
}

}  // namespace

Task<void> check_dead_letter_target(store::Transaction& tx, const Queue& queue) {
    const auto policy = queue.redrive_policy();
    if (!policy) co_return;
    const auto arn = Arn::parse(policy->target_arn);
    if (!arn) refuse(queue, "Invalid value for deadLetterTargetArn.");
    if (arn->account != queue.account) refuse(queue, "Dead-letter target owner should be same as the source.");
    // Unverified: AWS's text where only the region differs.
    if (arn->region != queue.region) refuse(queue, "Dead-letter target must be in same region as the source.");
    if (arn->resource.ends_with(".fifo") != queue.fifo()) {
        refuse(queue, "Dead-letter queue must be same type of queue as the source.");
    }
    const auto target = co_await find_queue(tx, {arn->account, arn->region}, arn->resource);
    if (!target) refuse(queue, "Dead letter target does not exist.");
    const auto permission = target->attributes.find("RedriveAllowPolicy");
    if (permission == target->attributes.end()) co_return;
    if (!parse_redrive_allow_policy(permission->second).allows(queue.arn())) {
        // Unverified: AWS's text is not public.
        refuse(queue, fmt::format("Queue {} is not allowed to use the dead-letter queue by its RedriveAllowPolicy.",
                                  queue.arn()));
    }
}

void index_dead_letter_source(store::Transaction& tx, const Queue* before, const Queue* after) {
    const auto old_target = target_of(before);
    const auto new_target = target_of(after);
    if (old_target == new_target) return;
    if (!old_target.empty()) erase_source(tx, *before, old_target);
    if (!new_target.empty()) save_source(tx, *after, new_target);
}

Task<std::vector<std::string>> dead_letter_sources(store::Transaction& tx, const Queue& target, std::string after,
                                                   size_t limit) {
    co_await index_former_sources(tx, {target.account, target.region});
    co_return co_await sources_of(tx, target, std::move(after), limit);
}

Task<ListDeadLetterSourceQueuesResult> Service::list_dead_letter_source_queues(
    Call& call, ListDeadLetterSourceQueuesRequest request) {
    const auto most = page_limit(request.MaxResults);
    const auto after = page_start(request.NextToken, request.MaxResults);
    const auto address = parse_queue_url(call, request.QueueUrl);
    const auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<std::string>> {
        const auto queue = co_await load_queue(tx, call, request.QueueUrl);
        co_return co_await dead_letter_sources(tx, queue, after, most + 1);
    });
    ListDeadLetterSourceQueuesResult result;
    for (size_t i = 0; i < std::min(found.size(), most); ++i) {
        result.queueUrls.push_back(url_of(call, {address.account, address.region, found[i]}));
    }
    if (request.MaxResults && found.size() > most) result.NextToken = to_base64(found[most - 1]);
    co_return result;
}

}  // namespace cumulet::sqs
