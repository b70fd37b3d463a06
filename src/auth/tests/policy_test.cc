#include "auth/policy.h"

#include <gtest/gtest.h>

#include "auth/conditions.h"
#include "contracts/error.h"

namespace cumulet::auth {
namespace {

const std::string user = "arn:aws:iam::111122223333:user/ann";
const std::string session = "arn:aws:sts::111122223333:assumed-role/Worker/i-1";
const std::string queue = "arn:aws:sqs:us-east-1:111122223333:jobs";

Policy identity(std::string statements, std::string name = "P") {
    return Policy::parse(R"({"Version":"2012-10-17","Statement":[)" + statements + "]}", PolicyKind::identity, name);
}
Policy resource(std::string statements) {
    return Policy::parse(R"({"Version":"2012-10-17","Statement":[)" + statements + "]}", PolicyKind::resource, "R");
}

AccessRequest ask(std::string action, std::string target, const ConditionContext* context = nullptr) {
    return {.action = std::move(action),
            .resource = std::move(target),
            .resource_account = "",
            .requester = {.arn = user, .account = "111122223333", .service = ""},
            .context = context};
}

bool allows(const Policy& policy, const AccessRequest& request) {
    const Policy* const policies[] = {&policy};
    return evaluate(request, {.identity = policies}).allowed;
}

TEST(Wildcards, MatchAsIamSays) {
    struct Row {
        const char* pattern;
        const char* text;
        bool matches;
    };
    const Row rows[] = {
        {"*", "", true},
        {"*", "anything", true},
        {"a*c", "abc", true},
        {"a*c", "ac", true},
        {"a*c", "acb", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"a**c", "abbc", true},
        {"", "", true},
        {"", "x", false},
        {"*b*d", "abcbd", true},
        {"a\x01*c", "a*c", true},
        {"a\x01*c", "abc", false},
        {"Get*", "GetItem", true},
        {"Get*", "PutGet", false},
        {"get*", "GetItem", false},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(matches_wildcard(row.pattern, row.text), row.matches) << row.pattern << " / " << row.text;
    }
    EXPECT_TRUE(matches_wildcard("sqs:send*", "sqs:SendMessage", true));
}

TEST(ArnPatterns, KeepEachPartToItself) {
    struct Row {
        const char* pattern;
        const char* arn;
        bool matches;
    };
    const Row rows[] = {
        {"*", "arn:aws:sqs:us-east-1:1:q", true},
        {"arn:aws:sqs:*:*:q", "arn:aws:sqs:us-east-1:1:q", true},
        {"arn:aws:sqs:*:q", "arn:aws:sqs:us-east-1:1:q", false},
        {"arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b:c", true},
        {"arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", false},
        {"arn:aws:s3:::*", "arn:aws:s3:::bucket/key", true},
        {"arn:aws:s3*", "arn:aws:s3:::bucket/key", true},
        {"arn:aws:dynamodb:us-east-?:1:table/*", "arn:aws:dynamodb:us-east-1:1:table/t", true},
        {"arn:aws:dynamodb:us-east-?:1:table/*", "arn:aws:dynamodb:eu-west-1:1:table/t", false},
        {"arn:aws:sqs:us-east-1:1:q", "*", false},
    };
    for (const auto& row : rows)
        EXPECT_EQ(matches_arn(row.pattern, row.arn), row.matches) << row.pattern << " / " << row.arn;
}

TEST(PolicyVariables, AreReplacedOrLeaveThePatternWithoutAMatch) {
    ConditionContext context;
    context.set("aws:username", "ann");
    context.set("aws:PrincipalTag/team", "a*");
    EXPECT_EQ(expand_variables("x/${aws:username}/y", context, false), "x/ann/y");
    EXPECT_EQ(expand_variables("${AWS:UserName}", context, false), "ann");
    EXPECT_EQ(expand_variables("${aws:principaltag/team}", context, true), "a\x01*");
    EXPECT_EQ(expand_variables("${*}${?}${$}", context, false), "*?$");
    EXPECT_EQ(expand_variables("${aws:userid}", context, false), std::nullopt);
    EXPECT_EQ(expand_variables("${aws:userid, 'nobody'}", context, false), "nobody");
    EXPECT_EQ(expand_variables("no end ${aws:username", context, false), "no end ${aws:username");
}

TEST(Statements, DecideByActionAndResource) {
    struct Row {
        const char* name;
        const char* statement;
        const char* action;
        std::string target;
        bool allowed;
    };
    const Row rows[] = {
        {"exact", R"({"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"})", "sqs:SendMessage", queue, true},
        {"actions ignore case", R"({"Effect":"Allow","Action":"SQS:sendmessage","Resource":"*"})", "sqs:SendMessage",
         queue, true},
        {"another action", R"({"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"})", "sqs:DeleteMessage",
         queue, false},
        {"action wildcard", R"({"Effect":"Allow","Action":["s3:*","sqs:Send*"],"Resource":"*"})", "sqs:SendMessage",
         queue, true},
        {"all actions", R"({"Effect":"Allow","Action":"*","Resource":"*"})", "iam:CreateUser", "*", true},
        {"not action", R"({"Effect":"Allow","NotAction":"iam:*","Resource":"*"})", "sqs:SendMessage", queue, true},
        {"not action excludes", R"({"Effect":"Allow","NotAction":"sqs:*","Resource":"*"})", "sqs:SendMessage", queue,
         false},
        {"resource", R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:sqs:*:*:jobs"})", "sqs:SendMessage", queue,
         true},
        {"other resource", R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:sqs:*:*:mail"})", "sqs:SendMessage",
         queue, false},
        {"not resource", R"({"Effect":"Allow","Action":"*","NotResource":"arn:aws:sqs:*:*:mail"})", "sqs:SendMessage",
         queue, true},
        {"not resource excludes", R"({"Effect":"Allow","Action":"*","NotResource":"arn:aws:sqs:*:*:j*"})",
         "sqs:SendMessage", queue, false},
        {"deny wins",
         R"({"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"sqs:*","Resource":"*"})",
         "sqs:SendMessage", queue, false},
        {"deny of others does not matter",
         R"({"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*"})",
         "sqs:SendMessage", queue, true},
    };
    for (const auto& row : rows)
        EXPECT_EQ(allows(identity(row.statement), ask(row.action, row.target)), row.allowed) << row.name;
}

