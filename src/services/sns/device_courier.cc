#include "services/sns/device_courier.h"

#include "services/sns/kept.h"

namespace cumulet::sns {

Task<void> check_device(store::Transaction& tx, PlatformEndpointAddress address) {
    const auto endpoint = co_await find_endpoint(tx, address);
    const auto application = co_await find_application(tx, address.application);
    if (!endpoint || !application)
        throw invalid_parameter("TargetArn Reason: No endpoint found for the target arn specified");
    if (!application->enabled())
        throw aws::sns::PlatformApplicationDisabledException("Platform application is disabled");
    if (!endpoint->enabled()) throw aws::sns::EndpointDisabledException("Endpoint is disabled");
}

Task<Attempt> DeviceCourier::deliver(Call& call, Parcel parcel) {
    const auto id = call.random().hex(16);
    try {
        const auto address = parse_endpoint_arn(parcel.subscription.endpoint, "Endpoint");
        co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
            co_await check_device(tx, address);
            save_kept(tx, parcel.topic.place(), kept_for(parcel), call.now(), id);
        });
    } catch (const aws::Error& error) {
        co_return Attempt{
            .result = Attempt::Result::refused, .status_code = error.status, .provider_response = error.message};
    }
    co_return Attempt{};
}

}  // namespace cumulet::sns
