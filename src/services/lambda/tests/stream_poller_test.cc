// A stream of several shards at once, as Kinesis has them: what its poller reads, and in which order.
#include "services/lambda/stream_poller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory/memory_store.h"

namespace cumulet::lambda {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

/// Shards by name; an iterator is "shard/index".
class Shards final : public StreamSource {
  public:
    struct Shard {
        std::vector<std::string> parents;
        std::vector<StreamRecord> records;
        bool closed = false;
    };
    explicit Shards(std::map<std::string, Shard>& shards) : shards_(shards) {}

    std::string_view batch_member() const override { return "KinesisBatchInfo"; }
    std::string topic() const override { return "stream"; }
    Task<std::vector<StreamShard>> shards(Call&) override {
        std::vector<StreamShard> listed;
        for (const auto& [id, shard] : shards_) listed.push_back({.id = id, .parents = shard.parents});
        co_return listed;
    }
    Task<std::string> iterator(Call&, std::string shard, ShardStart start) override {
        const auto& records = shards_.at(shard).records;
        size_t next = start.kind == ShardStart::Kind::latest ? records.size() : 0;
        while (next < records.size() && start.kind == ShardStart::Kind::at_time && records[next].arrived < start.time)
            ++next;
        while (next < records.size() && start.kind == ShardStart::Kind::after_record &&
               records[next].sequence_number <= start.sequence_number)
            ++next;
        co_return fmt::format("{}/{}", shard, next);
    }
    Task<std::optional<StreamPage>> read(Call&, std::string iterator, size_t limit) override {
        const auto slash = iterator.find('/');
        const auto& shard = shards_.at(iterator.substr(0, slash));
        auto next = std::stoul(iterator.substr(slash + 1));
        StreamPage page;
        while (next < shard.records.size() && page.records.size() < limit)
            page.records.push_back(shard.records[next++]);
        const bool over = shard.closed && next == shard.records.size();
        if (!over) page.next = fmt::format("{}/{}", iterator.substr(0, slash), next);
        co_return page;
    }

  private:
    std::map<std::string, Shard>& shards_;
};

class StreamPollers : public ::testing::Test {
  protected:
    void SetUp() override {
        mapping_.configuration.FunctionArn = "arn:aws:lambda:us-east-1:000000000000:function:f";
        mapping_.configuration.StartingPosition = "TRIM_HORIZON";
        mapping_.configuration.BatchSize = 10;
        run(store_->transact([&](store::Transaction& tx) -> Task<void> {
            save_mapping(tx, name_, mapping_);
            save_lease(tx, name_.uuid, "process");
            co_return;
        }));
        make_poller();
    }
    void TearDown() override { stop(); }

    template <typename T>
    T run(Task<T> task) {
        return reactor_.block_on(std::move(task));
    }
    void make_poller() {
        poller_ = std::make_unique<StreamPoller>(*store_, tasks_, std::make_unique<Shards>(shards_), hooks_, name_,
                                                 "arn:aws:kinesis:us-east-1:000000000000:stream/s", "process");
    }
    void stop() {
        run(poller_->finish());
        store_->wake_all();
        run(tasks_.stop());
    }
    /// Some steps, and what they started. The last one ends as the stream's topic is woken.
    void step() {
        reactor_.start([](StreamPollers& self) -> Task<void> {
            for (int round = 0; round < 4; ++round) co_await self.poller_->step(self.mapping_);
        }(*this));
        for (int round = 0; round < 10; ++round) {
            while (reactor_.run_ready()) {
            }
            run(store_->transact([](store::Transaction& tx) -> Task<void> {
                tx.wake("stream");
                co_return;
            }));
        }
    }
    void write(const std::string& shard, std::string key) {
        shards_[shard].records.push_back({.sequence_number = fmt::format("{:03}", ++serial_),
                                          .key = key,
                                          .arrived = clock_.now(),
                                          .shown = json::object{{"key", key}}});
    }

