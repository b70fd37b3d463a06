#include <charconv>

#include "services/sqs/service.h"
#include "sqs_model.h"
#include "workloads.h"

namespace cumulet::simulation {
namespace {

using namespace aws::sqs;
using cumulet::sqs::Service;

constexpr int most_receives = 3;

class SqsWorkload {
  public:
    explicit SqsWorkload(World& world) : world_(world), service_(world.store()), model_(world) {}

    void run() {
        world_.start(create_queues());
        world_.run();
        producers_ = 1 + world_.below(4);
        for (size_t i = 0; i < producers_; ++i) world_.start(produce(i));
        for (size_t i = 1 + world_.below(5); i > 0; --i) world_.start(consume(world_.chance(0.2)));
        world_.start(ring());
        world_.start(answer_rings());
        world_.run();
        world_.start(drain());
        world_.run();
        model_.check_nothing_lost();
        world_.start(delete_queues());
        world_.run();
    }

  private:
    static constexpr int sends_each = 10, rings = 6;

    template <typename Output, typename Input>
    Task<Output> call(
        Task<Output> (Service::*operation)(Call&, Input), Input input, std::function<void()> before = [] {}) {
        auto answer = co_await world_.ask(service_, operation, std::move(input), std::move(before));
        co_return std::move(answer.value);
    }

    Task<std::string> create(std::string name, std::map<std::string, std::string> attributes) {
        const auto created =
            co_await call(&Service::create_queue,
                          CreateQueueRequest{.QueueName = std::move(name), .Attributes = std::move(attributes)});
        co_return *created.QueueUrl;
    }

