#include <charconv>

#include "services/sqs/service.h"
#include "sqs_fifo_model.h"
#include "workloads.h"

namespace cumulet::simulation {
namespace {

using namespace aws::sqs;
using cumulet::sqs::Service;

constexpr int most_receives = 4;

/// Producers that each own some groups and repeat themselves, consumers that crash, hold messages for too long, give
/// them back and ask again for what a lost answer held.
class SqsFifoWorkload {
  public:
    explicit SqsFifoWorkload(World& world) : world_(world), service_(world.store()), model_(world) {}

    void run() {
        world_.start(create_queues());
        world_.run();
        producers_ = 1 + world_.below(3);
        for (size_t i = 0; i < producers_; ++i) world_.start(produce(i));
        for (size_t i = 1 + world_.below(4); i > 0; --i) world_.start(consume(world_.chance(0.3)));
        world_.run();
        world_.start(drain());
        world_.run();
        model_.check_end();
        world_.start(delete_queues());
        world_.run();
    }

  private:
    static constexpr int sends_each = 12;

    template <typename Output, typename Input>
    Task<Output> call(
        Task<Output> (Service::*operation)(Call&, Input), Input input, std::function<void()> before = [] {}) {
        auto answer = co_await world_.ask(service_, operation, std::move(input), std::move(before));
        co_return std::move(answer.value);
    }

    Task<std::string> create(std::string name, std::map<std::string, std::string> attributes) {
        attributes["FifoQueue"] = "true";
        attributes["VisibilityTimeout"] = "5";
        const auto created =
            co_await call(&Service::create_queue,
                          CreateQueueRequest{.QueueName = std::move(name), .Attributes = std::move(attributes)});
        co_return *created.QueueUrl;
    }

