// CreateQueue, DeleteQueue, GetQueueUrl, ListQueues, PurgeQueue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html

#include "base/bytes.h"
#include "services/sqs/service.h"

namespace cumulet::sqs {

using namespace aws::sqs;

Task<CreateQueueResult> Service::create_queue(Call& call, CreateQueueRequest request) {
    check_queue_name(request.QueueName);
    const auto attributes = request.Attributes.value_or(std::map<std::string, std::string>());
    check_attributes(attributes, true);
    const auto generation = call.random().next();

    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (const auto existing = co_await find_queue(tx, {call.account, call.region}, request.QueueName)) {
            check_same_attributes(*existing, attributes);
            co_return;
        }
        Queue queue;
        queue.account = call.account;
        queue.region = call.region;
        queue.name = request.QueueName;
        queue.generation = generation;
        queue.created = queue.modified = call.now();
        queue.attributes = attributes;
        queue.tags = request.tags.value_or(std::map<std::string, std::string>());
        save_queue(tx, queue);
    });
    co_return CreateQueueResult{.QueueUrl = queue_url(call, call.account, request.QueueName)};
}

Task<DeleteQueueResponse> Service::delete_queue(Call& call, DeleteQueueRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto queue = co_await load_queue(tx, call, request.QueueUrl);
        erase_queue(tx, queue);
        tx.wake(queue.topic());
    });
    co_return DeleteQueueResponse{};
}

Task<GetQueueUrlResult> Service::get_queue_url(Call& call, GetQueueUrlRequest request) {
    const auto account = request.QueueOwnerAWSAccountId.value_or(call.account);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (!co_await find_queue(tx, {account, call.region}, request.QueueName)) throw queue_does_not_exist(call);
    });
    co_return GetQueueUrlResult{.QueueUrl = queue_url(call, account, request.QueueName)};
}

Task<ListQueuesResult> Service::list_queues(Call& call, ListQueuesRequest request) {
    const auto most = request.MaxResults.value_or(1000);
    if (most < 1 || most > 1000)
        throw invalid_parameter("Value for parameter MaxResults is invalid. Reason: must be 1 to 1000.");
    const auto after = from_base64(request.NextToken.value_or(""));
    if (!after) throw invalid_parameter("Invalid or expired next token.");

    const auto limit = static_cast<size_t>(most);
    const auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Queue>> {
        co_return co_await sqs::list_queues(tx, {call.account, call.region}, request.QueueNamePrefix.value_or(""),
                                            *after, limit + 1);
    });

    ListQueuesResult result;
    if (found.empty()) co_return result;
    result.QueueUrls.emplace();
    for (size_t i = 0; i < std::min(found.size(), limit); ++i) {
        result.QueueUrls->push_back(queue_url(call, found[i].account, found[i].name));
    }
    // Only a caller who asked for pages gets a token for the next.
    if (request.MaxResults && found.size() > limit) result.NextToken = to_base64(found[limit - 1].name);
    co_return result;
}

Task<PurgeQueueResponse> Service::purge_queue(Call& call, PurgeQueueRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        erase_messages(tx, co_await load_queue(tx, call, request.QueueUrl));
    });
    co_return PurgeQueueResponse{};
}

}  // namespace cumulet::sqs
