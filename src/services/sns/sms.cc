// GetSMSAttributes, SetSMSAttributes, opted-out numbers, ListOriginationNumbers, and messages to phones.
// https://docs.aws.amazon.com/sns/latest/api/API_SetSMSAttributes.html

#include "base/bytes.h"
#include "services/sns/service.h"
#include "services/sns/sms_storage.h"

namespace cumulet::sns {

using namespace aws::sns;

namespace {

constexpr size_t page_size = 100;
constexpr size_t most_sender_id_characters = 11;
constexpr size_t kept_id_digits = 16;

bool is_sender_id(std::string_view text) {
    const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
    const auto allowed = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; };
    return text.size() <= most_sender_id_characters && std::ranges::any_of(text, letter) &&
           std::ranges::all_of(text, allowed);
}

void check_sms_attribute(const std::string& name, const std::string& value) {
    static constexpr std::array names = {"MonthlySpendLimit", "DeliveryStatusIAMRole",
                                         "DefaultSenderID",   "DeliveryStatusSuccessSamplingRate",
                                         "DefaultSMSType",    "UsageReportS3Bucket"};
    if (std::ranges::find(names, name) == names.end())
        throw InvalidParameterException(fmt::format("{} is not a valid attribute", name));
    if (name == "DefaultSenderID" && !is_sender_id(value))
        throw InvalidParameterException("DefaultSenderID is not a valid attribute");
    if (name == "DefaultSMSType" && value != "Promotional" && value != "Transactional")
        throw InvalidParameterException("DefaultSMSType is invalid");
}

std::string checked_number(const std::string& number) {
    if (!number.starts_with('+') || !is_phone_number(number))
        throw invalid_parameter("PhoneNumber Reason: input incorrectly formatted");
    return number;
}

}  // namespace

Task<GetSMSAttributesResponse> Service::get_sms_attributes(Call& call, GetSMSAttributesInput request) {
    auto attributes = co_await store_.transact(
        [&](store::Transaction& tx) { return find_sms_attributes(tx, {call.account, call.region}); });
    attributes.try_emplace("MonthlySpendLimit", "1");
    if (request.attributes && !request.attributes->empty()) {
        std::erase_if(attributes, [&](const auto& attribute) {
            return std::ranges::find(*request.attributes, attribute.first) == request.attributes->end();
        });
    }
    co_return GetSMSAttributesResponse{.attributes = std::move(attributes)};
}

Task<SetSMSAttributesResponse> Service::set_sms_attributes(Call& call, SetSMSAttributesInput request) {
    for (const auto& [name, value] : request.attributes) check_sms_attribute(name, value);
    const Place place{call.account, call.region};
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto attributes = co_await find_sms_attributes(tx, place);
        for (const auto& [name, value] : request.attributes) attributes[name] = value;
        save_sms_attributes(tx, place, attributes);
    });
    co_return SetSMSAttributesResponse{};
}

Task<CheckIfPhoneNumberIsOptedOutResponse> Service::check_if_phone_number_is_opted_out(
    Call& call, CheckIfPhoneNumberIsOptedOutInput request) {
    const auto number = checked_number(request.phoneNumber);
    const bool out = co_await store_.transact(
        [&](store::Transaction& tx) { return is_opted_out(tx, {call.account, call.region}, number); });
    co_return CheckIfPhoneNumberIsOptedOutResponse{.isOptedOut = out};
}

Task<ListPhoneNumbersOptedOutResponse> Service::list_phone_numbers_opted_out(Call& call,
                                                                             ListPhoneNumbersOptedOutInput request) {
    const auto after = from_base64(request.nextToken.value_or(""));
    if (!after) throw invalid_parameter("NextToken");
    auto numbers = co_await store_.transact(
        [&](store::Transaction& tx) { return list_opted_out(tx, {call.account, call.region}, *after, page_size); });
    ListPhoneNumbersOptedOutResponse result;
    if (numbers.size() == page_size) result.nextToken = to_base64(numbers.back());
    result.phoneNumbers = std::move(numbers);
    co_return result;
}

Task<OptInPhoneNumberResponse> Service::opt_in_phone_number(Call& call, OptInPhoneNumberInput request) {
    const auto number = checked_number(request.phoneNumber);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        opt_in(tx, {call.account, call.region}, number);
        co_return;
    });
    co_return OptInPhoneNumberResponse{};
}

Task<ListOriginationNumbersResult> Service::list_origination_numbers(Call& call,
                                                                     ListOriginationNumbersRequest request) {
    // Nobody can buy numbers here.
    ListOriginationNumbersResult result;
    result.PhoneNumbers.emplace();
    co_return result;
}

Task<PublishResponse> Service::publish_to_phone(Call& call, std::string number, Notification notification) {
    if (!is_phone_number(number))
        throw invalid_parameter(fmt::format("PhoneNumber Reason: {} is not valid to publish to", number));
    const auto kept = kept_for_phone(number, notification);
    const auto id = call.random().hex(kept_id_digits);
    const Place place{call.account, call.region};
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        // Unverified: AWS's words where whoever has the number wants no messages.
        if (co_await is_opted_out(tx, place, number))
            throw invalid_parameter(fmt::format("PhoneNumber Reason: {} is opted out", number));
        save_kept(tx, place, kept, call.now(), id);
    });
    co_return PublishResponse{.MessageId = notification.id};
}

}  // namespace cumulet::sns
