// Requests to HTTP endpoints, and what their answers mean.
#include "services/sns/http_courier.h"

#include <gmock/gmock.h>

#include "services/sns/envelope.h"

namespace cumulet::sns {
namespace {

using Result = Attempt::Result;
using testing::ElementsAre;

/// Answers as it was told, and keeps what it was sent.
struct World : contracts::HttpSender {
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    Call call{reactor, "request"};
    HttpCourier courier{*this, nullptr};
    std::vector<http::Response> answers;
    bool silent = false;
    std::vector<std::string> urls;
    std::vector<http::Request> requests;
    Topic topic;
    Subscription subscription;
    Notification notification;

    World() {
        topic.account = "000000000000";
        topic.region = "us-east-1";
        topic.name = "orders";
        subscription.place = topic.place();
        subscription.topic_name = "orders";
        subscription.id = "s1";
        subscription.protocol = "http";
        subscription.endpoint = "http://shop.example:8080/hook?a=b";
        notification.id = "m1";
        notification.message = "hello";
    }

    Task<std::optional<http::Response>> send(std::string origin, http::Request request,
                                             contracts::Sending sending) override {
        EXPECT_EQ(sending.patience, 15s);
        urls.push_back(origin + request.target);
        requests.push_back(std::move(request));
        if (silent) co_return std::nullopt;
        if (answers.empty()) co_return http::Response{};
        auto answer = std::move(answers.front());
        answers.erase(answers.begin());
        co_return answer;
    }
    Attempt deliver() { return reactor.block_on(courier.deliver(call, {topic, subscription, notification})); }
    void answer(int status, http::Headers headers = {}) {
        answers.push_back({.status = status, .headers = std::move(headers)});
    }
};

TEST(HttpCourier, SendsTheEnvelopeWithAwsHeaders) {
    World world;
    EXPECT_EQ(world.deliver().result, Result::delivered);
    ASSERT_THAT(world.urls, ElementsAre("http://shop.example:8080/hook?a=b"));
    const auto& request = world.requests[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.headers.get("x-amz-sns-message-type"), "Notification");
    EXPECT_EQ(request.headers.get("x-amz-sns-message-id"), "m1");
    EXPECT_EQ(request.headers.get("x-amz-sns-topic-arn"), "arn:aws:sns:us-east-1:000000000000:orders");
    EXPECT_EQ(request.headers.get("x-amz-sns-subscription-arn"), "arn:aws:sns:us-east-1:000000000000:orders:s1");
    EXPECT_EQ(request.headers.get("content-type"), "text/plain; charset=UTF-8");
    EXPECT_EQ(request.headers.get("user-agent"), "Amazon Simple Notification Service Agent");
    EXPECT_FALSE(request.headers.has("x-amz-sns-rawdelivery"));
    EXPECT_EQ(json::parse(request.body).at("Message").as_string(), "hello");
}

TEST(HttpCourier, SendsTheMessageAloneWhereThatIsWanted) {
    World world;
    world.subscription.attributes = {
        {"RawMessageDelivery", "true"},
        {"DeliveryPolicy", R"({"requestPolicy":{"headerContentType":"application/json"}})"}};
    world.deliver();
    EXPECT_EQ(world.requests[0].body, "hello");
    EXPECT_EQ(world.requests[0].headers.get("x-amz-sns-rawdelivery"), "true");
    EXPECT_EQ(world.requests[0].headers.get("content-type"), "application/json");
}

TEST(HttpCourier, ConfirmsWithAnEnvelopeAlways) {
    World world;
    world.subscription.attributes = {{"RawMessageDelivery", "true"}};
    world.notification.type = Notification::Type::subscription_confirmation;
    world.notification.token = "t1";
    world.deliver();
    EXPECT_EQ(world.requests[0].headers.get("x-amz-sns-message-type"), "SubscriptionConfirmation");
    EXPECT_FALSE(world.requests[0].headers.has("x-amz-sns-subscription-arn"));
    EXPECT_EQ(json::parse(world.requests[0].body).at("Token").as_string(), "t1");
}

TEST(HttpCourier, KnowsWhichAnswersAreFinal) {
    const std::pair<int, Result> rows[] = {{200, Result::delivered}, {204, Result::delivered}, {299, Result::delivered},
                                           {304, Result::refused},   {400, Result::refused},   {404, Result::refused},
                                           {410, Result::refused},   {429, Result::failed},    {500, Result::failed},
                                           {503, Result::failed},    {101, Result::failed}};
    for (const auto& [status, result] : rows) {
        World world;
        world.answer(status);
        const auto attempt = world.deliver();
        EXPECT_EQ(attempt.result, result) << status;
        EXPECT_EQ(attempt.status_code, status);
    }
}

TEST(HttpCourier, FollowsRedirectsUpToABound) {
    World world;
    world.answer(302, {{"Location", "/other"}});
    world.answer(307, {{"Location", "https://new.example/x"}});
    EXPECT_EQ(world.deliver().result, Result::delivered);
    EXPECT_THAT(world.urls, ElementsAre("http://shop.example:8080/hook?a=b", "http://shop.example:8080/other",
                                        "https://new.example/x"));
    EXPECT_EQ(world.requests[2].body, world.requests[0].body);

    World endless;
    for (int i = 0; i < 100; ++i) endless.answer(302, {{"Location", "again"}});
    EXPECT_EQ(endless.deliver().result, Result::refused);
    EXPECT_EQ(endless.urls.size(), 1u + HttpCourier::most_redirects);
}

TEST(HttpCourier, ShowsTheCredentialsOfTheUrlWhereItsOwnHostAsksForThem) {
    World world;
    world.subscription.endpoint = "https://ann:p%40ss@shop.example";
    world.answer(401, {{"WWW-Authenticate", "Basic realm=\"shop\""}});
    world.answer(302, {{"Location", "https://other.example/"}});
    world.answer(401, {{"WWW-Authenticate", "Basic realm=\"shop\""}});
    EXPECT_EQ(world.deliver().result, Result::refused);
    EXPECT_THAT(world.urls, ElementsAre("https://shop.example/", "https://shop.example/", "https://other.example/"));
    EXPECT_FALSE(world.requests[0].headers.has("authorization"));
    EXPECT_EQ(world.requests[1].headers.get("authorization"), "Basic YW5uOnBAc3M=");
    EXPECT_EQ(world.requests[1].body, world.requests[0].body);
    EXPECT_FALSE(world.requests[2].headers.has("authorization"));
}

TEST(HttpCourier, ThrowsWhereThereIsNoAnswer) {
    World world;
    world.silent = true;
    EXPECT_THROW(world.deliver(), std::runtime_error);
}

TEST(HttpCourier, TakesASecondRefusalAsFinal) {
    World world;
    world.subscription.endpoint = "https://ann:wrong@shop.example";
    for (int i = 0; i < 3; ++i)
        world.answer(401, {{"WWW-Authenticate", R"(Digest realm="shop", nonce="1", qop="auth")"}});
    EXPECT_EQ(world.deliver().result, Result::refused);
    EXPECT_EQ(world.requests.size(), 2u);
    EXPECT_THAT(std::string(world.requests[1].headers.get("authorization")), testing::StartsWith("Digest "));
}

TEST(HttpCourier, GivesEveryDeliveryATurnWhereAThrottleIsSet) {
    World world;
    world.subscription.attributes = {{"DeliveryPolicy", R"({"throttlePolicy":{"maxReceivesPerSecond":2}})"}};
    const auto start = world.clock.now();
    EXPECT_EQ(world.deliver().result, Result::delivered);
    const auto second = world.deliver();
    EXPECT_EQ(second.result, Result::postponed);
    EXPECT_EQ(second.until, start + 500ms);
    EXPECT_EQ(world.deliver().until, start + 1s);
    world.reactor.block_on(world.clock.advance(500ms));
    EXPECT_EQ(world.deliver().result, Result::delivered) << "the turn that was promised";
    EXPECT_EQ(world.deliver().until, start + 1500ms);
    EXPECT_EQ(world.urls.size(), 2u);
}

TEST(EndpointUrl, IsReadAsUrlsAre) {
    EXPECT_EQ(EndpointUrl::parse("http://a")->target, "/");
    EXPECT_EQ(EndpointUrl::parse("HTTP://a?x=1#part")->target, "/?x=1");
    EXPECT_EQ(EndpointUrl::parse("https://[::1]:80/x")->origin, "https://[::1]:80");
    EXPECT_FALSE(EndpointUrl::parse("ftp://a"));
    EXPECT_FALSE(EndpointUrl::parse("http://"));
    EXPECT_FALSE(EndpointUrl::parse("a"));
}

}  // namespace
}  // namespace cumulet::sns
