#include <set>

#include "base/hash.h"
#include "services/s3/service.h"
#include "services/sqs/service.h"
#include "workloads.h"

namespace cumulet::simulation {
namespace {

using s3::Service;

/// For objects that are short enough to need none.
class NoBlobs final : public store::Blobs {
  public:
    Task<std::unique_ptr<Writer>> create() override { throw std::logic_error("a short object needs no blob"); }
    Task<std::shared_ptr<ByteStream>> read(std::string, uint64_t, uint64_t) override { throw std::logic_error("none"); }
    Task<uint64_t> size(std::string) override { throw std::logic_error("none"); }
    Task<void> remove(std::string) override { throw std::logic_error("none"); }
    Task<std::filesystem::path> file(std::string) override { throw std::logic_error("none"); }
    Task<size_t> sweep(std::function<Task<bool>(std::string)>) override { co_return 0; }
};

/// The way from S3 to the queue, which is away now and then. Behind the door of a process that dies nobody answers.
class ToQueue final : public contracts::Door {
  public:
    ToQueue(World& world, sqs::Service& queues) : world_(world), queues_(queues) {}

    Task<void> invoke(Call& caller, const contracts::Service&, const contracts::Operation& operation, void* input,
                      void* output) override {
        while (dead) {
            const auto seen = gates_.version("end");
            co_await gates_.wait("end", seen, Time::max());
        }
        if (over) throw std::runtime_error("the process is gone");
        co_await world_.dawdle(50ms);
        if (world_.chance(0.1)) throw aws::internal_failure("away");
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

/// Two processes change objects of a bucket that tells a queue; one of them delivers, the other dies before it could.
class S3Workload {
  public:
    explicit S3Workload(World& world)
        : world_(world),
          queues_(world.store()),
          door_(world, queues_),
          dead_door_(world, queues_),
          alive_(world.store(), blobs_, door_),
          dying_(world.store(), blobs_, dead_door_) {
        dead_door_.dead = true;
    }

    void run() {
        world_.start(prepare());
        world_.run();
        world_.reactor().post([this] { alive_.start(); });
        writers_ = 1 + world_.below(4);
        for (size_t i = 0; i < writers_; ++i) world_.start(write(i));
        world_.start(consume());
        world_.run();
        check();
        world_.start(end());
        world_.run();
    }

  private:
    static constexpr int rounds = 10;
    static constexpr int keys_each = 3;

    /// What a key's owner was told, or the queue heard: the latest of it.
    struct Latest {
        std::string sequencer;
        std::string etag;  ///< "" where the object is gone
    };

    Task<void> prepare() {
        auto queue = co_await world_.ask(queues_, &sqs::Service::create_queue, {.QueueName = "told"});
        url_ = *queue.value.QueueUrl;
        co_await world_.ask(alive_, &Service::create_bucket, {.Bucket = "bucket"});
        aws::s3::QueueConfiguration rule;
        rule.QueueArn = "arn:aws:sqs:us-east-1:000000000000:told";
        rule.Events = {"s3:ObjectCreated:*", "s3:ObjectRemoved:*"};
        rule.Filter.emplace().Key.emplace().FilterRules = {{.Name = "prefix", .Value = "told/"}};
        aws::s3::PutBucketNotificationConfigurationRequest request;
        request.Bucket = "bucket";
        request.NotificationConfiguration.QueueConfigurations = {rule};
        request.SkipDestinationValidation = true;
        co_await world_.ask(alive_, &Service::put_bucket_notification_configuration, request);
    }

    /// Keys have one writer each, who stays with one process: the order of its answers is the order of changes.
    Task<void> write(size_t writer) {
        for (int round = 0; round < rounds; ++round) {
            const auto number = world_.below(keys_each);
            const auto key = fmt::format("{}/{}.{}", world_.chance(0.8) ? "told" : "untold", writer, number);
            auto& process = number == 0 ? dying_ : alive_;
            if (world_.chance(0.3)) {
                co_await remove(process, key);
            } else {
                co_await put(process, key, fmt::format("{}.{}", writer, round));
            }
            co_await world_.dawdle(2s);
        }
        --writers_;
    }

    Task<void> put(Service& process, std::string key, std::string body) {
        asked_.insert({key, md5_hex(body)});
        co_await world_.persist([&]() -> Task<aws::s3::PutObjectOutput> {
            auto call = world_.call();
            aws::s3::PutObjectRequest request;
            request.Bucket = "bucket";
            request.Key = key;
            request.Body = stream_of(body);
            co_return co_await process.put_object(call, std::move(request));
        });
        acknowledged(key, md5_hex(body));
    }

    Task<void> remove(Service& process, std::string key) {
        asked_.insert({key, ""});
        co_await world_.ask(process, &Service::delete_object, {.Bucket = "bucket", .Key = key});
        if (known_.contains(key)) acknowledged(key, "");
    }

    void acknowledged(const std::string& key, const std::string& etag) {
        world_.note(fmt::format("{} is {}", key, etag.empty() ? "gone" : etag));
        known_[key].etag = etag;
        if (key.starts_with("told/")) expected_.insert({key, etag});
    }

    /// A key may have gone several times: what it is in the end must have been told, too.
    bool complete() {
        const auto is_last = [&](const auto& known) {
            return !known.first.starts_with("told/") || latest_[known.first].etag == known.second.etag;
        };
        return writers_ == 0 && std::ranges::includes(heard_, expected_) && std::ranges::all_of(known_, is_last);
    }

    /// Goes on until all has come, for at most some minutes after the last change.
    Task<void> consume() {
        for (int rest = 100; rest > 0 && !complete(); rest -= writers_ == 0) {
            auto answer = co_await world_.ask(queues_, &sqs::Service::receive_message,
                                              {.QueueUrl = url_, .MaxNumberOfMessages = 10, .WaitTimeSeconds = 5});
            for (const auto& message : answer.value.Messages.value_or(std::vector<aws::sqs::Message>())) {
                hear(json::parse(*message.Body).at("Records").at(0));
                co_await world_.ask(queues_, &sqs::Service::delete_message, {url_, *message.ReceiptHandle});
            }
        }
    }

    void hear(const json::value& record) {
        const auto& object = record.at("s3").at("object").as_object();
        const std::string key(object.at("key").as_string()), sequencer(object.at("sequencer").as_string());
        const auto etag = std::string(string_or(object, "eTag"));
        world_.note(fmt::format("heard that {} is {}", key, etag.empty() ? "gone" : etag));
        world_.check(key.starts_with("told/"), "{} came in spite of the filter", key);
        world_.check(asked_.contains({key, etag}), "what nobody did to {} was told", key);
        heard_.insert({key, etag});
        auto& latest = latest_[key];
        if (sequencer > latest.sequencer) latest = {sequencer, etag};
    }

    void check() {
        for (const auto& [key, etag] : expected_) {
            world_.check(heard_.contains({key, etag}), "that {} is {} was acknowledged, and never told", key,
                         etag.empty() ? "gone" : etag);
        }
        for (const auto& [key, latest] : latest_) {
            world_.check(latest.etag == known_[key].etag, "the last that was told of {} by its number is not the last",
                         key);
        }
    }

    Task<void> end() {
        dead_door_.end();
        co_await alive_.stop();
        co_await dying_.stop();
    }

    World& world_;
    NoBlobs blobs_;
    sqs::Service queues_;
    ToQueue door_;
    ToQueue dead_door_;
    Service alive_;
    Service dying_;
    std::string url_;
    size_t writers_ = 0;
    std::map<std::string, Latest> known_;   // by key, from answers
    std::map<std::string, Latest> latest_;  // by key, from the queue
    std::set<std::pair<std::string, std::string>> asked_;
    std::set<std::pair<std::string, std::string>> expected_;
    std::set<std::pair<std::string, std::string>> heard_;
};

}  // namespace

void s3_workload(World& world) { S3Workload(world).run(); }

}  // namespace cumulet::simulation