    Task<void> create_queues() {
        dead_ = co_await create("dead", {});
        const auto policy =
            fmt::format(R"({{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":"{}"}})",
                        most_receives);
        jobs_ = co_await create("jobs", {{"VisibilityTimeout", "5"}, {"RedrivePolicy", policy}});
        bell_ = co_await create("bell", {{"VisibilityTimeout", "1"}});
    }

    Task<void> produce(size_t producer) {
        for (int round = 0; round < sends_each; ++round) {
            const auto name = fmt::format("{}.{}", producer, round);
            if (world_.chance(0.6)) {
                co_await send(name);
            } else {
                co_await send_batch(name);
            }
            co_await world_.dawdle(2s);
        }
        --producers_;
    }

    std::optional<int32_t> some_delay() {
        if (world_.chance(0.6)) return std::nullopt;
        return static_cast<int32_t>(world_.below(8));
    }

    Task<void> send(std::string body) {
        const auto delay = some_delay();
        const auto sent = co_await call(
            &Service::send_message, SendMessageRequest{.QueueUrl = jobs_, .MessageBody = body, .DelaySeconds = delay},
            [&] { model_.trying_to_send(body, world_.now() + std::chrono::seconds(delay.value_or(0))); });
        model_.sent(body, *sent.MessageId);
        world_.note("sent " + body);
    }

    Task<void> send_batch(std::string name) {
        std::vector<SendMessageBatchRequestEntry> entries;
        for (size_t i = 1 + world_.below(5); i > 0; --i) {
            entries.push_back(
                {.Id = std::to_string(i), .MessageBody = fmt::format("{}/{}", name, i), .DelaySeconds = some_delay()});
        }
        const auto result = co_await call(&Service::send_message_batch,
                                          SendMessageBatchRequest{.QueueUrl = jobs_, .Entries = entries}, [&] {
                                              for (const auto& entry : entries) {
                                                  const std::chrono::seconds delay(entry.DelaySeconds.value_or(0));
                                                  model_.trying_to_send(entry.MessageBody, world_.now() + delay);
                                              }
                                          });
        world_.check(result.Failed.empty() && result.Successful.size() == entries.size(), "a batch was sent in part");
        for (const auto& done : result.Successful) {
            model_.sent(fmt::format("{}/{}", name, done.Id), done.MessageId);
            world_.note(fmt::format("sent {}/{}", name, done.Id));
        }
    }

    struct Received {
        Receipt receipt;
        std::string handle;
    };
    Task<std::vector<Received>> receive(std::string url, int32_t most, int32_t wait_seconds,
                                        std::optional<int32_t> visibility_seconds) {
        Time asked;
        const ReceiveMessageRequest request{.QueueUrl = url,
                                            .AttributeNames = {{"ApproximateReceiveCount"}},
                                            .MaxNumberOfMessages = most,
                                            .VisibilityTimeout = visibility_seconds,
                                            .WaitTimeSeconds = wait_seconds};
        const auto result = co_await call(&Service::receive_message, request, [&] { asked = world_.now(); });
        std::vector<Received> all;
        if (!result.Messages) {
            world_.check(world_.now() >= asked + std::chrono::seconds(wait_seconds), "a long poll ended early, empty");
            co_return all;
        }
        world_.check(result.Messages->size() <= static_cast<size_t>(most), "more messages than were asked for");
        for (const auto& message : *result.Messages) {
            Receipt receipt{.message_id = *message.MessageId,
                            .body = *message.Body,
                            .count = number_of(message.Attributes->at("ApproximateReceiveCount")),
                            .dead = url == dead_,
                            .asked = asked,
                            .answered = world_.now(),
                            .visibility = std::chrono::seconds(visibility_seconds.value_or(url == jobs_ ? 5 : 30))};
            world_.check(receipt.dead || receipt.count <= most_receives, "{} was received {} times", receipt.body,
                         receipt.count);
            world_.check(!receipt.dead || receipt.count > most_receives, "{} died after {} receives", receipt.body,
                         receipt.count - 1);
            model_.received(receipt);
            all.push_back({std::move(receipt), *message.ReceiptHandle});
        }
        co_return all;
    }

    static int64_t number_of(const std::string& text) {
        int64_t number = -1;
        std::from_chars(text.data(), text.data() + text.size(), number);
        return number;
    }

    /// Goes on while there are producers, and a while longer. Some of what it receives it never deletes: it crashed.
    Task<void> consume(bool clumsy) {
        for (int rest = 6; rest > 0; rest -= producers_ == 0) {
            static constexpr int32_t waits[] = {0, 0, 1, 20};
            std::optional<int32_t> visibility;
            if (world_.chance(0.5)) visibility = static_cast<int32_t>(1 + world_.below(6));
            const auto most = static_cast<int32_t>(1 + world_.below(10));
            auto received = co_await receive(jobs_, most, waits[world_.below(4)], visibility);
            if (world_.chance(clumsy ? 0.7 : 0.15)) {
                world_.note("crashed");
                continue;
            }
            co_await world_.dawdle(world_.chance(0.1) ? 8s : 500ms);
            if (!received.empty() && world_.chance(0.3)) co_await move(received.front());
            if (world_.chance(0.5)) {
                co_await erase_batch(jobs_, std::move(received));
            } else {
                for (auto& each : received) co_await erase(jobs_, std::move(each));
            }
            co_await world_.dawdle(1s);
        }
    }

    Task<void> move(Received& received) {
        const auto seconds = static_cast<int32_t>(world_.below(5));
        Time asked;
        int tries = 0;
        try {
            co_await call(&Service::change_message_visibility,
                          ChangeMessageVisibilityRequest{jobs_, received.handle, seconds}, [&] {
                              asked = world_.now();
                              ++tries;
                              model_.trying_to_move(received.receipt);
                          });
            // After a lost answer another may have received it in between.
            model_.moved(received.receipt, asked, std::chrono::seconds(tries == 1 ? seconds : 0));
        } catch (const MessageNotInflight&) {
            // A try whose answer was lost may have made it visible.
            const bool held = tries == 1 && world_.now() < received.receipt.held_until();
            world_.check(!held, "{} is held, and not in flight", received.receipt.body);
            received.receipt.visibility = 0s;
        }
    }

    Task<void> erase(std::string url, Received received) {
        co_await call(&Service::delete_message, DeleteMessageRequest{url, received.handle},
                      [&] { model_.trying_to_delete(received.receipt); });
        model_.deleted(received.receipt);
    }

    Task<void> erase_batch(std::string url, std::vector<Received> received) {
        if (received.empty()) co_return;
        DeleteMessageBatchRequest request{.QueueUrl = url};
        for (size_t i = 0; i < received.size(); ++i) request.Entries.push_back({std::to_string(i), received[i].handle});
        const auto result = co_await call(&Service::delete_message_batch, request, [&] {
            for (const auto& each : received) model_.trying_to_delete(each.receipt);
        });
        world_.check(result.Failed.empty() && result.Successful.size() == received.size(), "a batch deleted in part");
        for (const auto& each : received) model_.deleted(each.receipt);
    }

    /// Long polls: whoever sleeps on a queue wakes soon after a message becomes visible.
    Task<void> ring() {
        for (int round = 0; round < rings; ++round) {
            co_await world_.dawdle(30s);
            const auto delay = static_cast<int32_t>(world_.below(3) * 4);
            rung_ = Time::max();
            const auto answered = answered_;
            co_await call(&Service::send_message,
                          SendMessageRequest{.QueueUrl = bell_, .MessageBody = "ring", .DelaySeconds = delay});
            if (answered_ == answered) rung_ = world_.now() + std::chrono::seconds(delay);
            while (answered_ == answered) co_await world_.reactor().sleep_for(1s);
        }
        silent_ = true;
    }

    Task<void> answer_rings() {
        while (!silent_) {
            const auto result = co_await call(&Service::receive_message,
                                              ReceiveMessageRequest{.QueueUrl = bell_, .WaitTimeSeconds = 20});
            const bool late = rung_ != Time::max() && world_.now() > rung_ + 12s;
            world_.check(!late, "a long poll slept through a message");
            if (!result.Messages) continue;
            co_await call(&Service::delete_message,
                          DeleteMessageRequest{bell_, *result.Messages->front().ReceiptHandle});
            ++answered_;
            rung_ = Time::max();
            world_.note("answered the bell");
        }
    }

    Task<int64_t> total(std::string url) {
        const auto result = co_await call(&Service::get_queue_attributes,
                                          GetQueueAttributesRequest{url, std::vector<std::string>{"All"}});
        int64_t sum = 0;
        for (const auto* state : {"", "NotVisible", "Delayed"}) {
            sum += number_of(result.Attributes->at(fmt::format("ApproximateNumberOfMessages{}", state)));
        }
        co_return sum;
    }

    Task<void> drain() {
        for (int round = 0; round < 300; ++round) {
            const auto left = co_await total(jobs_) + co_await total(dead_);
            model_.check_total(left);
            if (left == 0) {
                // Of each queue its record, where the dead letters go, and messages that the bell's ringer was not told of.
                const auto expected = 4 + static_cast<size_t>(co_await total(bell_));
                const auto keys = co_await count_keys();
                world_.check(keys == expected, "{} keys are stored for empty queues, not {}", keys, expected);
                co_return;
            }
            for (const auto& url : {jobs_, dead_}) {
                co_await erase_batch(url, co_await receive(url, 10, url == jobs_ ? 20 : 0, 60));
            }
        }
        world_.fail("the queues cannot be emptied");
    }

    /// A queue that is gone leaves nothing behind in the store.
    Task<void> delete_queues() {
        for (const auto& url : {jobs_, dead_, bell_}) {
            try {
                co_await call(&Service::delete_queue, DeleteQueueRequest{url});
            } catch (const QueueDoesNotExist&) {
                // The answer to an earlier try was lost.
            }
        }
        const auto keys = co_await count_keys();
        world_.check(keys == 0, "{} keys remain of deleted queues", keys);
    }

    Task<size_t> count_keys() {
        const auto rows = co_await world_.persist([&] {
            return world_.store().transact(
                [](store::Transaction& tx) -> Task<std::vector<store::Entry>> { return tx.scan(store::Range{}, {}); });
        });
        co_return rows.value.size();
    }

    World& world_;
    Service service_;
    SqsModel model_;
    std::string jobs_, dead_, bell_;
    size_t producers_ = 0;
    Time rung_ = Time::max();
    int answered_ = 0;
    bool silent_ = false;
};

}  // namespace

void sqs_workload(World& world) { SqsWorkload(world).run(); }

}  // namespace cumulet::simulation
