// CreateQueue, DeleteQueue, GetQueueUrl, ListQueues, PurgeQueue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html

#include "base/bytes.h"
#include "services/sqs/attribute_rules.h"
#include "services/sqs/dead_letters.h"
#include "services/sqs/service.h"

namespace cumulet::sqs {

using namespace aws::sqs;

namespace {

constexpr auto pause = std::chrono::seconds(60);

bool wants_fifo(const Attributes& attributes) {
    const auto set = attributes.find("FifoQueue");
    return set != attributes.end() && set->second == "true";
}

}  // namespace

Task<CreateQueueResult> Service::create_queue(Call& call, CreateQueueRequest request) {
    const auto attributes = request.Attributes.value_or(Attributes());
    const bool fifo = wants_fifo(attributes);
    check_queue_name(request.QueueName, fifo);
    check_attributes(attributes, fifo, true);
    if (request.tags) check_tags(request.QueueName, *request.tags);
    const auto generation = call.random().next();

    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const Place place{call.account, call.region};
        if (const auto existing = co_await find_queue(tx, place, request.QueueName)) {
            check_same_attributes(*existing, attributes);
            co_return;
        }
        if (settings_.deleted_names_pause &&
            co_await deleted_since(tx, place, request.QueueName, call.now() - pause + Duration(1))) {
            throw QueueDeletedRecently(
                "You must wait 60 seconds after deleting a queue before you can create another with the same name.");
        }
        Queue queue;
        queue.account = call.account;
        queue.region = call.region;
        queue.name = request.QueueName;
        queue.generation = generation;
        queue.created = queue.modified = call.now();
        queue.attributes = with_attributes({}, attributes);
        queue.tags = request.tags.value_or(std::map<std::string, std::string>());
        co_await check_dead_letter_target(tx, queue);
        index_dead_letter_source(tx, nullptr, &queue);
        save_queue(tx, queue);
    });
    co_return CreateQueueResult{.QueueUrl = url_of(call, {call.account, call.region, request.QueueName})};
}

Task<DeleteQueueResponse> Service::delete_queue(Call& call, DeleteQueueRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto queue = co_await load_queue(tx, call, request.QueueUrl);
        erase_queue(tx, queue);
        index_dead_letter_source(tx, &queue, nullptr);
        erase_move_tasks(tx, queue);
        if (settings_.purge_pauses) erase_purge(tx, queue);
        if (settings_.deleted_names_pause) save_deletion(tx, queue, call.now(), call.now() - pause);
        tx.wake(queue.topic());
    });
    co_return DeleteQueueResponse{};
}

Task<GetQueueUrlResult> Service::get_queue_url(Call& call, GetQueueUrlRequest request) {
    const auto account = request.QueueOwnerAWSAccountId.value_or(call.account);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (!co_await find_queue(tx, {account, call.region}, request.QueueName)) throw queue_does_not_exist(call);
    });
    co_return GetQueueUrlResult{.QueueUrl = url_of(call, {account, call.region, request.QueueName})};
}

Task<ListQueuesResult> Service::list_queues(Call& call, ListQueuesRequest request) {
    const auto limit = page_limit(request.MaxResults);
    const auto after = page_start(request.NextToken, request.MaxResults);
    const auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Queue>> {
        co_return co_await sqs::list_queues(tx, {call.account, call.region}, request.QueueNamePrefix.value_or(""),
                                            after, limit + 1);
    });

    ListQueuesResult result;
    if (found.empty()) co_return result;
    result.QueueUrls.emplace();
    for (size_t i = 0; i < std::min(found.size(), limit); ++i) {
        result.QueueUrls->push_back(url_of(call, {found[i].account, found[i].region, found[i].name}));
    }
    // Only a caller who asked for pages gets a token for the next.
    if (request.MaxResults && found.size() > limit) result.NextToken = to_base64(found[limit - 1].name);
    co_return result;
}

Task<PurgeQueueResponse> Service::purge_queue(Call& call, PurgeQueueRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto queue = co_await load_queue(tx, call, request.QueueUrl);
        if (settings_.purge_pauses) {
            const auto last = co_await last_purge(tx, queue);
            if (last && call.now() < *last + pause) {
                throw PurgeQueueInProgress(
                    fmt::format("Only one PurgeQueue operation on {} is allowed every 60 seconds.", queue.name));
            }
            save_purge(tx, queue, call.now());
        }
        erase_messages(tx, queue);
    });
    co_return PurgeQueueResponse{};
}

}  // namespace cumulet::sqs
