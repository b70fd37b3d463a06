#include "auth/lambda_authorizer.h"

#include <gtest/gtest.h>

namespace cumulet::auth {
namespace {

using Verdict = AuthorizerAnswer::Verdict;

std::optional<Verdict> verdict(std::string_view statement) {
    const auto answer =
        read_authorizer_answer(R"({"principalId": "ada", "policyDocument": {"Version": "2012-10-17", "Statement": )" +
                                   std::string(statement) + "}}",
                               false);
    if (!answer) return std::nullopt;
    return answer->of("arn:aws:execute-api:us-east-1:000000000000:abc/prod/GET/pets/7", "10.0.0.7");
}

TEST(LambdaAuthorizer, DecidesByItsPolicy) {
    EXPECT_EQ(verdict(R"({"Effect": "Allow", "Action": "*", "Resource": "*"})"), Verdict::allowed);
    EXPECT_EQ(
        verdict(
            R"([{"Effect": "Allow", "Action": ["EXECUTE-API:invoke"], "Resource": "arn:aws:execute-api:*:*:abc/*/GET/pets/?"}])"),
        Verdict::allowed);
    EXPECT_EQ(verdict(R"([{"Effect": "Allow", "Action": "*", "Resource": "*"},
                         {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "*/GET/*"}])"),
              Verdict::denied_explicitly);
    EXPECT_EQ(verdict(R"({"Effect": "Allow", "NotAction": "s3:*", "NotResource": "*/POST/*"})"), Verdict::allowed);
    EXPECT_EQ(verdict(R"({"Effect": "Allow", "Action": "*", "Resource": "*/POST/*"})"), Verdict::denied);
    EXPECT_EQ(verdict("[]"), std::nullopt) << "a policy has statements";
}

TEST(LambdaAuthorizer, AsksWhereTheCallerIs) {
    EXPECT_EQ(verdict(R"({"Effect": "Allow", "Action": "*", "Resource": "*",
                          "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}})"),
              Verdict::allowed);
    EXPECT_EQ(verdict(R"({"Effect": "Allow", "Action": "*", "Resource": "*",
                          "Condition": {"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}}})"),
              Verdict::denied);
}

TEST(LambdaAuthorizer, DecidesInOneWordWhereAnswersAreSimple) {
    EXPECT_EQ(read_authorizer_answer(R"({"isAuthorized": true})", true)->of("x", ""), Verdict::allowed);
    EXPECT_EQ(read_authorizer_answer(R"({"isAuthorized": false, "context": {"a": {"b": 1}}})", true)->of("x", ""),
              Verdict::denied);
}

TEST(LambdaAuthorizer, MayNameWhomItLetsIn) {
    const auto answer = read_authorizer_answer(
        R"({"principalId": 7, "usageIdentifierKey": "k", "context": {"a": 1}, "policyDocument":
            {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}})",
        false);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->principal_id, "7");
    EXPECT_EQ(answer->usage_key, "k");
    EXPECT_EQ(answer->context.at("a"), 1);
}

TEST(LambdaAuthorizer, IsRefusedWhatIsNoAnswer) {
    for (
        const auto* payload :
        {"", "null", "[]", R"("Unauthorized")", R"({"principalId": "ada"})", R"({"isAuthorized": true})",
         R"({"principalId": "ada", "policyDocument": {"Statement": 7}})",
         R"({"principalId": {}, "policyDocument": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}})",
         R"({"principalId": "ada", "policyDocument": {"Statement": [{"Effect": "Maybe"}]}})",
         R"({"policyDocument": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}})",
         R"({"principalId": "ada", "context": [], "policyDocument": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}})"})
        EXPECT_FALSE(read_authorizer_answer(payload, false)) << payload;
    EXPECT_FALSE(read_authorizer_answer(R"({"isAuthorized": "true"})", true));
    EXPECT_FALSE(
        read_authorizer_answer(R"({"isAuthorized": true, "context": {"a": ")" + std::string(9000, 'x') + "\"}}", true));
}

}  // namespace
}  // namespace cumulet::auth
