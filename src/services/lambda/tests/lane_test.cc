// How records are made batches, and how far a shard is done: pure rules.
#include "services/lambda/lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/lambda/record_filter.h"

namespace cumulet::lambda {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Time noon{std::chrono::seconds(1'700'000'000)};

HeldRecord record(uint64_t place, Time arrived = noon, std::string text = "{}") {
    return {.place = place, .sequence_number = std::to_string(place), .arrived = arrived, .text = std::move(text)};
}

TEST(Progress, ReachesTheLastRecordBeforeWhichNothingIsOpen) {
    Progress progress;
    for (const std::string number : {"a", "b", "c", "d"}) progress.add(number);
    progress.done(1);
    EXPECT_EQ(progress.reached(), "");
    progress.done(0);
    EXPECT_EQ(progress.reached(), "b");
    progress.done(3);
    EXPECT_EQ(progress.reached(), "b");
    EXPECT_EQ(progress.open(), 2U);
    progress.done(2);
    EXPECT_EQ(progress.reached(), "d");
    EXPECT_EQ(progress.open(), 0U);
    progress.done(progress.add("e"));
    EXPECT_EQ(progress.reached(), "e");
}

TEST(Lane, GathersUntilItsBatchIsFullOrItsTimeIsOver) {
    struct Row {
        size_t records;
        Duration waited;
        bool shard_ended;
        bool batch;
    };
    const BatchRules rules{.size = 3, .gather = 10s};
    for (const auto& [records, waited, shard_ended, batch] :
         {Row{0, 60s, false, false}, Row{2, 0s, false, false}, Row{2, 9s, false, false}, Row{2, 10s, false, true},
          Row{2, 0s, true, true}, Row{3, 0s, false, true}, Row{5, 0s, false, true}}) {
        Lane lane;
        for (size_t i = 0; i < records; ++i) lane.add(record(i));
        lane.form_batch(rules, noon, true, false);
        lane.form_batch(rules, noon + waited, true, shard_ended);
        EXPECT_EQ(lane.has_batch(), batch) << records;
        if (batch) EXPECT_EQ(lane.records().size(), std::min<size_t>(records, 3));
    }
}

TEST(Lane, SplitsWhatIsTooMuchForOneEvent) {
    Lane lane;
    Progress progress;
    const std::string text = R"({"x":")" + std::string(2'000'000, 'x') + R"("})";
    for (uint64_t i = 0; i < 3; ++i) lane.add(record(progress.add("n"), noon, text));
    lane.form_batch({.size = 10}, noon, true, false);
    EXPECT_EQ(lane.records().size(), 2U);
    lane.done(2, {}, progress);
    ASSERT_TRUE(lane.has_batch());
    EXPECT_EQ(lane.records().size(), 1U);
    lane.done(1, {}, progress);
    EXPECT_FALSE(lane.has_batch());
    EXPECT_EQ(progress.open(), 0U);
    EXPECT_TRUE(lane.empty());
}

TEST(Lane, TakesTheRecordsOfAKeyTogether) {
    std::vector<size_t> counts(4);
    for (int key = 0; key < 400; ++key) {
        const auto lane = lane_of(std::to_string(key), 4);
        EXPECT_EQ(lane, lane_of(std::to_string(key), 4));
        ++counts.at(lane);
    }
    for (const auto count : counts) EXPECT_GT(count, 50U);
}

TEST(TumblingWindow, IsTheOneThatAnInstantLiesIn) {
    const auto window = TumblingWindow::at(noon, 60s);  // 22:13:20
    EXPECT_EQ(format_iso8601(window.start), "2023-11-14T22:13:00Z");
    EXPECT_EQ(format_iso8601(window.end()), "2023-11-14T22:14:00Z");
    EXPECT_EQ(TumblingWindow::at(window.end(), 60s).start, window.end());
}

TEST(TumblingWindow, EndsBeforeRecordsOfTheNextOneAreHandled) {
    const BatchRules rules{.size = 10, .gather = 0s, .tumbling = 60s};
    Lane lane;
    Progress progress;
    lane.add(record(progress.add("1"), noon));
    lane.add(record(progress.add("2"), noon + 60s));
    lane.form_batch(rules, noon + 60s, true, false);
    EXPECT_EQ(lane.records().size(), 1U);
    lane.keep_state(R"({"n":1})");
    lane.done(1, {}, progress);
    lane.form_batch(rules, noon + 60s, true, false);
    ASSERT_TRUE(lane.final_part());
    EXPECT_EQ(lane.event("s", "arn"),
              R"({"Records":[],"window":{"start":"2023-11-14T22:13:00Z","end":"2023-11-14T22:14:00Z"},"state":{"n":1},)"
              R"("shardId":"s","eventSourceARN":"arn","isFinalInvokeForWindow":true,"isWindowTerminatedEarly":false})");
    lane.end_window();
    lane.form_batch(rules, noon + 60s, true, false);
    EXPECT_FALSE(lane.final_part());
    EXPECT_THAT(lane.event("s", "arn"), HasSubstr(R"("state":{})"));
}

TEST(TumblingWindow, WaitsForItsEndAndForAllThatArrivedUntilThen) {
    const BatchRules rules{.size = 10, .gather = 0s, .tumbling = 60s};
    Lane lane;
    Progress progress;
    lane.add(record(progress.add("1"), noon));
    lane.form_batch(rules, noon, true, false);
    lane.done(1, {}, progress);
    const auto end = TumblingWindow::at(noon, 60s).end();
    EXPECT_EQ(lane.due(rules), end);
    lane.form_batch(rules, end - Duration(1), true, false);
    EXPECT_FALSE(lane.has_batch());
    lane.form_batch(rules, end, false, false);
    EXPECT_FALSE(lane.has_batch()) << "there may be more to read";
    lane.form_batch(rules, end, true, false);
    EXPECT_TRUE(lane.final_part());
}

TEST(TumblingWindow, IsCutShortByAStateThatIsTooLarge) {
    const BatchRules rules{.size = 10, .gather = 0s, .tumbling = 60s};
    Lane lane;
    Progress progress;
    lane.add(record(progress.add("1"), noon));
    lane.form_batch(rules, noon, true, false);
    lane.keep_state(R"({"x":")" + std::string(1 << 20, 'x') + R"("})");
    lane.done(1, {}, progress);
    lane.form_batch(rules, noon, true, false);
    ASSERT_TRUE(lane.final_part());
    EXPECT_THAT(lane.event("s", "arn"), HasSubstr(R"("isWindowTerminatedEarly":true)"));
    lane.end_window();
    ASSERT_TRUE(lane.tumbling().has_value()) << "the window goes on";
    EXPECT_EQ(lane.tumbling()->state, "{}");
}

TEST(TumblingWindow, HasTheStateThatTheFunctionAnswersWith) {
    EXPECT_EQ(answered_state(R"({"state":{"a":1}})"), R"({"a":1})");
    for (const std::string answer : {"null", "{}", R"({"state":null})", R"({"state":"text"})", "no JSON"}) {
        EXPECT_FALSE(answered_state(answer).has_value()) << answer;
    }
}

TEST(ShardPosition, IsReadBackAsItWasWritten) {
    const ShardPosition position{.after = "5",
                                 .iterator = "it",
                                 .since = noon,
                                 .finished = true,
                                 .window = TumblingWindow{.start = noon, .length = 60s, .state = R"({"n":1})"}};
    EXPECT_EQ(ShardPosition::parse(position.text()), position);
    EXPECT_EQ(ShardPosition::parse(ShardPosition().text()), ShardPosition());
}

/// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
TEST(RecordFilter, KnowsEveryOperator) {
    struct Row {
        std::string pattern;
        std::string body;
        bool takes;
    };
    for (const auto& [pattern, body, takes] :
         std::initializer_list<Row>{{R"({"body":{"a":[null]}})", R"({"a":null})", true},
                                    {R"({"body":{"a":[null]}})", R"({"a":1})", false},
                                    {R"({"body":{"a":[""]}})", R"({"a":""})", true},
                                    {R"({"body":{"a":["x"]}})", R"({"a":"x"})", true},
                                    {R"({"body":{"a":["x"]}})", R"({"a":"X"})", false},
                                    {R"({"body":{"a":[{"equals-ignore-case":"x"}]}})", R"({"a":"X"})", true},
                                    {R"({"body":{"a":["x"],"b":["y"]}})", R"({"a":"x","b":"z"})", false},
                                    {R"({"body":{"a":["x","y"]}})", R"({"a":"y"})", true},
                                    {R"({"body":{"$or":[{"a":["x"]},{"b":["y"]}]}})", R"({"a":"n","b":"y"})", true},
                                    {R"({"body":{"$or":[{"a":["x"]},{"b":["y"]}]}})", R"({"a":"n","b":"n"})", false},
                                    {R"({"body":{"a":[{"anything-but":["x"]}]}})", R"({"a":"y"})", true},
                                    {R"({"body":{"a":[{"anything-but":["x"]}]}})", R"({"a":"x"})", false},
                                    {R"({"body":{"a":[{"numeric":["=",100]}]}})", R"({"a":100})", true},
                                    {R"({"body":{"a":[{"numeric":[">",10,"<=",20]}]}})", R"({"a":20})", true},
                                    {R"({"body":{"a":[{"numeric":[">",10,"<=",20]}]}})", R"({"a":10})", false},
                                    {R"({"body":{"a":[{"exists":true}]}})", R"({"b":1})", false},
                                    {R"({"body":{"a":[{"exists":false}]}})", R"({"b":1})", true},
                                    {R"({"body":{"a":[{"prefix":"us-"}]}})", R"({"a":"us-east-1"})", true},
                                    {R"({"body":{"a":[{"suffix":".png"}]}})", R"({"a":"b.png"})", true},
                                    {R"({"body":{"a":[{"suffix":".png"}]}})", R"({"a":"b.jpg"})", false},
                                    {R"({"body":["plain"]})", "plain", true},
                                    {R"({"body":{"a":["x"]}})", "plain", false}}) {
        aws::lambda::FilterCriteria criteria;
        criteria.Filters = std::vector<aws::lambda::Filter>{{.Pattern = pattern}};
        EXPECT_EQ(RecordFilter(criteria).takes(json::object{{"body", body}}), takes) << pattern << " " << body;
    }
}

}  // namespace
}  // namespace cumulet::lambda
