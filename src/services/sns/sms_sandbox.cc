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
constexpr auto a_day = std::chrono::hours(24);
constexpr size_t most_codes_a_day = 5;
constexpr size_t code_digits = 6;
constexpr size_t kept_id_digits = 16;

Task<SandboxNumber> load_number(store::Transaction& tx, Place place, std::string number) {
    auto found = co_await find_sandbox_number(tx, std::move(place), std::move(number));
    if (!found) throw ResourceNotFoundException("Phone number is not in the SMS sandbox");
    co_return std::move(*found);
}

/// Counts one more code sent at `now`. Throws UserErrorException if the number got as many as it may within a day.
void count_code(SandboxNumber& number, Time now) {
    std::erase_if(number.codes_sent, [&](Time sent) { return sent + a_day <= now; });
    // Unverified: AWS's error and words for a sixth code, and for a number that is deleted too early.
    if (number.codes_sent.size() >= most_codes_a_day)
        throw UserErrorException("A phone number can be sent at most 5 verification codes within 24 hours");
    number.codes_sent.push_back(now);
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
    SandboxNumber number{.number = request.PhoneNumber, .code = call.random().text(code_digits, "0123456789")};
    const auto message = kept_for_phone(number.number, code_message(call, number));
    const auto id = call.random().hex(kept_id_digits);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (co_await is_opted_out(tx, place, number.number))
            throw OptedOutException("The phone number is opted out of receiving SMS messages");
        const auto known = co_await find_sandbox_number(tx, place, number.number);
        if (known && known->verified) co_return;
        if (!known && (co_await list_sandbox_numbers(tx, place, "", most_numbers)).size() == most_numbers)
            throw UserErrorException("The SMS sandbox of this account holds 10 phone numbers already");
        number.tried = known ? known->tried : Time();
        number.codes_sent = known ? known->codes_sent : std::vector<Time>();
        count_code(number, call.now());
        save_sandbox_number(tx, place, number);
        save_kept(tx, place, message, call.now(), id);
    });
    co_return CreateSMSSandboxPhoneNumberResult{};
}

Task<VerifySMSSandboxPhoneNumberResult> Service::verify_sms_sandbox_phone_number(
    Call& call, VerifySMSSandboxPhoneNumberInput request) {
    const Place place{call.account, call.region};
    const bool right = co_await store_.transact([&](store::Transaction& tx) -> Task<bool> {
        auto number = co_await load_number(tx, place, request.PhoneNumber);
        const bool right = number.code == request.OneTimePassword;
        number.verified = number.verified || right;
        number.tried = call.now();
        save_sandbox_number(tx, place, number);
        co_return right;
    });
    if (right) co_return VerifySMSSandboxPhoneNumberResult{};
    VerificationException error("The one-time password is wrong");
    error.Status = "FAILED";
    throw error;
}

Task<DeleteSMSSandboxPhoneNumberResult> Service::delete_sms_sandbox_phone_number(
    Call& call, DeleteSMSSandboxPhoneNumberInput request) {
    const Place place{call.account, call.region};
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto number = co_await load_number(tx, place, request.PhoneNumber);
        if (call.now() < number.tried + a_day) {
            throw UserErrorException(
                "A phone number can be deleted 24 hours after its verification, or the last attempt of it");
        }
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
