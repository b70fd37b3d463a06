#include "contracts/metrics.h"

#include <gtest/gtest.h>

#include <thread>

#include "runtime/reactor.h"

namespace cumulet::contracts {
namespace {

using namespace std::chrono_literals;

const Time noon{std::chrono::sys_days{std::chrono::January / 5 / 2026} + 12h};

MetricScope scope_of(const MetricScope::Dimension& dimension) {
    return {
        .account = "000000000000", .region = "us-east-1", .metric_namespace = "AWS/SQS", .dimensions = {&dimension, 1}};
}

TEST(Metrics, AddUpTheSamplesOfOneMinute) {
    Metrics metrics;
    const MetricScope::Dimension orders{"QueueName", "orders"};
    metrics.add(scope_of(orders), {{.name = "SentMessageSize", .value = 30, .unit = "Bytes"}}, noon);
    metrics.add(scope_of(orders), {{.name = "SentMessageSize", .value = 10, .unit = "Bytes"}}, noon + 59s);
    const auto sums = metrics.take(noon + 60s);
    ASSERT_EQ(sums.size(), 1u);
    EXPECT_EQ(sums[0].account, "000000000000");
    EXPECT_EQ(sums[0].region, "us-east-1");
    EXPECT_EQ(sums[0].metric_namespace, "AWS/SQS");
    EXPECT_EQ(sums[0].dimensions, (std::vector<std::pair<std::string, std::string>>{{"QueueName", "orders"}}));
    EXPECT_EQ(sums[0].name, "SentMessageSize");
    EXPECT_EQ(sums[0].unit, "Bytes");
    EXPECT_EQ(sums[0].minute, noon);
    EXPECT_EQ(sums[0].count, 2u);
    EXPECT_EQ(sums[0].sum, 40);
    EXPECT_EQ(sums[0].minimum, 10);
    EXPECT_EQ(sums[0].maximum, 30);
}

TEST(Metrics, KeepScopesMinutesAndNamesApart) {
    Metrics metrics;
    const MetricScope::Dimension orders{"QueueName", "orders"};
    const MetricScope::Dimension bills{"QueueName", "bills"};
    metrics.add(scope_of(orders), {{.name = "NumberOfMessagesSent"}, {.name = "NumberOfMessagesReceived"}}, noon);
    metrics.add(scope_of(bills), {{.name = "NumberOfMessagesSent"}}, noon);
    metrics.add(scope_of(orders), {{.name = "NumberOfMessagesSent"}}, noon + 61s);
    EXPECT_EQ(metrics.take(noon + 10min).size(), 4u);
}

TEST(Metrics, HandOverOnlyMinutesThatEnded) {
    Metrics metrics;
    const MetricScope::Dimension orders{"QueueName", "orders"};
    metrics.add(scope_of(orders), {{.name = "NumberOfMessagesSent"}}, noon);
    EXPECT_TRUE(metrics.take(noon + 59s).empty());
    EXPECT_EQ(metrics.take(noon + 60s).size(), 1u);
    EXPECT_TRUE(metrics.take(noon + 60s).empty());
}

TEST(Metrics, CountWhatFoundNoRoomAndHaveRoomAgainOnceTaken) {
    Metrics metrics(8);  // one sum for each shard
    for (int i = 0; i < 100; ++i) {
        const auto name = std::to_string(i);
        const MetricScope::Dimension queue{"QueueName", name};
        metrics.add(scope_of(queue), {{.name = "NumberOfMessagesSent"}}, noon);
    }
    const auto kept = metrics.take(noon + 60s).size();
    EXPECT_LE(kept, 8u);
    EXPECT_EQ(metrics.lost(), 100 - kept);
    const MetricScope::Dimension orders{"QueueName", "orders"};
    metrics.add(scope_of(orders), {{.name = "NumberOfMessagesSent"}}, noon);
    EXPECT_EQ(metrics.take(noon + 60s).size(), 1u);
}

TEST(Metrics, LoseNothingBetweenThreads) {
    Metrics metrics;
    const auto count = [&] {
        const MetricScope::Dimension orders{"QueueName", "orders"};
        for (int i = 0; i < 10'000; ++i) metrics.add(scope_of(orders), {{.name = "NumberOfMessagesSent"}}, noon);
    };
    std::thread one(count);
    std::thread other(count);
    one.join();
    other.join();
    const auto sums = metrics.take(noon + 60s);
    ASSERT_EQ(sums.size(), 1u);
    EXPECT_EQ(sums[0].sum, 20'000);
}

struct Thermometer final : GaugeSource {
    Task<void> sample(Metrics& metrics, Time now) override {
        const MetricScope::Dimension room{"Room", "kitchen"};
        metrics.add(scope_of(room), {{.name = "Degrees", .value = degrees, .unit = "None"}}, now);
        co_return;
    }
    double degrees = 20;
};

TEST(Metrics, AskSourcesHowThingsStand) {
    Metrics metrics;
    Thermometer thermometer;
    metrics.add_source(thermometer);
    Clock clock{noon};
    Reactor reactor{clock, Random(1)};
    const auto sample = [&](Time now) { reactor.block_on(metrics.sample(now)); };
    sample(noon);
    thermometer.degrees = 22;
    sample(noon + 60s);
    std::map<Time, double> told;
    for (const auto& sum : metrics.take(noon + 2min)) told[sum.minute] = sum.sum;
    EXPECT_EQ(told, (std::map<Time, double>{{noon, 20}, {noon + 60s, 22}}));
}

}  // namespace
}  // namespace cumulet::contracts
