#include <set>

#include "services/sns/service.h"
#include "services/sqs/service.h"
#include "workloads.h"

namespace cumulet::simulation {
namespace {

using sns::Service;

/// The way from SNS to the queues. Behind the door of a process that dies nobody answers.
class ToQueues final : public contracts::Door {
  public:
    ToQueues(World& world, sqs::Service& queues) : world_(world), queues_(queues) {}

    Task<void> invoke(Call& caller, const contracts::Service& service, const contracts::Operation& operation,
                      void* input, void* output) override {
        if (service.name != "sqs") throw aws::not_implemented(service.name, operation.name);
        while (dead) {
            const auto seen = gates_.version("end");
            co_await gates_.wait("end", seen, Time::max());
        }
        if (over) throw std::runtime_error("the process is gone");
        co_await world_.dawdle(50ms);
        co_await operation.invoke(queues_, caller, input, output);
    }
    void end() {
        dead = false;
        over = true;
        gates_.wake_all();
    }

    bool dead = false;
    bool over = false;

  private:
    World& world_;
    sqs::Service& queues_;
    Gates gates_{1};
};

/// Two processes publish to one standard and one FIFO topic; one of them delivers, the other dies before it could.
class SnsWorkload {
  public:
    explicit SnsWorkload(World& world)
        : world_(world),
          queues_(world.store()),
          door_(world, queues_),
          dead_door_(world, queues_),
          alive_(world.store(), door_, metrics_),
          dying_(world.store(), dead_door_, metrics_) {
        dead_door_.dead = true;
    }

    void run() {
        world_.start(prepare());
        world_.run();
        world_.reactor().post([this] { alive_.start(); });
        publishers_ = 1 + world_.below(4);
        for (size_t i = 0; i < publishers_; ++i) world_.start(publish(i));
        for (const auto& name : {"all", "some", "ordered.fifo"}) world_.start(consume(name));
        world_.run();
        check();
        world_.start(end());
        world_.run();
    }

  private:
    static constexpr int rounds = 8;
    static constexpr int groups = 3;

    Task<void> prepare() {
        standard_ = co_await create_topic("orders", {});
        fifo_ = co_await create_topic("orders.fifo", {{"FifoTopic", "true"}});
        co_await create_queue("all", {});
        co_await create_queue("some", {});
        co_await create_queue("ordered.fifo", {{"FifoQueue", "true"}});
        co_await subscribe(standard_, "all", {});
        co_await subscribe(standard_, "some", {{"FilterPolicy", R"({"kind":["wanted"]})"}});
        co_await subscribe(fifo_, "ordered.fifo", {});
    }

    Task<std::string> create_topic(std::string name, std::map<std::string, std::string> attributes) {
        auto answer = co_await world_.ask(alive_, &Service::create_topic,
                                          {.Name = std::move(name), .Attributes = std::move(attributes)});
        co_return *answer.value.TopicArn;
    }
    Task<void> create_queue(std::string name, std::map<std::string, std::string> attributes) {
        auto answer = co_await world_.ask(queues_, &sqs::Service::create_queue,
                                          {.QueueName = name, .Attributes = std::move(attributes)});
        urls_[name] = *answer.value.QueueUrl;
    }
    Task<void> subscribe(std::string topic, std::string queue, std::map<std::string, std::string> attributes) {
        attributes["RawMessageDelivery"] = "true";
        co_await world_.ask(alive_, &Service::subscribe,
                            {.TopicArn = std::move(topic),
                             .Protocol = "sqs",
                             .Endpoint = fmt::format("arn:aws:sqs:us-east-1:000000000000:{}", queue),
                             .Attributes = std::move(attributes)});
    }

    Service& some_process() { return world_.chance(0.3) ? dying_ : alive_; }

    Task<void> publish(size_t publisher) {
        for (int round = 0; round < rounds; ++round) {
            const auto name = fmt::format("{}.{}", publisher, round);
            if (world_.chance(0.4)) {
                co_await publish_in_group(publisher, name);
            } else if (world_.chance(0.7)) {
                co_await publish_one(name);
            } else {
                co_await publish_batch(name);
            }
            co_await world_.dawdle(2s);
        }
        --publishers_;
    }

    std::map<std::string, aws::sns::MessageAttributeValue> kind_of(bool wanted) {
        return {{"kind", {.DataType = "String", .StringValue = wanted ? "wanted" : "other"}}};
    }
    void published(const std::string& message, bool wanted) {
        expected_["all"].insert(message);
        if (wanted) expected_["some"].insert(message);
        world_.note("published " + message);
    }

