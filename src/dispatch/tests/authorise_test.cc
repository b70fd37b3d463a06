#include <gtest/gtest.h>

#include "contracts/dynamodb.h"
#include "dispatch/tests/support/world.h"

namespace cumulet::dispatch {
namespace {

constexpr auto allow_send =
    R"({"Version":"2012-10-17","Statement":[{"Sid":"Send","Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:*:111122223333:jobs"}]})";
constexpr auto deny_by_address =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}}]})";

TEST(Authorisation, AsksTheCallersPolicies) {
    const auto call = [] { return signed_by(send_message(), "AKIAANN0000000000001", "anns secret"); };
    World world({.authorisation = AuthorisationMode::enforce});
    auto refused = world.serve(call());
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(type_of(refused), "AccessDeniedException");
    EXPECT_EQ(refused.headers.get("x-amzn-query-error"), "AccessDenied;Sender");
    const auto body = json_of(refused);
    EXPECT_EQ(
        string_or(body, "message", string_or(body, "Message")),
        "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: sqs:sendmessage on resource: "
        "arn:aws:sqs:eu-west-1:111122223333:jobs because no identity-based policy allows the sqs:sendmessage action");
    EXPECT_EQ(refused.headers.get("x-cumulet-decision"),
              "denied because no identity-based policy allows the sqs:SendMessage action");

    world.identities.policies.identity = {allow_send};
    auto allowed = world.serve(call());
    EXPECT_EQ(allowed.status, 200);
    EXPECT_EQ(allowed.headers.get("x-cumulet-decision"), "allowed by identity-policy-1/Send");

    world.identities.policies.identity = {allow_send, deny_by_address};
    EXPECT_EQ(world.serve(call()).headers.get("x-cumulet-decision"), "denied by identity-policy-2/#2");

    world.identities.policies.identity = {};
    world.sqs.policy =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ann"},"Action":"sqs:*","Resource":"*"}]})";
    EXPECT_EQ(world.serve(call()).headers.get("x-cumulet-decision"), "allowed by resource-policy/#1");
}

/// Asks for the permission of what it is about itself.
struct FakeDynamoDB : aws::dynamodb::Api {
    Door* door = nullptr;
    Task<aws::dynamodb::GetItemOutput> get_item(Call& call, aws::dynamodb::GetItemInput) override {
        co_await door->permit(call, aws::dynamodb::service, "dynamodb:GetItem", call.arn("dynamodb", "table/orders"),
                              "", {{"dynamodb:LeadingKeys", "7"}});
        co_return aws::dynamodb::GetItemOutput{};
    }
};

TEST(Authorisation, SaysWhatAServiceDecidedThatAsksItself) {
    World world({.authorisation = AuthorisationMode::enforce});
    FakeDynamoDB dynamodb;
    dynamodb.door = &world.door;
    world.door.add(aws::dynamodb::service, dynamodb);
    const auto call = [&] {
        auto request = send_message();
        request.headers.set("x-amz-target", "DynamoDB_20120810.GetItem");
        request.body = R"({"TableName":"orders","Key":{"pk":{"S":"7"}}})";
        return world.serve(signed_by(std::move(request), "AKIAANN0000000000001", "anns secret"));
    };
    const auto policy = [](std::string_view key) {
        return fmt::format(
            R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*",
                "Condition":{{"ForAllValues:StringEquals":{{"dynamodb:LeadingKeys":["{}"]}}}}}}]}})",
            key);
    };
    world.identities.policies.identity = {policy("7")};
    EXPECT_EQ(call().status, 200);
    EXPECT_EQ(call().headers.get("x-cumulet-decision"), "allowed by identity-policy-1/#1");
    world.identities.policies.identity = {policy("8")};
    EXPECT_EQ(call().status, 400);
    EXPECT_EQ(call().headers.get("x-cumulet-decision"),
              "denied because no identity-based policy allows the dynamodb:GetItem action");
}

TEST(Authorisation, OnlySaysSoInModeLogAndLetsRootPass) {
    World logs({.authorisation = AuthorisationMode::log});
    const auto response = logs.serve(signed_by(send_message(), "AKIAANN0000000000001", "x"));
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(response.headers.get("x-cumulet-decision").starts_with("denied"));
    World enforces({.authorisation = AuthorisationMode::enforce});
    EXPECT_EQ(enforces.serve(signed_by(send_message(), "123456789012", "x")).status, 200);
    EXPECT_EQ(enforces.serve(send_message()).status, 403) << "an anonymous caller has no policy";
}

TEST(Authorisation, LetsAnAccountsOwnerIntoAnotherAccountOnlyWhereItsPolicySaysSo) {
    World world({.authorisation = AuthorisationMode::enforce});
    const auto call = [] { return signed_by(send_message(), "222233334444", "x"); };
    world.sqs.owner = "111122223333";
    EXPECT_EQ(world.serve(call()).status, 403);
    world.sqs.policy =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222233334444"},"Action":"sqs:*","Resource":"*"}]})";
    EXPECT_EQ(world.serve(call()).status, 200);
}

TEST(Authorisation, LetsAServiceInWhereTheResourcesPolicyNamesItsSource) {
    World world({.authorisation = AuthorisationMode::enforce});
    aws::sqs::Client client(world.door);
    auto call = service_call(world.reactor, "sns.amazonaws.com", "111122223333", "eu-west-1");
    const auto error_of_sending = [&] {
        try {
            world.reactor.block_on(client.send_message(call, {.QueueUrl = "q", .MessageBody = "hi"}));
            return std::string();
        } catch (const aws::Error& error) {
            return error.code;
        }
    };
    EXPECT_EQ(error_of_sending(), "") << "what a service does for itself needs no permission";

    call.source_arn = "arn:aws:sns:eu-west-1:111122223333:orders";
    EXPECT_EQ(error_of_sending(), "AccessDeniedException");
    world.sqs.policy =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:eu-west-1:111122223333:orders"}}}]})";
    EXPECT_EQ(error_of_sending(), "");
    call.source_arn = "arn:aws:sns:eu-west-1:111122223333:others";
    EXPECT_EQ(error_of_sending(), "AccessDeniedException");
    call.source_arn = "arn:aws:sns:eu-west-1:111122223333:orders";
    call.principal.service = "events.amazonaws.com";
    EXPECT_EQ(error_of_sending(), "AccessDeniedException");
    call.principal.service = "sns.amazonaws.com";
    call.principal.account = "444455556666";
    EXPECT_EQ(error_of_sending(), "") << "the policy's word is enough for a service of another account";
}

}  // namespace
}  // namespace cumulet::dispatch
