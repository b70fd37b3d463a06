// GetAccount, UpdateAccount.
// https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateAccount.html

#include "services/apigateway/patch.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr PatchRule rules[] = {{"/cloudwatchRoleArn", "replace"}, {"/features", "add remove", Patched::valued_element}};
constexpr PatchTable table{rules};

Account with_defaults(Account account) {
    account.throttleSettings = {.burstLimit = 5000, .rateLimit = 10'000};
    account.apiKeyVersion = "4";
    if (!account.features) account.features = {"UsagePlans"};
    return account;
}

}  // namespace

Task<Account> Service::get_account(Call& call, GetAccountRequest) {
    co_return with_defaults(co_await store_.transact(
        [&](store::Transaction& tx) -> Task<Account> { return find_account(tx, place_of(call)); }));
}

Task<Account> Service::update_account(Call& call, UpdateAccountRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Account> {
        const auto before = with_defaults(co_await find_account(tx, place_of(call)));
        auto account = patched(before, "GetAccount", table, request.patchOperations);
        if (account.cloudwatchRoleArn == "") account.cloudwatchRoleArn.reset();
        if (account.cloudwatchRoleArn && !Arn::parse(*account.cloudwatchRoleArn))
            throw BadRequestException(
                "The role ARN does not have required permissions configured. Please grant trust "
                "permission for API Gateway and add the required role policy.");
        save_account(tx, place_of(call), account);
        co_return account;
    });
}

}  // namespace cumulet::apigateway