    Task<void> publish_one(std::string message) {
        const bool wanted = world_.chance(0.5);
        if (!wanted) unwanted_.insert(message);
        co_await world_.ask(some_process(), &Service::publish,
                            {.TopicArn = standard_, .Message = message, .MessageAttributes = kind_of(wanted)});
        published(message, wanted);
    }
    Task<void> publish_batch(std::string name) {
        std::vector<aws::sns::PublishBatchRequestEntry> entries;
        for (size_t i = 1 + world_.below(10); i > 0; --i) {
            entries.push_back({.Id = std::to_string(i),
                               .Message = fmt::format("{}/{}", name, i),
                               .MessageAttributes = kind_of(true)});
        }
        co_await world_.ask(some_process(), &Service::publish_batch,
                            {.TopicArn = standard_, .PublishBatchRequestEntries = entries});
        for (const auto& entry : entries) published(entry.Message, true);
    }
    /// A publisher has groups of its own: the order in them is the order of its answers.
    Task<void> publish_in_group(size_t publisher, std::string message) {
        const auto group = fmt::format("{}.{}", publisher, world_.below(groups));
        co_await world_.ask(
            some_process(), &Service::publish,
            {.TopicArn = fifo_, .Message = message, .MessageDeduplicationId = message, .MessageGroupId = group});
        order_[group].push_back(message);
        expected_["ordered.fifo"].insert(message);
        world_.note(fmt::format("published {} in {}", message, group));
    }

    bool complete(const std::string& queue) {
        return publishers_ == 0 && std::ranges::includes(arrived_[queue], expected_[queue]);
    }

    /// Goes on until all has come, for at most some minutes after the last was published.
    Task<void> consume(std::string queue) {
        for (int rest = 60; rest > 0 && !complete(queue); rest -= publishers_ == 0) {
            auto answer = co_await world_.ask(queues_, &sqs::Service::receive_message,
                                              {.QueueUrl = urls_[queue],
                                               .AttributeNames = {{"All"}},
                                               .MaxNumberOfMessages = 10,
                                               .WaitTimeSeconds = 5});
            for (const auto& message : answer.value.Messages.value_or(std::vector<aws::sqs::Message>())) {
                world_.note(fmt::format("{} got {}", queue, *message.Body));
                note_arrival(queue, *message.Body, message.Attributes.value_or(std::map<std::string, std::string>()));
                co_await world_.ask(queues_, &sqs::Service::delete_message, {urls_[queue], *message.ReceiptHandle});
            }
        }
    }

    void note_arrival(const std::string& queue, const std::string& body,
                      const std::map<std::string, std::string>& attributes) {
        const bool first = arrived_[queue].insert(body).second;
        if (queue != "ordered.fifo") return;
        world_.check(first, "{} came twice to a FIFO queue", body);
        came_[attributes.at("MessageGroupId")].push_back(body);
    }

    void check() {
        for (const auto& [queue, messages] : expected_) {
            for (const auto& message : messages)
                world_.check(arrived_[queue].contains(message), "{} was acknowledged, and never came to {}", message,
                             queue);
        }
        for (const auto& message : arrived_["some"])
            world_.check(!unwanted_.contains(message), "{} came in spite of the filter", message);
        for (const auto& [group, messages] : order_)
            world_.check(came_[group] == messages, "the order of group {} is not kept", group);
    }

    Task<void> end() {
        dead_door_.end();
        co_await alive_.stop();
        co_await dying_.stop();
    }

    World& world_;
    contracts::Metrics metrics_;
    sqs::Service queues_;
    ToQueues door_;
    ToQueues dead_door_;
    Service alive_;
    Service dying_;
    std::string standard_;
    std::string fifo_;
    std::map<std::string, std::string> urls_;
    size_t publishers_ = 0;
    std::map<std::string, std::set<std::string>> expected_;  // by queue
    std::map<std::string, std::set<std::string>> arrived_;
    std::map<std::string, std::vector<std::string>> order_;  // by group
    std::map<std::string, std::vector<std::string>> came_;
    std::set<std::string> unwanted_;
};

}  // namespace

void sns_workload(World& world) { SnsWorkload(world).run(); }

}  // namespace cumulet::simulation