    Clock clock_{Time(std::chrono::seconds(1'700'000'000))};
    Reactor reactor_{clock_, Random(1)};
    std::unique_ptr<store::Store> store_ = store::open_memory_store();
    TaskGroup tasks_;
    std::map<std::string, Shards::Shard> shards_;
    std::vector<std::string> got_;
    const PollerHooks hooks_{
        .run = [this](Call&, FunctionName, std::string payload) -> Task<PollerHooks::Ran> {
            std::string keys;
            for (const auto& record : json::parse(payload).at("Records").as_array()) {
                keys += record.at("key").as_string();
            }
            got_.push_back(keys);
            co_return PollerHooks::Ran{.outcome = {.payload = "null"}, .version = "1"};
        },
        .deliver = [](Call&, std::string, std::string, std::string) -> Task<bool> { co_return true; },
        .measure = [](const FunctionName&, contracts::MetricSample) {},
        .measure_mapping = [](const MappingName&, contracts::MetricSample) {},
        .rest = [](MappingName, std::string) -> Task<void> { co_return; }};
    const MappingName name_{.account = "000000000000", .region = "us-east-1", .uuid = "m"};
    Mapping mapping_;
    std::unique_ptr<StreamPoller> poller_;
    int serial_ = 0;
};

TEST_F(StreamPollers, ReadShardsBesideEachOtherAndChildrenAfterAllTheirParents) {
    shards_["child"].parents = {"left", "right"};
    write("left", "a");
    write("left", "b");
    write("right", "c");
    write("child", "d");
    shards_["left"].closed = true;
    step();
    EXPECT_THAT(got_, UnorderedElementsAre("ab", "c"));
    shards_["right"].closed = true;
    step();
    EXPECT_EQ(got_.back(), "d");
    EXPECT_EQ(got_.size(), 3U);
}

TEST_F(StreamPollers, BeginAtAnInstant) {
    write("left", "a");
    run(clock_.advance(10s));
    mapping_.configuration.StartingPosition = "AT_TIMESTAMP";
    mapping_.configuration.StartingPositionTimestamp = clock_.now();
    write("left", "b");
    step();
    EXPECT_THAT(got_, ElementsAre("b"));
}

TEST_F(StreamPollers, GoOnInEachShardWhereTheyEnded) {
    write("left", "a");
    write("right", "b");
    step();
    run(poller_->finish());
    make_poller();
    write("left", "c");
    shards_["new"] = {.parents = {"gone"}, .records = {}, .closed = false};
    write("new", "d");
    step();
    EXPECT_THAT(got_, UnorderedElementsAre("a", "b", "c", "d"));
}

TEST_F(StreamPollers, GoOnWhereAnEarlierCumuletReadOneShardAfterTheOther) {
    shards_["middle"].parents = {"oldest"};
    shards_["newest"].parents = {"middle"};
    write("oldest", "a");
    write("middle", "b");
    write("middle", "c");
    write("newest", "d");
    for (const auto* closed : {"oldest", "middle"}) shards_[closed].closed = true;
    run(store_->transact([&](store::Transaction& tx) -> Task<void> {
        tx.put(store::Key(name_.account, name_.region, "lambda", "position", name_.uuid),
               R"({"shard":"middle","after":"002","iterator":"","result":"OK"})");
        co_return;
    }));
    step();
    step();
    EXPECT_THAT(got_, ElementsAre("c", "d")) << "nothing anew of what was done, and all of what was not";
    run(poller_->finish());
    make_poller();
    write("newest", "e");
    step();
    EXPECT_EQ(got_.back(), "e");
    EXPECT_EQ(got_.size(), 3U) << "what is known since then counts";
}

TEST_F(StreamPollers, ChangeHowManyBatchesTheyHaveWithoutLosingTheirPlace) {
    write("left", "a");
    step();
    mapping_.configuration.ParallelizationFactor = 4;
    for (const std::string key : {"b", "c", "b", "c"}) write("left", key);
    step();
    std::string all;
    for (const auto& batch : got_) all += batch;
    EXPECT_EQ(std::ranges::count(all, 'a'), 1);
    EXPECT_EQ(std::ranges::count(all, 'b'), 2);
    EXPECT_EQ(std::ranges::count(all, 'c'), 2);
    mapping_.configuration.ParallelizationFactor = 1;
    write("left", "e");
    step();
    EXPECT_EQ(got_.back(), "e");
}

}  // namespace
}  // namespace cumulet::lambda