TEST(Conditions, EveryOperatorDecides) {
    ConditionContext context;
    context.set("aws:username", "ann");
    context.set("aws:SourceIp", "10.1.2.3");
    context.set("vpc:ip", "2001:db8::1");
    context.set("aws:CurrentTime", "2026-11-23T00:55:00Z");
    context.set("s3:max-keys", "10");
    context.set("aws:SecureTransport", "true");
    context.set("aws:PrincipalArn", "arn:aws:iam::111122223333:role/team/Worker");
    context.set("k:binary", "hi");
    context.set("aws:TagKeys", std::vector<std::string>{"env", "team"});
    context.set("k:none", std::vector<std::string>{});
    struct Row {
        const char* block;
        bool holds;
    };
    const Row rows[] = {
        {R"({"StringEquals":{"aws:username":"ann"}})", true},
        {R"({"StringEquals":{"aws:username":["bob","ann"]}})", true},
        {R"({"StringEquals":{"aws:username":"Ann"}})", false},
        {R"({"StringEquals":{"AWS:USERNAME":"ann"}})", true},
        {R"({"StringEquals":{"aws:username":"a*"}})", false},
        {R"({"StringEquals":{"aws:userid":"x"}})", false},
        {R"({"StringEqualsIfExists":{"aws:userid":"x"}})", true},
        {R"({"StringEqualsIfExists":{"aws:username":"x"}})", false},
        {R"({"StringNotEquals":{"aws:username":"bob"}})", true},
        {R"({"StringNotEquals":{"aws:username":["bob","ann"]}})", false},
        {R"({"StringNotEquals":{"aws:userid":"x"}})", true},
        {R"({"StringEqualsIgnoreCase":{"aws:username":"ANN"}})", true},
        {R"({"StringNotEqualsIgnoreCase":{"aws:username":"ANN"}})", false},
        {R"({"StringLike":{"aws:username":"a?n"}})", true},
        {R"({"StringLike":{"aws:username":"${aws:username}"}})", true},
        {R"({"StringNotLike":{"aws:username":"a*"}})", false},
        {R"({"NumericEquals":{"s3:max-keys":10}})", true},
        {R"({"NumericEquals":{"s3:max-keys":"10.0"}})", true},
        {R"({"NumericNotEquals":{"s3:max-keys":"11"}})", true},
        {R"({"NumericLessThan":{"s3:max-keys":"10"}})", false},
        {R"({"NumericLessThanEquals":{"s3:max-keys":"10"}})", true},
        {R"({"NumericGreaterThan":{"s3:max-keys":"9"}})", true},
        {R"({"NumericGreaterThanEquals":{"s3:max-keys":"11"}})", false},
        {R"({"NumericEquals":{"aws:username":"1"}})", false},
        {R"({"DateEquals":{"aws:CurrentTime":"2026-11-23T00:55:00Z"}})", true},
        {R"({"DateNotEquals":{"aws:CurrentTime":"2026-11-23T00:55:00Z"}})", false},
        {R"({"DateLessThan":{"aws:CurrentTime":"2026-11-24"}})", true},
        {R"({"DateLessThanEquals":{"aws:CurrentTime":"2026-11-23T00:54:59Z"}})", false},
        {R"({"DateGreaterThan":{"aws:CurrentTime":"1700000000"}})", true},
        {R"({"DateGreaterThanEquals":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}})", false},
        {R"({"Bool":{"aws:SecureTransport":true}})", true},
        {R"({"Bool":{"aws:SecureTransport":"false"}})", false},
        {R"({"BinaryEquals":{"k:binary":"aGk="}})", true},
        {R"({"BinaryEquals":{"k:binary":"aGo="}})", false},
        {R"({"IpAddress":{"aws:SourceIp":"10.1.0.0/16"}})", true},
        {R"({"IpAddress":{"aws:SourceIp":["192.168.0.0/16","10.1.2.3"]}})", true},
        {R"({"IpAddress":{"aws:SourceIp":"10.1.2.0/31"}})", false},
        {R"({"IpAddress":{"vpc:ip":"2001:db8::/32"}})", true},
        {R"({"IpAddress":{"vpc:ip":"10.0.0.0/8"}})", false},
        {R"({"IpAddress":{"aws:SourceIp":"10.1.2.3/99"}})", false},
        {R"({"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}})", false},
        {R"({"NotIpAddress":{"aws:SourceIp":"11.0.0.0/8"}})", true},
        {R"({"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/team/*"}})", true},
        {R"({"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}})", true},
        {R"({"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/team/*"}})", false},
        {R"({"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}})", true},
        {R"({"Null":{"aws:userid":"true"}})", true},
        {R"({"Null":{"aws:userid":"false"}})", false},
        {R"({"Null":{"aws:username":false}})", true},
        {R"({"Null":{"k:none":"true"}})", true},
        {R"({"ForAllValues:StringEquals":{"aws:TagKeys":["env","team","cost"]}})", true},
        {R"({"ForAllValues:StringEquals":{"aws:TagKeys":["env"]}})", false},
        {R"({"ForAllValues:StringEquals":{"aws:RequestTag":["env"]}})", true},
        {R"({"ForAnyValue:StringEquals":{"aws:TagKeys":["env"]}})", true},
        {R"({"ForAnyValue:StringEquals":{"aws:TagKeys":["cost"]}})", false},
        {R"({"ForAnyValue:StringEquals":{"aws:RequestTag":["env"]}})", false},
        {R"({"ForAnyValue:StringNotEquals":{"aws:TagKeys":["env"]}})", true},
        {R"({"ForAnyValue:StringNotEquals":{"aws:TagKeys":["env","team"]}})", false},
        {R"({"ForAllValues:StringNotLike":{"aws:TagKeys":["x*"]}})", true},
        {R"({"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["t*"]}})", true},
        {R"({"StringEquals":{"aws:username":"ann"},"Bool":{"aws:SecureTransport":"false"}})", false},
        {R"({"StringEquals":{"aws:username":"ann","k:binary":"no"}})", false},
    };
    for (const auto& row : rows) {
        const auto policy =
            identity(std::string(R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":)") + row.block + "}");
        EXPECT_EQ(allows(policy, ask("s3:GetObject", "*", &context)), row.holds) << row.block;
    }
}

TEST(Conditions, ValuesOfVariablesAreNoPatterns) {
    ConditionContext context;
    context.set("aws:username", "*");
    const auto policy = identity(R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::home/${aws:username}/x"})");
    EXPECT_FALSE(allows(policy, ask("s3:GetObject", "arn:aws:s3:::home/ann/x", &context)));
    EXPECT_TRUE(allows(policy, ask("s3:GetObject", "arn:aws:s3:::home/*/x", &context)));
}

