// What both kinds of APIs do with every request: the line of their access log, and their token buckets.

#include "contracts/access_log.h"

#include <gtest/gtest.h>

#include "contracts/throttle.h"

namespace cumulet::contracts {
namespace {

TEST(AccessLogLine, HasTheValuesOfItsVariables) {
    const auto value = [](std::string_view name) -> std::optional<std::string> {
        if (name == "requestId") return "r1";
        if (name == "identity.sourceIp") return "192.0.2.7";
        return std::nullopt;
    };
    EXPECT_EQ(access_log_line("$context.requestId", value), "r1");
    EXPECT_EQ(access_log_line(R"({"ip":"$context.identity.sourceIp","x":"$context.nothing"})", value),
              R"({"ip":"192.0.2.7","x":"-"})");
    EXPECT_EQ(access_log_line("$context.requestId. $stageVariables.x $context", value),
              "r1. $stageVariables.x $context");
    EXPECT_EQ(access_log_line("", value), "");
}

TEST(LogGroup, IsNamedByAnArn) {
    EXPECT_EQ(log_group_of("arn:aws:logs:us-east-1:000000000000:log-group:/api/x:*"), "/api/x");
    EXPECT_EQ(log_group_of("arn:aws:logs:us-east-1:000000000000:log-group:api"), "api");
    EXPECT_FALSE(log_group_of("arn:aws:firehose:us-east-1:000000000000:deliverystream/x"));
    EXPECT_FALSE(log_group_of("api"));
}

TEST(Throttle, HoldsABurstAndFillsAtItsRate) {
    Throttle throttle;
    const Time start(1'795'395'300s);
    EXPECT_TRUE(throttle.take("a", 2, 2, start));
    EXPECT_TRUE(throttle.take("a", 2, 2, start));
    EXPECT_FALSE(throttle.take("a", 2, 2, start));
    EXPECT_TRUE(throttle.take("b", 2, 2, start));
    EXPECT_FALSE(throttle.take("a", 2, 2, start + 499ms));
    EXPECT_TRUE(throttle.take("a", 2, 2, start + 500ms));
    EXPECT_FALSE(throttle.take("a", 2, 2, start + 500ms));
    EXPECT_TRUE(throttle.take("a", 2, 2, start + 1h));
    EXPECT_TRUE(throttle.take("a", 2, 2, start + 1h));
    EXPECT_FALSE(throttle.take("a", 2, 2, start + 1h));
    EXPECT_FALSE(throttle.take("c", 10, 0, start));
}

}  // namespace
}  // namespace cumulet::contracts
