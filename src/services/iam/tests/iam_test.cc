#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "contracts/tests/support/direct_door.h"
#include "services/iam/service.h"
#include "store/memory/memory_store.h"

namespace cumulet::iam {
namespace {

using testing::ElementsAre;

const std::string trust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]})";
const std::string allow_send =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]})";
const std::string basic_execution = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

struct World {
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    Service service{*store};
    contracts::DirectDoor door;
    Call call{reactor, "request"};

    World() { door.add(aws::iam::service, service); }
    template <typename T>
    T run(Task<T> task) {
        return reactor.block_on(std::move(task));
    }
    aws::iam::Role create_role(std::string name) {
        return run(service.create_role(call, {.RoleName = std::move(name), .AssumeRolePolicyDocument = trust})).Role;
    }
};

TEST(CreateRole, GivesAnArnAndKeepsTheTrustPolicy) {
    World world;
    const auto role = world.create_role("worker");
    EXPECT_EQ(role.Arn, "arn:aws:iam::000000000000:role/worker");
    EXPECT_TRUE(role.RoleId.starts_with("AROA"));
    const auto found = world.run(world.service.get_role(world.call, {"worker"})).Role;
    EXPECT_EQ(percent_decode(*found.AssumeRolePolicyDocument), trust);
    EXPECT_EQ(found.RoleId, role.RoleId);
}

TEST(CreateRole, RefusesWhatAwsRefuses) {
    World world;
    world.create_role("worker");
    EXPECT_THROW(world.create_role("worker"), aws::iam::EntityAlreadyExistsException);
    EXPECT_THROW(world.run(world.service.create_role(world.call, {.RoleName = "r", .AssumeRolePolicyDocument = "{"})),
                 aws::Error);
    EXPECT_THROW(world.run(world.service.get_role(world.call, {"none"})), aws::iam::NoSuchEntityException);
}

TEST(DeleteRole, WaitsUntilItsPoliciesAreGone) {
    World world;
    world.create_role("worker");
    world.run(world.service.put_role_policy(world.call, {"worker", "send", allow_send}));
    world.run(world.service.attach_role_policy(world.call, {"worker", basic_execution}));
    const auto remove = [&] { world.run(world.service.delete_role(world.call, {"worker"})); };
    EXPECT_THROW(remove(), aws::iam::DeleteConflictException);
    world.run(world.service.detach_role_policy(world.call, {"worker", basic_execution}));
    EXPECT_THROW(remove(), aws::iam::DeleteConflictException);
    world.run(world.service.delete_role_policy(world.call, {"worker", "send"}));
    EXPECT_NO_THROW(remove());
    EXPECT_THROW(world.run(world.service.get_role(world.call, {"worker"})), aws::iam::NoSuchEntityException);
}

TEST(ListRoles, GoesInPages) {
    World world;
    for (const auto* name : {"a", "b", "c"}) world.create_role(name);
    const auto first = world.run(world.service.list_roles(world.call, {.MaxItems = 2}));
    EXPECT_EQ(first.Roles.size(), 2u);
    EXPECT_EQ(first.IsTruncated, true);
    const auto second = world.run(world.service.list_roles(world.call, {.Marker = first.Marker, .MaxItems = 2}));
    ASSERT_EQ(second.Roles.size(), 1u);
    EXPECT_EQ(second.Roles[0].RoleName, "c");
    EXPECT_EQ(second.IsTruncated, false);
}

TEST(AttachRolePolicy, KnowsAwsCatalogueAndTheAccountsOwn) {
    World world;
    world.create_role("worker");
    const auto own =
        *world.run(world.service.create_policy(world.call, {.PolicyName = "send", .PolicyDocument = allow_send}))
             .Policy->Arn;
    world.run(world.service.attach_role_policy(world.call, {"worker", basic_execution}));
    world.run(world.service.attach_role_policy(world.call, {"worker", own}));
    world.run(world.service.attach_role_policy(world.call, {"worker", own}));
    const auto attached = world.run(world.service.list_attached_role_policies(world.call, {.RoleName = "worker"}));
    EXPECT_EQ(attached.AttachedPolicies->size(), 2u);
    EXPECT_EQ(world.run(world.service.get_policy(world.call, {own})).Policy->AttachmentCount, 1);
    EXPECT_THROW(world.run(world.service.attach_role_policy(world.call, {"worker", "arn:aws:iam::aws:policy/Nothing"})),
                 aws::iam::NoSuchEntityException);
    EXPECT_THROW(world.run(world.service.delete_policy(world.call, {own})), aws::iam::DeleteConflictException);
}