// SAM's policy templates name no version.
TEST(Documents, WithoutAVersionAreOfTheOldOne) {
    const auto policy =
        Policy::parse(R"({"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}})", PolicyKind::identity);
    EXPECT_FALSE(policy.has_variables());
    EXPECT_EQ(policy.statements.size(), 1u);
}

TEST(Documents, AreRefusedInIamsWords) {
    struct Row {
        const char* name;
        const char* text;
        const char* message;
    };
    constexpr auto syntax = "Syntax errors in policy.";
    const Row rows[] = {
        {"no JSON", "This is not a json document", syntax},
        {"a list", "[]", syntax},
        {"unknown version",
         R"({"Version":"2013-10-17","Statement":{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}})", syntax},
        {"no statement", R"({"Version":"2012-10-17"})", syntax},
        {"empty list", R"({"Version":"2012-10-17","Statement":[]})", syntax},
        {"statement no object", R"({"Version":"2012-10-17","Statement":["afd"]})", syntax},
        {"unknown member",
         R"({"Version":"2012-10-17","Extra":1,"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})", syntax},
        {"unknown element",
         R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","X":1}})", syntax},
        {"bad effect", R"({"Version":"2012-10-17","Statement":{"Effect":"allow","Action":"*","Resource":"*"}})",
         syntax},
        {"no effect", R"({"Version":"2012-10-17","Statement":{"Action":"*","Resource":"*"}})", syntax},
        {"both actions",
         R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","NotAction":"s3:*","Resource":"*"}})",
         syntax},
        {"numeric action", R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":1,"Resource":"*"}})",
         syntax},
        {"no action", R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Resource":"*"}})",
         "Policy statement must contain actions."},
        {"empty actions", R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":[],"Resource":"*"}})",
         "Policy statement must contain actions."},
        {"no resource", R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListBucket"}})",
         "Policy statement must contain resources."},
        {"no vendor", R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ListBucket","Resource":"*"}})",
         "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
        {"two colons",
         R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:List:Bucket","Resource":"*"}})",
         "Actions/Condition can contain only one colon."},
        {"bad vendor",
         R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s 3:ListBucket","Resource":"*"}})",
         "Vendor s 3 is not valid"},
        {"no ARN", R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}})",
         "Resource bucket must be in ARN format or \"*\"."},
        {"bad partition",
         R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:bws:s3:::b"}})",
         "Partition \"bws\" is not valid for resource \"arn:bws:s3:::b\"."},
        {"principal",
         R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}})",
         "Policy document should not specify a principal."},
        {"same Sid twice",
         R"({"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"A","Effect":"Deny","Action":"*","Resource":"*"}]})",
         "Statement IDs (SID) in a single policy must be unique."},
        {"unknown operator",
         R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringIs":{"a":"b"}}}})",
         syntax},
        {"condition no object",
         R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":["a"]}})",
         syntax},
        {"condition value object",
         R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a":{}}}}})",
         syntax},
    };
    for (const auto& row : rows) {
        try {
            Policy::parse(row.text, PolicyKind::identity);
            ADD_FAILURE() << row.name << " was accepted";
        } catch (const aws::Error& error) {
            EXPECT_EQ(error.code, "MalformedPolicyDocument") << row.name;
            EXPECT_EQ(error.message, row.message) << row.name;
        }
    }
}

