// What a service forwards of its users' requests: named by protocol, not signed, and held to the caller's policies.

#include <gtest/gtest.h>

#include "dispatch/tests/support/world.h"

namespace cumulet::dispatch {
namespace {

http::Response forward(World& world, contracts::ServiceRequest request, Principal principal = {}) {
    Call caller(world.reactor, "request");
    caller.region = "eu-west-1";
    caller.principal = std::move(principal);
    caller.account = caller.principal.account;
    return world.reactor.block_on(world.door.forward(caller, std::move(request)));
}

contracts::ServiceRequest send_message_as_form() {
    contracts::ServiceRequest request{.service = "sqs", .subdomain = {}, .action = "SendMessage", .message = {}};
    request.message.method = "POST";
    request.message.set_target("/000000000000/jobs");
    request.message.headers.set("Content-Type", "application/x-www-form-urlencoded");
    request.message.body = "MessageBody=hello%20there";
    return request;
}

TEST(Forward, NamesTheActionInTheServicesProtocol) {
    World world;
    const auto form = forward(world, send_message_as_form());
    EXPECT_EQ(form.status, 200) << form.body;
    EXPECT_EQ(world.sqs.body, "hello there");
    EXPECT_EQ(world.sqs.region, "eu-west-1");
    EXPECT_NE(form.body.find("<MessageId>m-1</MessageId>"), std::string::npos) << form.body;

    contracts::ServiceRequest json{.service = "sqs", .subdomain = {}, .action = "SendMessage", .message = {}};
    json.message.method = "POST";
    json.message.set_target("/");
    json.message.headers.set("Content-Type", "application/x-amz-json-1.0");
    json.message.body = R"({"QueueUrl": "http://localhost:4566/000000000000/jobs", "MessageBody": "again"})";
    EXPECT_EQ(forward(world, json).status, 200);
    EXPECT_EQ(world.sqs.body, "again");
}

TEST(Forward, AnswersTheQueryProtocolInJsonWhereThatIsAccepted) {
    World world;
    auto request = send_message_as_form();
    request.message.headers.set("Accept", "application/json");
    const auto response = forward(world, request);
    EXPECT_EQ(response.headers.get("content-type"), "application/json");
    const auto body = *parse_json(response.body);
    EXPECT_EQ(body.at("SendMessageResponse").at("SendMessageResult").at("MessageId"), "m-1");
}

TEST(Forward, SaysWhatIsNotThere) {
    World world;
    contracts::ServiceRequest request{.service = "nothing", .subdomain = {}, .action = "Fly", .message = {}};
    request.message.method = "POST";
    request.message.set_target("/");
    EXPECT_EQ(forward(world, request).status, 501);
    request.service = "sqs";
    EXPECT_EQ(forward(world, request).status, 501);
}

}  // namespace
}  // namespace cumulet::dispatch