TEST(PoliciesOf, GathersAllThatSpeaksAboutASessionsRole) {
    World world;
    world.create_role("worker");
    world.run(world.service.put_role_policy(world.call, {"worker", "send", allow_send}));
    world.run(world.service.attach_role_policy(world.call, {"worker", basic_execution}));
    Principal session{.kind = Principal::Kind::assumed_role, .arn = "arn:aws:sts::000000000000:assumed-role/worker/me"};
    const auto policies = world.run(world.service.policies_of(session));
    ASSERT_EQ(policies.identity.size(), 2u);
    EXPECT_EQ(policies.identity[0], allow_send);
    EXPECT_NE(policies.identity[1].find("logs:PutLogEvents"), std::string::npos);
    EXPECT_FALSE(policies.boundary);
}

TEST(AccessKeys, AreCredentialsUntilTheyAreInactive) {
    World world;
    world.run(world.service.create_user(world.call, {.UserName = "ada"}));
    const auto key = world.run(world.service.create_access_key(world.call, {.UserName = "ada"})).AccessKey;
    const auto credentials = world.run(world.service.find_credentials(key.AccessKeyId));
    ASSERT_TRUE(credentials);
    EXPECT_EQ(credentials->secret_access_key, key.SecretAccessKey);
    EXPECT_EQ(credentials->principal.arn, "arn:aws:iam::000000000000:user/ada");
    world.run(world.service.update_access_key(
        world.call, {.UserName = "ada", .AccessKeyId = key.AccessKeyId, .Status = "Inactive"}));
    EXPECT_FALSE(world.run(world.service.find_credentials(key.AccessKeyId)));
    EXPECT_THROW(world.run(world.service.delete_user(world.call, {"ada"})), aws::iam::DeleteConflictException);
}

TEST(CreatePolicy, RefusesANameThatAnotherPathHas) {
    World world;
    const auto arn = *world
                          .run(world.service.create_policy(
                              world.call, {.PolicyName = "send", .Path = "/orders/", .PolicyDocument = allow_send}))
                          .Policy->Arn;
    EXPECT_THROW(
        world.run(world.service.create_policy(world.call, {.PolicyName = "send", .PolicyDocument = allow_send})),
        aws::iam::EntityAlreadyExistsException);
    EXPECT_EQ(world.run(world.service.get_policy(world.call, {arn})).Policy->Path, "/orders/");
    EXPECT_THROW(world.run(world.service.get_policy(world.call, {"arn:aws:iam::000000000000:policy/send"})),
                 aws::iam::NoSuchEntityException);
}

TEST(PolicyVersions, AreAtMostFiveAndOneIsInForce) {
    World world;
    const auto arn =
        *world.run(world.service.create_policy(world.call, {.PolicyName = "send", .PolicyDocument = allow_send}))
             .Policy->Arn;
    for (int i = 0; i < 4; ++i) world.run(world.service.create_policy_version(world.call, {arn, allow_send, i == 3}));
    EXPECT_THROW(world.run(world.service.create_policy_version(world.call, {arn, allow_send})),
                 aws::iam::LimitExceededException);
    EXPECT_EQ(world.run(world.service.get_policy(world.call, {arn})).Policy->DefaultVersionId, "v5");
    EXPECT_THROW(world.run(world.service.delete_policy_version(world.call, {arn, "v5"})),
                 aws::iam::DeleteConflictException);
    EXPECT_NO_THROW(world.run(world.service.delete_policy_version(world.call, {arn, "v1"})));
}

TEST(RoleResource, MakesChangesAndRemovesARoleWithItsPolicies) {
    World world;
    auto types = resource_types(world.door);
    auto& role_type = **std::ranges::find(types, "AWS::IAM::Role", [](const auto& type) { return type->name(); });
    const contracts::ResourceContext context{.stack_name = "app", .generated_name = "app-Role-ABC"};
    const json::object before{
        {"AssumeRolePolicyDocument", json::parse(trust)},
        {"ManagedPolicyArns", json::array{basic_execution}},
        {"Policies", json::array{json::object{{"PolicyName", "send"}, {"PolicyDocument", json::parse(allow_send)}}}}};
    const auto made = world.run(role_type.create(world.call, context, before));
    EXPECT_EQ(made.physical_id, "app-Role-ABC");
    EXPECT_EQ(made.attributes.at("Arn").as_string(), "arn:aws:iam::000000000000:role/app-Role-ABC");
    EXPECT_EQ(world.run(role_type.create(world.call, context, before)).physical_id, "app-Role-ABC");

    auto after = before;
    after.erase("Policies");
    world.run(role_type.update(world.call, context, made.physical_id, before, after));
    EXPECT_THAT(world.run(world.service.list_role_policies(world.call, {.RoleName = made.physical_id})).PolicyNames,
                ElementsAre());

    world.run(role_type.remove(world.call, context, made.physical_id, after));
    EXPECT_THROW(world.run(world.service.get_role(world.call, {made.physical_id})), aws::iam::NoSuchEntityException);
    EXPECT_NO_THROW(world.run(role_type.remove(world.call, context, made.physical_id, after)));
}

}  // namespace
}  // namespace cumulet::iam