TEST(Documents, TrustPoliciesNamePrincipalsAndNoResources) {
    const auto good = Policy::parse(
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]})",
        PolicyKind::trust);
    const Requester lambda{.arn = "", .account = "", .service = "lambda.amazonaws.com"};
    EXPECT_EQ(match_principal(good.statements[0], lambda), PrincipalMatch::direct);
    struct Row {
        const char* text;
        const char* message;
    };
    const Row rows[] = {
        {"{", "This policy contains invalid Json"},
        {R"({"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]})", "Missing required field Principal"},
        {R"({"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Resource":"*"}]})",
         "Has prohibited field Resource"},
        {R"({"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Principal":"*"}]})",
         "AssumeRole policy may only specify STS AssumeRole actions."},
    };
    for (const auto& row : rows) {
        try {
            Policy::parse(row.text, PolicyKind::trust);
            ADD_FAILURE() << row.text << " was accepted";
        } catch (const aws::Error& error) {
            EXPECT_EQ(error.message, row.message);
        }
    }
}

TEST(Principals, MatchUsersRolesAccountsAndServices) {
    struct Row {
        const char* principal;
        Requester requester;
        PrincipalMatch match;
    };
    const Requester ann{.arn = user, .account = "111122223333", .service = ""};
    const Requester worker{.arn = session, .account = "111122223333", .service = ""};
    const Requester nobody{.arn = "", .account = "", .service = "", .anonymous = true};
    const Row rows[] = {
        {R"("*")", ann, PrincipalMatch::direct},
        {R"("*")", nobody, PrincipalMatch::direct},
        {R"({"AWS":"*"})", worker, PrincipalMatch::direct},
        {R"({"AWS":"111122223333"})", ann, PrincipalMatch::account},
        {R"({"AWS":"arn:aws:iam::111122223333:root"})", ann, PrincipalMatch::account},
        {R"({"AWS":"arn:aws:iam::999999999999:root"})", ann, PrincipalMatch::none},
        {R"({"AWS":"arn:aws:iam::111122223333:user/ann"})", ann, PrincipalMatch::direct},
        {R"({"AWS":["x","arn:aws:iam::111122223333:role/team/Worker"]})", worker, PrincipalMatch::direct},
        {R"({"AWS":"arn:aws:iam::111122223333:role/Other"})", worker, PrincipalMatch::none},
        {R"({"AWS":"111122223333"})", nobody, PrincipalMatch::none},
        {R"({"Service":"sns.amazonaws.com"})",
         {.arn = "", .account = "", .service = "sns.amazonaws.com"},
         PrincipalMatch::direct},
        {R"({"Service":"sns.amazonaws.com"})", ann, PrincipalMatch::none},
    };
    for (const auto& row : rows) {
        const auto policy = resource(std::string(R"({"Effect":"Allow","Action":"*","Resource":"*","Principal":)") +
                                     row.principal + "}");
        EXPECT_EQ(match_principal(policy.statements[0], row.requester), row.match) << row.principal;
    }
}

