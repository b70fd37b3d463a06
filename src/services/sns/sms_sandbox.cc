// The SMS sandbox: numbers that were verified by a code, which is sent to them.
// https://docs.aws.amazon.com/sns/latest/dg/sns-sms-sandbox.html

#include "base/bytes.h"
#include "services/sns/service.h"
#include "services/sns/sms_storage.h"

namespace cumulet::sns {

using namespace aws::sns;

namespace {

constexpr int32_t usual_page = 100;
constexpr size_t most_numbers = 10;
constexpr size_t code_digits = 6;
constexpr size_t kept_id_digits = 16;

Task<SandboxNumber> load_number(store::Transaction& tx, Place place, std::string number) {
    auto found = co_await find_sandbox_number(tx, std::move(place), std::move(number));
    if (!found) throw ResourceNotFoundException("Phone number is not in the SMS sandbox");
    co_return std::move(*found);
}

Notification code_message(Call& call, const SandboxNumber& number) {
    Notification message;
    message.id = call.random().uuid();
    message.message = fmt::format("Your verification code is {}.", number.code);
    message.published = call.now();
    return message;
}

}  // namespace

Task<GetSMSSandboxAccountStatusResult> Service::get_sms_sandbox_account_status(
    Call& call, GetSMSSandboxAccountStatusInput request) {
    // Messages go to any number: they only ever go to where people can read them.
    co_return GetSMSSandboxAccountStatusResult{.IsInSandbox = false};
}

Task<CreateSMSSandboxPhoneNumberResult> Service::create_sms_sandbox_phone_number(
    Call& call, CreateSMSSandboxPhoneNumberInput request) {
    if (!is_phone_number(request.PhoneNumber))
        throw invalid_parameter("PhoneNumber Reason: input incorrectly formatted");
    const Place place{call.account, call.region};
    const SandboxNumber number{.number = request.PhoneNumber, .code = call.random().text(code_digits, "0123456789")};
    const auto message = kept_for_phone(number.number, code_message(call, number));
    const auto id = call.random().hex(kept_id_digits);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (co_await is_opted_out(tx, place, number.number))
            throw OptedOutException("The phone number is opted out of receiving SMS messages");
        const auto known = co_await find_sandbox_number(tx, place, number.number);
        if (known && known->verified) co_return;
        if (!known && (co_await list_sandbox_numbers(tx, place, "", most_numbers)).size() == most_numbers)
            throw UserErrorException("The SMS sandbox of this account holds 10 phone numbers already");
        save_sandbox_number(tx, place, number);
        save_kept(tx, place, message, call.now(), id);
    });
    co_return CreateSMSSandboxPhoneNumberResult{};
}

Task<VerifySMSSandboxPhoneNumberResult> Service::verify_sms_sandbox_phone_number(
    Call& call, VerifySMSSandboxPhoneNumberInput request) {
    const Place place{call.account, call.region};
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto number = co_await load_number(tx, place, request.PhoneNumber);
        if (number.code != request.OneTimePassword) {
            VerificationException error("The one-time password is wrong");
            error.Status = "FAILED";
            throw error;
        }
        number.verified = true;
        save_sandbox_number(tx, place, number);
    });
    co_return VerifySMSSandboxPhoneNumberResult{};
}

Task<DeleteSMSSandboxPhoneNumberResult> Service::delete_sms_sandbox_phone_number(
    Call& call, DeleteSMSSandboxPhoneNumberInput request) {
    const Place place{call.account, call.region};
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_number(tx, place, request.PhoneNumber);
        erase_sandbox_number(tx, place, request.PhoneNumber);
    });
    co_return DeleteSMSSandboxPhoneNumberResult{};
}

Task<ListSMSSandboxPhoneNumbersResult> Service::list_sms_sandbox_phone_numbers(
    Call& call, ListSMSSandboxPhoneNumbersInput request) {
    const auto after = from_base64(request.NextToken.value_or(""));
    if (!after) throw invalid_parameter("NextToken");
    const auto limit = static_cast<size_t>(request.MaxResults.value_or(usual_page));
    const auto numbers = co_await store_.transact(
        [&](store::Transaction& tx) { return list_sandbox_numbers(tx, {call.account, call.region}, *after, limit); });
    ListSMSSandboxPhoneNumbersResult result;
    for (const auto& number : numbers)
        result.PhoneNumbers.push_back(
            {.PhoneNumber = number.number, .Status = number.verified ? "Verified" : "Pending"});
    if (numbers.size() == limit) result.NextToken = to_base64(numbers.back().number);
    co_return result;
}

}  // namespace cumulet::sns
