// CreatePlatformApplication and its like.
// https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformApplication.html

#include "base/bytes.h"
#include "services/sns/platform_storage.h"
#include "services/sns/service.h"

namespace cumulet::sns {

using namespace aws::sns;

namespace {

constexpr size_t page_size = 100;
constexpr std::string_view arn_parameter = "PlatformApplicationArn";

}  // namespace

Task<CreatePlatformApplicationResponse> Service::create_platform_application(Call& call,
                                                                             CreatePlatformApplicationInput request) {
    check_application(request.Name, request.Platform, request.Attributes);
    const PlatformApplication application{{{call.account, call.region}, request.Platform, request.Name},
                                          std::move(request.Attributes)};
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto existing = co_await find_application(tx, application.address);
        if (existing && existing->attributes != application.attributes) {
            // Unverified: AWS's words.
            throw invalid_parameter(
                fmt::format("Attributes Reason: Platform application {} already exists with different attributes.",
                            application.address.arn()));
        }
        save_application(tx, application);
    });
    co_return CreatePlatformApplicationResponse{.PlatformApplicationArn = application.address.arn()};
}

Task<DeletePlatformApplicationResponse> Service::delete_platform_application(Call& call,
                                                                             DeletePlatformApplicationInput request) {
    const auto address = parse_application_arn(request.PlatformApplicationArn, arn_parameter);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        erase_application(tx, address);
        co_return;
    });
    co_return DeletePlatformApplicationResponse{};
}

Task<GetPlatformApplicationAttributesResponse> Service::get_platform_application_attributes(
    Call& call, GetPlatformApplicationAttributesInput request) {
    const auto address = parse_application_arn(request.PlatformApplicationArn, arn_parameter);
    const auto application = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<PlatformApplication> { co_return co_await load_application(tx, address); });
    co_return GetPlatformApplicationAttributesResponse{.Attributes = application.shown_attributes()};
}

Task<SetPlatformApplicationAttributesResponse> Service::set_platform_application_attributes(
    Call& call, SetPlatformApplicationAttributesInput request) {
    const auto address = parse_application_arn(request.PlatformApplicationArn, arn_parameter);
    check_application_attributes(request.Attributes);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto application = co_await load_application(tx, address);
        for (const auto& [name, value] : request.Attributes) application.attributes[name] = value;
        save_application(tx, application);
    });
    co_return SetPlatformApplicationAttributesResponse{};
}

Task<ListPlatformApplicationsResponse> Service::list_platform_applications(Call& call,
                                                                           ListPlatformApplicationsInput request) {
    const auto after = from_base64(request.NextToken.value_or(""));
    if (!after) throw invalid_parameter("NextToken");
    const auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<ApplicationPage> {
        co_return co_await list_applications(tx, {call.account, call.region}, *after, page_size);
    });
    ListPlatformApplicationsResponse result;
    auto& listed = result.PlatformApplications.emplace();
    for (const auto& application : page.applications) {
        listed.push_back(
            {.PlatformApplicationArn = application.address.arn(), .Attributes = application.shown_attributes()});
    }
    if (!page.next.empty()) result.NextToken = to_base64(page.next);
    co_return result;
}

}  // namespace cumulet::sns