    Task<void> create_queues() {
        dead_ = co_await create("dead.fifo", {});
        std::map<std::string, std::string> attributes;
        if (world_.chance(0.5)) attributes["DeduplicationScope"] = "messageGroup";
        if (world_.chance(0.5)) {
            attributes["RedrivePolicy"] = fmt::format(
                R"({{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead.fifo","maxReceiveCount":"{}"}})",
                most_receives);
        }
        orders_ = co_await create("orders.fifo", std::move(attributes));
    }

    Task<void> produce(size_t producer) {
        const size_t groups = 1 + world_.below(2);
        std::vector<int> next(groups);
        for (int round = 0; round < sends_each; ++round) {
            const size_t group = world_.below(groups);
            const FifoBody body{fmt::format("{}-{}", producer, group), next[group]++};
            if (world_.chance(0.6)) {
                co_await send(body);
            } else {
                std::vector<FifoBody> bodies{body};
                for (size_t more = world_.below(4); more > 0; --more) bodies.push_back({body.group, next[group]++});
                co_await send_batch(std::move(bodies));
            }
            if (world_.chance(0.2)) co_await send(body);  // once more: it was there before
            co_await world_.dawdle(2s);
        }
        --producers_;
    }

    Task<void> send(FifoBody body) {
        const auto sent =
            co_await call(&Service::send_message, SendMessageRequest{.QueueUrl = orders_,
                                                                     .MessageBody = body.text(),
                                                                     .MessageDeduplicationId = body.text(),
                                                                     .MessageGroupId = body.group});
        model_.sent(body, *sent.MessageId, *sent.SequenceNumber);
    }

    Task<void> send_batch(std::vector<FifoBody> bodies) {
        std::vector<SendMessageBatchRequestEntry> entries;
        for (const auto& body : bodies) {
            entries.push_back({.Id = std::to_string(entries.size()),
                               .MessageBody = body.text(),
                               .MessageDeduplicationId = body.text(),
                               .MessageGroupId = body.group});
        }
        const auto result = co_await call(&Service::send_message_batch,
                                          SendMessageBatchRequest{.QueueUrl = orders_, .Entries = entries});
        world_.check(result.Successful.size() == bodies.size(), "a batch was sent in part");
        for (size_t i = 0; i < bodies.size(); ++i) {
            model_.sent(bodies[i], result.Successful[i].MessageId, *result.Successful[i].SequenceNumber);
        }
    }

    Task<std::vector<FifoReceipt>> receive(std::string url, int32_t most, int32_t wait_seconds, bool repeatable) {
        Time asked;
        ReceiveMessageRequest request{
            .QueueUrl = url, .AttributeNames = {{"All"}}, .MaxNumberOfMessages = most, .WaitTimeSeconds = wait_seconds};
        if (repeatable) request.ReceiveRequestAttemptId = fmt::format("attempt-{}", ++attempts_);
        const auto result = co_await call(&Service::receive_message, request, [&] { asked = world_.now(); });
        std::vector<FifoReceipt> all;
        if (!result.Messages) co_return all;
        world_.check(result.Messages->size() <= static_cast<size_t>(most), "more messages than were asked for");
        for (const auto& message : *result.Messages) {
            all.push_back({.body = FifoBody::parse(*message.Body),
                           .message_id = *message.MessageId,
                           .handle = *message.ReceiptHandle,
                           .sequence = message.Attributes->at("SequenceNumber"),
                           .dead = url == dead_,
                           .asked = asked,
                           .answered = world_.now(),
                           .held_until = asked + 5s});
        }
        model_.received(all);
        co_return all;
    }

    Task<void> consume(bool clumsy) {
        for (int rest = 6; rest > 0; rest -= producers_ == 0) {
            static constexpr int32_t waits[] = {0, 1, 20};
            auto received = co_await receive(orders_, static_cast<int32_t>(1 + world_.below(10)),
                                             waits[world_.below(3)], world_.chance(0.3));
            co_await world_.dawdle(world_.chance(clumsy ? 0.4 : 0.1) ? 8s : 500ms);
            for (auto& each : received) {
                if (world_.chance(clumsy ? 0.3 : 0.05)) {
                    world_.note("crashed");
                    break;  // the rest of the batch, too
                }
                if (world_.chance(0.1)) {
                    co_await give_back(each);
                    break;
                }
                co_await erase(orders_, each);
            }
            co_await world_.dawdle(1s);
        }
    }

    Task<void> give_back(const FifoReceipt& receipt) {
        try {
            co_await call(&Service::change_message_visibility,
                          ChangeMessageVisibilityRequest{orders_, receipt.handle, 0},
                          [&] { model_.trying(receipt, false); });
        } catch (const MessageNotInflight&) {
            world_.note("too late to give back " + receipt.body.text());
        }
    }

    Task<void> erase(std::string url, const FifoReceipt& receipt) {
        try {
            co_await call(&Service::delete_message, DeleteMessageRequest{url, receipt.handle},
                          [&] { model_.trying(receipt, true); });
            model_.deleted(receipt);
        } catch (const aws::Error& error) {
            world_.check(error.message.find("has expired") != std::string::npos, "a deletion answers {}",
                         error.message);
            world_.check(world_.now() >= receipt.held_until, "the handle of {} ended too early", receipt.body.text());
        }
    }

    Task<int64_t> total(std::string url) {
        const auto result = co_await call(&Service::get_queue_attributes,
                                          GetQueueAttributesRequest{url, std::vector<std::string>{"All"}});
        int64_t sum = 0;
        for (const auto* state : {"", "NotVisible", "Delayed"}) {
            const auto& text = result.Attributes->at(fmt::format("ApproximateNumberOfMessages{}", state));
            int64_t number = -1;
            std::from_chars(text.data(), text.data() + text.size(), number);
            sum += number;
        }
        co_return sum;
    }

    Task<void> drain() {
        for (int round = 0; round < 500; ++round) {
            const auto left = co_await total(orders_) + co_await total(dead_);
            model_.check_total(left);
            if (left == 0) co_return;
            for (const auto& url : {orders_, dead_}) {
                for (const auto& each : co_await receive(url, 10, url == orders_ ? 6 : 0, false)) {
                    co_await erase(url, each);
                }
            }
        }
        world_.fail("the queues cannot be emptied");
    }

    Task<void> delete_queues() {
        for (const auto& url : {orders_, dead_}) {
            try {
                co_await call(&Service::delete_queue, DeleteQueueRequest{url});
            } catch (const QueueDoesNotExist&) {
                // The answer to an earlier try was lost.
            }
        }
        const auto rows = co_await world_.persist([&] {
            return world_.store().transact(
                [](store::Transaction& tx) -> Task<std::vector<store::Entry>> { return tx.scan(store::Range{}, {}); });
        });
        world_.check(rows.value.empty(), "{} keys remain of deleted queues", rows.value.size());
    }

    World& world_;
    Service service_;
    FifoModel model_;
    std::string orders_, dead_;
    size_t producers_ = 0;
    int attempts_ = 0;
};

}  // namespace

void sqs_fifo_workload(World& world) { SqsFifoWorkload(world).run(); }

}  // namespace cumulet::simulation
