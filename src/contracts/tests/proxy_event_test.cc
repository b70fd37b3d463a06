// What functions are told about an HTTP request.
#include "contracts/proxy_event.h"

#include <gtest/gtest.h>

#include "contracts/wire_door.h"

namespace cumulet::contracts {
namespace {

TEST(RequestTime, IsWrittenAsInAnAccessLog) {
    EXPECT_EQ(format_request_time(Time(std::chrono::seconds(1'795'395'300))), "23/Nov/2026:00:55:00 +0000");
}

TEST(NamedValues, AreTheLastOfEachNameAndAll) {
    const auto values = named_values(http::parse_query("a=1&b=2&a=3&c=%FF"));
    EXPECT_EQ(json::value(values.last), (json::value{{"a", "3"}, {"b", "2"}, {"c", "%FF"}}));
    EXPECT_EQ(json::value(values.all),
              (json::value{{"a", json::array{"1", "3"}}, {"b", json::array{"2"}}, {"c", json::array{"%FF"}}}));
}

TEST(ServiceNamed, ByAnActionOrAPath) {
    struct Row {
        const char* arn;
        const char* service;
        const char* subdomain;
        const char* action;
        const char* target;
    };
    for (const auto& row : {
             Row{"arn:aws:apigateway:us-east-1:sqs:action/SendMessage", "sqs", "", "SendMessage", "/"},
             Row{"arn:aws:apigateway:us-east-1:sns:action/Publish&TopicArn=t&A=b", "sns", "", "Publish",
                 "/?TopicArn=t&A=b"},
             Row{"arn:aws:apigateway:us-east-1:s3:path/shop/orders.json", "s3", "", "", "/shop/orders.json"},
             Row{"arn:aws:apigateway:us-east-1:my.shop.s3:path//orders.json", "s3", "my.shop", "", "/orders.json"},
         }) {
        const auto named = service_named_by(*Arn::parse(row.arn));
        ASSERT_TRUE(named) << row.arn;
        EXPECT_EQ(named->service, row.service) << row.arn;
        EXPECT_EQ(named->subdomain, row.subdomain) << row.arn;
        EXPECT_EQ(named->action, row.action) << row.arn;
        EXPECT_EQ(named->message.target, row.target) << row.arn;
    }
    EXPECT_FALSE(service_named_by(*Arn::parse("arn:aws:apigateway:us-east-1:sqs:elsewhere/SendMessage")));
}

TEST(Cookies, AreReadOneByOne) {
    json::array cookies;
    add_cookies(cookies, "a=1; b=2;;  c=3 ");
    add_cookies(cookies, "d=\xff");
    EXPECT_EQ(json::value(cookies), (json::value{"a=1", "b=2", "c=3", "d%3D%FF"}));
}

}  // namespace
}  // namespace cumulet::contracts