struct Layers {
    const char* name;
    const char* identity;  // statements, "" for none
    const char* resource;
    const char* boundary;
    const char* session;
    const char* resource_account;
    bool allowed;
    const char* reason;
};

constexpr auto allow_all = R"({"Effect":"Allow","Action":"*","Resource":"*"})";
constexpr auto allow_s3 = R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})";
constexpr auto deny_send = R"({"Effect":"Deny","Action":"sqs:SendMessage","Resource":"*"})";
constexpr auto share_with_ann =
    R"({"Effect":"Allow","Action":"*","Resource":"*","Principal":{"AWS":"arn:aws:iam::111122223333:user/ann"}})";
constexpr auto share_with_account =
    R"({"Effect":"Allow","Action":"*","Resource":"*","Principal":{"AWS":"111122223333"}})";
constexpr auto refuse_all = R"({"Effect":"Deny","Action":"*","Resource":"*","Principal":"*"})";

TEST(Evaluation, AsksThePoliciesInAwsOrder) {
    const Layers rows[] = {
        {"nothing allows", "", "", "", "", "", false,
         "because no identity-based policy allows the sqs:SendMessage action"},
        {"identity allows", allow_all, "", "", "", "", true, ""},
        {"identity of another service", allow_s3, "", "", "", "", false,
         "because no identity-based policy allows the sqs:SendMessage action"},
        {"identity denies", R"({"Effect":"Deny","Action":"*","Resource":"*"})", share_with_ann, "", "", "", false,
         "with an explicit deny in an identity-based policy"},
        {"resource grants the user", "", share_with_ann, "", "", "", true, ""},
        {"resource grants the account, which does not", "", share_with_account, "", "", "", false,
         "because no identity-based policy allows the sqs:SendMessage action"},
        {"resource grants the account, which does", allow_all, share_with_account, "", "", "", true, ""},
        {"resource denies", allow_all, refuse_all, "", "", "", false,
         "with an explicit deny in a resource-based policy"},
        {"boundary allows", allow_all, "", allow_all, "", "", true, ""},
        {"boundary is too narrow", allow_all, "", allow_s3, "", "", false,
         "because no permissions boundary allows the sqs:SendMessage action"},
        {"boundary denies", allow_all, "", deny_send, "", "", false, "with an explicit deny in a permissions boundary"},
        {"boundary alone grants nothing", "", "", allow_all, "", "", false,
         "because no identity-based policy allows the sqs:SendMessage action"},
        {"session is too narrow", allow_all, "", "", allow_s3, "", false,
         "because no session policy allows the sqs:SendMessage action"},
        {"session denies", allow_all, "", "", deny_send, "", false, "with an explicit deny in a session policy"},
        {"all agree", allow_all, share_with_account, allow_all, allow_all, "", true, ""},
        {"another account shares", allow_all, share_with_account, "", "", "999999999999", true, ""},
        {"another account does not share", allow_all, "", "", "", "999999999999", false,
         "because no resource-based policy allows the sqs:SendMessage action"},
        {"another account shares, the own one does not", "", share_with_ann, "", "", "999999999999", false,
         "because no identity-based policy allows the sqs:SendMessage action"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        std::optional<Policy> policies[4];
        const char* const texts[] = {row.identity, row.resource, row.boundary, row.session};
        for (int i = 0; i < 4; ++i) {
            if (*texts[i]) policies[i] = i == 1 ? resource(texts[i]) : identity(texts[i]);
        }
        const Policy* const identities[] = {policies[0] ? &*policies[0] : nullptr};
        const Policy* const sessions[] = {policies[3] ? &*policies[3] : nullptr};
        PolicySet set;
        if (policies[0]) set.identity = identities;
        if (policies[1]) set.resource = &*policies[1];
        if (policies[2]) set.boundary = &*policies[2];
        if (policies[3]) set.session = sessions;
        auto request = ask("sqs:SendMessage", queue);
        request.resource_account = row.resource_account;
        const auto decision = evaluate(request, set);
        EXPECT_EQ(decision.allowed, row.allowed);
        EXPECT_EQ(decision.reason, row.reason);
    }
}

TEST(Evaluation, NamesTheStatementThatDecided) {
    const auto policy = identity(
        R"({"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"sqs:*","Resource":"*"},{"Sid":"NoSend","Effect":"Deny","Action":"sqs:SendMessage","Resource":"*"})",
        "Team");
    const Policy* const policies[] = {&policy};
    EXPECT_EQ(evaluate(ask("sqs:SendMessage", queue), {.identity = policies}).text(), "denied by Team/NoSend");
    EXPECT_EQ(evaluate(ask("sqs:ReceiveMessage", queue), {.identity = policies}).text(), "allowed by Team/#2");
    EXPECT_EQ(evaluate(ask("sns:Publish", "*"), {.identity = policies}).text(),
              "denied because no identity-based policy allows the sns:Publish action");
}

TEST(Evaluation, OldVersionsHaveNoVariables) {
    ConditionContext context;
    context.set("aws:username", "ann");
    const auto policy = Policy::parse(
        R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}","Principal":"*"}]})",
        PolicyKind::resource);
    EXPECT_FALSE(evaluate(ask("s3:ListBucket", "arn:aws:s3:::ann", &context), {.resource = &policy}).allowed);
    EXPECT_TRUE(
        evaluate(ask("s3:ListBucket", "arn:aws:s3:::${aws:username}", &context), {.resource = &policy}).allowed);
}

}  // namespace
}  // namespace cumulet::auth
