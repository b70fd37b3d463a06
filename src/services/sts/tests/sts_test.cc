#include <gtest/gtest.h>

#include "contracts/tests/support/direct_door.h"
#include "services/sts/service.h"
#include "store/memory/memory_store.h"

namespace cumulet::sts {
namespace {

/// IAM as STS sees it: one role, which another account's user may assume.
class OneRole final : public aws::iam::Api {
  public:
    Task<aws::iam::GetRoleResponse> get_role(Call& call, aws::iam::GetRoleRequest request) override {
        if (request.RoleName != "worker") throw aws::iam::NoSuchEntityException("no such role");
        aws::iam::GetRoleResponse response;
        response.Role.Arn = fmt::format("arn:aws:iam::{}:role/worker", call.account);
        response.Role.RoleName = "worker";
        response.Role.RoleId = "AROAEXAMPLE";
        response.Role.MaxSessionDuration = 3600;
        response.Role.AssumeRolePolicyDocument =
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/ada"},"Action":"sts:AssumeRole"}]})";
        co_return response;
    }
};

struct World {
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    OneRole iam;
    contracts::DirectDoor door;
    Service service{*store, door};
    Call call{reactor, "request"};

    World() { door.add(aws::iam::service, iam); }
    template <typename T>
    T run(Task<T> task) {
        return reactor.block_on(std::move(task));
    }
    aws::sts::AssumeRoleResponse assume(std::string role) {
        return run(
            service.assume_role(call, {.RoleArn = "arn:aws:iam::000000000000:role/" + role, .RoleSessionName = "me"}));
    }
    void be_user(std::string name) {
        call.principal.kind = Principal::Kind::user;
        call.principal.account = call.account = "111111111111";
        call.principal.arn = "arn:aws:iam::111111111111:user/" + name;
    }
};

TEST(GetCallerIdentity, NamesTheAccountsOwner) {
    World world;
    const auto identity = world.run(world.service.get_caller_identity(world.call, {}));
    EXPECT_EQ(identity.Account, "000000000000");
    EXPECT_EQ(identity.Arn, "arn:aws:iam::000000000000:root");
    EXPECT_EQ(identity.UserId, "000000000000");
}

TEST(AssumeRole, GivesCredentialsOfASession) {
    World world;
    const auto assumed = world.assume("worker");
    EXPECT_EQ(assumed.AssumedRoleUser->Arn, "arn:aws:sts::000000000000:assumed-role/worker/me");
    const auto credentials = world.run(world.service.find_credentials(assumed.Credentials->AccessKeyId));
    ASSERT_TRUE(credentials);
    EXPECT_EQ(credentials->secret_access_key, assumed.Credentials->SecretAccessKey);
    EXPECT_EQ(credentials->session_token, assumed.Credentials->SessionToken);
    EXPECT_EQ(credentials->expires, world.clock.now() + 1h);
    EXPECT_EQ(credentials->principal.kind, Principal::Kind::assumed_role);
}

TEST(AssumeRole, LetsInWhomTheTrustPolicyNames) {
    World world;
    world.be_user("ada");
    EXPECT_NO_THROW(world.assume("worker"));
    world.be_user("bob");
    EXPECT_THROW(world.assume("worker"), aws::Error);
}

TEST(AssumeRole, DoesNotTellWhetherARoleExists) {
    World world;
    try {
        world.assume("none");
        FAIL() << "assumed a role that does not exist";
    } catch (const aws::Error& error) {
        EXPECT_EQ(error.code, "AccessDenied");
        EXPECT_EQ(error.status, 403);
    }
}

}  // namespace
}  // namespace cumulet::sts
