#include <gtest/gtest.h>

#include "services/logs/filter_pattern.h"
#include "services/logs/service.h"
#include "store/memory/memory_store.h"

namespace cumulet::logs {
namespace {

using Messages = std::vector<std::string>;
constexpr int64_t start_millis = 1'700'000'000'000;

struct World {
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    Service service{*store};
    Call call{reactor, "request"};

    World() {
        run(service.create_log_group(call, {.logGroupName = "/app"}));
        stream("one");
    }
    template <typename T>
    T run(Task<T> task) {
        return reactor.block_on(std::move(task));
    }
    void stream(std::string name) { run(service.create_log_stream(call, {"/app", std::move(name)})); }
    aws::logs::PutLogEventsResponse put(std::string stream, std::vector<std::pair<int64_t, std::string>> events) {
        aws::logs::PutLogEventsRequest request{.logGroupName = "/app", .logStreamName = std::move(stream)};
        for (auto& [offset, message] : events) request.logEvents.push_back({start_millis + offset, std::move(message)});
        return run(service.put_log_events(call, std::move(request)));
    }
    aws::logs::GetLogEventsResponse get(aws::logs::GetLogEventsRequest request) {
        request.logGroupName = "/app";
        request.logStreamName = "one";
        return run(service.get_log_events(call, std::move(request)));
    }
    aws::logs::FilterLogEventsResponse filter(aws::logs::FilterLogEventsRequest request) {
        request.logGroupName = "/app";
        return run(service.filter_log_events(call, std::move(request)));
    }
};

template <typename Events>
Messages messages(const Events& events) {
    Messages all;
    for (const auto& event : *events) all.push_back(*event.message);
    return all;
}

TEST(CreateLogGroup, OfAnExistingNameIsRefused) {
    World world;
    EXPECT_THROW(world.run(world.service.create_log_group(world.call, {.logGroupName = "/app"})),
                 aws::logs::ResourceAlreadyExistsException);
}

TEST(DeleteLogGroup, TakesStreamsAndEventsAlong) {
    World world;
    world.put("one", {{0, "a"}});
    world.run(world.service.delete_log_group(world.call, {"/app"}));
    EXPECT_THROW(world.get({}), aws::logs::ResourceNotFoundException);
    world.run(world.service.create_log_group(world.call, {.logGroupName = "/app"}));
    world.stream("one");
    EXPECT_EQ(messages(world.get({}).events), Messages{});
}

TEST(DescribeLogGroups, FindsByPrefixAndPatternInPages) {
    World world;
    for (const auto* name : {"/aws/lambda/a", "/aws/lambda/b", "/aws/other"}) {
        world.run(world.service.create_log_group(world.call, {.logGroupName = name}));
    }
    const auto names = [&](aws::logs::DescribeLogGroupsRequest request) {
        std::vector<std::string> all;
        do {
            const auto response = world.run(world.service.describe_log_groups(world.call, request));
            for (const auto& group : *response.logGroups) all.push_back(*group.logGroupName);
            request.nextToken = response.nextToken;
        } while (request.nextToken);
        return all;
    };
    EXPECT_EQ(names({.logGroupNamePrefix = "/aws/lambda/"}), (Messages{"/aws/lambda/a", "/aws/lambda/b"}));
    EXPECT_EQ(names({.logGroupNamePattern = "other"}), Messages{"/aws/other"});
    EXPECT_EQ(names({.limit = 1}).size(), 4u);
}

TEST(PutLogEvents, RefusesABatchThatIsNotInOrder) {
    World world;
    EXPECT_THROW(world.put("one", {{5, "later"}, {0, "earlier"}}), aws::logs::InvalidParameterException);
    EXPECT_THROW(world.put("none", {{0, "a"}}), aws::logs::ResourceNotFoundException);
}

TEST(PutLogEvents, TellsWhatIsTooOldOrTooNew) {
    World world;
    constexpr int64_t hour = 3'600'000;
    const auto old = world.put("one", {{-15 * 24 * hour, "old"}, {-14 * 24 * hour, "just"}});
    EXPECT_EQ(old.rejectedLogEventsInfo->tooOldLogEventEndIndex, 1);
    const auto late = world.put("one", {{0, "now"}, {3 * hour, "future"}});
    EXPECT_EQ(late.rejectedLogEventsInfo->tooNewLogEventStartIndex, 1);
    EXPECT_EQ(messages(world.get({.startFromHead = true}).events), (Messages{"just", "now"}));
}

TEST(GetLogEvents, GoesForwardAndBackInPages) {
    World world;
    world.put("one", {{0, "a"}, {1, "b"}, {1, "c"}, {2, "d"}});
    const auto first = world.get({.limit = 2, .startFromHead = true});
    EXPECT_EQ(messages(first.events), (Messages{"a", "b"}));
    const auto second = world.get({.nextToken = first.nextForwardToken, .limit = 2});
    EXPECT_EQ(messages(second.events), (Messages{"c", "d"}));
    const auto end = world.get({.nextToken = second.nextForwardToken, .limit = 2});
    EXPECT_EQ(messages(end.events), Messages{});
    EXPECT_EQ(end.nextForwardToken, second.nextForwardToken);
    EXPECT_EQ(messages(world.get({.nextToken = second.nextBackwardToken, .limit = 2}).events), (Messages{"a", "b"}));
    EXPECT_EQ(messages(world.get({.limit = 2}).events), (Messages{"c", "d"}));
}

TEST(GetLogEvents, ShowsATimeWithoutItsEnd) {
    World world;
    world.put("one", {{0, "a"}, {1, "b"}, {2, "c"}});
    EXPECT_EQ(messages(world.get({.startTime = start_millis + 1, .endTime = start_millis + 2}).events), Messages{"b"});
}

TEST(PutRetentionPolicy, HidesWhatIsOlder) {
    World world;
    world.put("one", {{0, "a"}});
    world.run(world.service.put_retention_policy(world.call, {"/app", 1}));
    EXPECT_EQ(messages(world.get({}).events), Messages{"a"});
    world.run(world.clock.advance(25h));
    EXPECT_EQ(messages(world.get({}).events), Messages{});
    EXPECT_THROW(world.run(world.service.put_retention_policy(world.call, {"/app", 2})),
                 aws::logs::InvalidParameterException);
}

TEST(FilterLogEvents, MergesStreamsByTimeInPages) {
    World world;
    world.stream("two");
    world.put("one", {{0, "a"}, {20, "c"}});
    world.put("two", {{10, "b"}, {30, "d"}});
    EXPECT_EQ(messages(world.filter({}).events), (Messages{"a", "b", "c", "d"}));
    const auto first = world.filter({.limit = 3});
    EXPECT_EQ(messages(first.events), (Messages{"a", "b", "c"}));
    const auto second = world.filter({.nextToken = first.nextToken, .limit = 3});
    EXPECT_EQ(messages(second.events), Messages{"d"});
    EXPECT_FALSE(second.nextToken);
    EXPECT_EQ(messages(world.filter({.logStreamNames = {{"two"}}}).events), (Messages{"b", "d"}));
}

TEST(FilterPattern, FindsTermsAsAwsDescribes) {
    struct Row {
        std::string_view pattern;
        std::string_view message;
        bool matches;
    };
    const Row rows[] = {
        {"", "anything", true},
        {"ERROR", "[ERROR] failed", true},
        {"ERROR", "error", false},
        {"ERROR failed", "failed: ERROR", true},
        {"ERROR failed", "ERROR", false},
        {"\"not found\"", "page not found", true},
        {"\"not found\"", "found not", false},
        {"ERROR -timeout", "ERROR timeout", false},
        {"ERROR -timeout", "ERROR disk", true},
        {"?ERROR ?WARN", "WARN: disk", true},
        {"?ERROR ?WARN", "INFO: disk", false},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(FilterPattern::parse(row.pattern).matches(row.message), row.matches)
            << row.pattern << " | " << row.message;
    }
    EXPECT_THROW(FilterPattern::parse("\"open"), aws::logs::InvalidParameterException);
}

}  // namespace
}  // namespace cumulet::logs
