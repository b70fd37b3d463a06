// CreatePlatformEndpoint and its like, and publishing to a device.
// https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformEndpoint.html

#include "base/bytes.h"
#include "runtime/log.h"
#include "services/sns/service.h"

namespace cumulet::sns {

using namespace aws::sns;

namespace {

constexpr size_t page_size = 100;

/// What an application's topics are told of its endpoints.
struct EndpointEvent {
    std::string topic_arn;  ///< "" if no one wants to know
    std::string name;       ///< "EndpointCreated"
    std::string endpoint_arn;
};

EndpointEvent event_of(const PlatformApplication& application, const PlatformEndpoint& endpoint,
                       std::string_view name) {
    return {application.attribute(fmt::format("Event{}", name)), std::string(name), endpoint.address.arn()};
}

}  // namespace

// Unverified: the message's members.
Task<void> Service::tell_of_endpoint(Call& call, std::string topic_arn, std::string event, std::string endpoint_arn) {
    if (topic_arn.empty()) co_return;
    const json::object message{{"Service", "Amazon SNS"},
                               {"EventType", event},
                               {"Resource", endpoint_arn},
                               {"Time", format_iso8601_millis(call.now())}};
    try {
        aws::sns::Client sns(door_);
        co_await sns.publish(call, {.TopicArn = topic_arn, .Message = json::serialize(message), .Subject = event});
    } catch (const aws::Error& error) {
        log::warning("An application's topic could not be told of an endpoint",
                     {{"topic", topic_arn}, {"error", error.message}});
    }
}

Task<CreateEndpointResponse> Service::create_platform_endpoint(Call& call, CreatePlatformEndpointInput request) {
    const auto address = parse_application_arn(request.PlatformApplicationArn, "PlatformApplicationArn");
    auto wanted = request.Attributes.value_or(std::map<std::string, std::string>());
    if (request.CustomUserData) wanted["CustomUserData"] = *request.CustomUserData;
    wanted["Token"] = request.Token;
    const auto id = call.random().uuid();

    EndpointEvent event;
    const auto arn = co_await store_.transact([&](store::Transaction& tx) -> Task<std::string> {
        event = {};
        const auto application = co_await load_application(tx, address);
        PlatformEndpoint endpoint{{address, id}, {{"Enabled", "true"}}};
        sns::set_endpoint_attributes(endpoint, wanted);
        if (const auto existing = co_await find_by_device_token(tx, address, request.Token)) {
            check_same_endpoint(*existing, wanted);
            co_return existing->address.arn();
        }
        save_endpoint(tx, endpoint);
        event = event_of(application, endpoint, "EndpointCreated");
        co_return endpoint.address.arn();
    });
    co_await tell_of_endpoint(call, event.topic_arn, event.name, event.endpoint_arn);
    co_return CreateEndpointResponse{.EndpointArn = arn};
}

Task<DeleteEndpointResponse> Service::delete_endpoint(Call& call, DeleteEndpointInput request) {
    const auto address = parse_endpoint_arn(request.EndpointArn, "EndpointArn");
    EndpointEvent event;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        event = {};
        const auto endpoint = co_await find_endpoint(tx, address);
        if (!endpoint) co_return;  // gone already
        erase_endpoint(tx, *endpoint);
        const auto application = co_await find_application(tx, address.application);
        if (application) event = event_of(*application, *endpoint, "EndpointDeleted");
    });
    co_await tell_of_endpoint(call, event.topic_arn, event.name, event.endpoint_arn);
    co_return DeleteEndpointResponse{};
}

Task<GetEndpointAttributesResponse> Service::get_endpoint_attributes(Call& call, GetEndpointAttributesInput request) {
    const auto address = parse_endpoint_arn(request.EndpointArn, "EndpointArn");
    const auto endpoint = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<PlatformEndpoint> { co_return co_await load_endpoint(tx, address); });
    co_return GetEndpointAttributesResponse{.Attributes = endpoint.attributes};
}

Task<SetEndpointAttributesResponse> Service::set_endpoint_attributes(Call& call, SetEndpointAttributesInput request) {
    const auto address = parse_endpoint_arn(request.EndpointArn, "EndpointArn");
    EndpointEvent event;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto endpoint = co_await load_endpoint(tx, address);
        erase_endpoint(tx, endpoint);
        sns::set_endpoint_attributes(endpoint, request.Attributes);
        const auto other = co_await find_by_device_token(tx, address.application, endpoint.token());
        if (other && other->address.id != address.id) check_same_endpoint(*other, {{"Token", ""}});
        save_endpoint(tx, endpoint);
        const auto application = co_await find_application(tx, address.application);
        event = application ? event_of(*application, endpoint, "EndpointUpdated") : EndpointEvent{};
    });
    co_await tell_of_endpoint(call, event.topic_arn, event.name, event.endpoint_arn);
    co_return SetEndpointAttributesResponse{};
}

Task<ListEndpointsByPlatformApplicationResponse> Service::list_endpoints_by_platform_application(
    Call& call, ListEndpointsByPlatformApplicationInput request) {
    const auto address = parse_application_arn(request.PlatformApplicationArn, "PlatformApplicationArn");
    const auto after = from_base64(request.NextToken.value_or(""));
    if (!after) throw invalid_parameter("NextToken");
    const auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<EndpointPage> {
        co_await load_application(tx, address);
        co_return co_await list_endpoints(tx, address, *after, page_size);
    });
    ListEndpointsByPlatformApplicationResponse result;
    auto& listed = result.Endpoints.emplace();
    for (const auto& endpoint : page.endpoints)
        listed.push_back({.EndpointArn = endpoint.address.arn(), .Attributes = endpoint.attributes});
    if (!page.next.empty()) result.NextToken = to_base64(page.next);
    co_return result;
}

Task<PublishResponse> Service::publish_to_device(Call& call, std::string endpoint_arn, Notification notification) {
    const auto address = parse_endpoint_arn(endpoint_arn, "TargetArn");
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_device(tx, address);
        save_kept(tx, address.application.place, kept_for_device(endpoint_arn, notification), call.now(),
                  notification.id);
    });
    co_return PublishResponse{.MessageId = notification.id};
}

}  // namespace cumulet::sns
