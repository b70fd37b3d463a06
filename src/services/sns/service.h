// Amazon SNS: topics that hand what is published to their subscribers.
#pragma once

#include "contracts/resource.h"
#include "services/sns/device_courier.h"
#include "services/sns/fifo.h"
#include "services/sns/lambda_courier.h"
#include "services/sns/limits.h"

namespace cumulet::sns {

struct Options {
    bool shared = true;        ///< other processes may use the store too
    Courier* http = nullptr;   ///< delivers to HTTP and HTTPS endpoints
    Signer* signer = nullptr;  ///< signs notifications; without one they have no signature
    Limits limits = {};
};

class Service final : public aws::sns::Api, private contracts::Surface {
  public:
    Service(store::Store& store, contracts::Door& door, contracts::Metrics& metrics, Options options = {});

    /// Makes due what a crash left undelivered. Before the first call.
    Task<void> prepare();
    /// Begins the background work on this reactor.
    void start();
    /// Ends it. Ends the waits of the whole store, so call it at shutdown only.
    Task<void> stop();
    /// Shows below `developer_prefixes` what phones, mailboxes, devices and streams got, and tokens of subscriptions.
    contracts::Surface& developer_surface() { return *this; }
    static constexpr std::array developer_prefixes = {
        std::string_view("/_aws/sns/sms-messages"),         std::string_view("/_aws/sns/platform-endpoint-messages"),
        std::string_view("/_aws/sns/email-messages"),       std::string_view("/_aws/sns/firehose-records"),
        std::string_view("/_aws/sns/subscription-tokens/"), std::string_view("/_aws/sns/phone-opt-outs")};

    // topics.cc
    Task<aws::sns::CreateTopicResponse> create_topic(Call& call, aws::sns::CreateTopicInput request) override;
    Task<aws::sns::DeleteTopicResponse> delete_topic(Call& call, aws::sns::DeleteTopicInput request) override;
    Task<aws::sns::ListTopicsResponse> list_topics(Call& call, aws::sns::ListTopicsInput request) override;
    Task<aws::sns::GetTopicAttributesResponse> get_topic_attributes(Call& call,
                                                                    aws::sns::GetTopicAttributesInput request) override;
    Task<aws::sns::SetTopicAttributesResponse> set_topic_attributes(Call& call,
                                                                    aws::sns::SetTopicAttributesInput request) override;

    // topic_settings.cc
    Task<aws::sns::TagResourceResponse> tag_resource(Call& call, aws::sns::TagResourceRequest request) override;
    Task<aws::sns::UntagResourceResponse> untag_resource(Call& call, aws::sns::UntagResourceRequest request) override;
    Task<aws::sns::ListTagsForResourceResponse> list_tags_for_resource(
        Call& call, aws::sns::ListTagsForResourceRequest request) override;
    Task<aws::sns::AddPermissionResponse> add_permission(Call& call, aws::sns::AddPermissionInput request) override;
    Task<aws::sns::RemovePermissionResponse> remove_permission(Call& call,
                                                               aws::sns::RemovePermissionInput request) override;
    Task<aws::sns::GetDataProtectionPolicyResponse> get_data_protection_policy(
        Call& call, aws::sns::GetDataProtectionPolicyInput request) override;
    Task<aws::sns::PutDataProtectionPolicyResponse> put_data_protection_policy(
        Call& call, aws::sns::PutDataProtectionPolicyInput request) override;

    // subscriptions.cc
    Task<aws::sns::SubscribeResponse> subscribe(Call& call, aws::sns::SubscribeInput request) override;
    Task<aws::sns::ConfirmSubscriptionResponse> confirm_subscription(
        Call& call, aws::sns::ConfirmSubscriptionInput request) override;
    Task<aws::sns::UnsubscribeResponse> unsubscribe(Call& call, aws::sns::UnsubscribeInput request) override;

    // subscription_settings.cc
    Task<aws::sns::ListSubscriptionsResponse> list_subscriptions(Call& call,
                                                                 aws::sns::ListSubscriptionsInput request) override;
    Task<aws::sns::ListSubscriptionsByTopicResponse> list_subscriptions_by_topic(
        Call& call, aws::sns::ListSubscriptionsByTopicInput request) override;
    Task<aws::sns::GetSubscriptionAttributesResponse> get_subscription_attributes(
        Call& call, aws::sns::GetSubscriptionAttributesInput request) override;
    Task<aws::sns::SetSubscriptionAttributesResponse> set_subscription_attributes(
        Call& call, aws::sns::SetSubscriptionAttributesInput request) override;

    // publish.cc
    Task<aws::sns::PublishResponse> publish(Call& call, aws::sns::PublishInput request) override;
    Task<aws::sns::PublishBatchResponse> publish_batch(Call& call, aws::sns::PublishBatchInput request) override;

    // platform_applications.cc
    Task<aws::sns::CreatePlatformApplicationResponse> create_platform_application(
        Call& call, aws::sns::CreatePlatformApplicationInput request) override;
    Task<aws::sns::DeletePlatformApplicationResponse> delete_platform_application(
        Call& call, aws::sns::DeletePlatformApplicationInput request) override;
    Task<aws::sns::GetPlatformApplicationAttributesResponse> get_platform_application_attributes(
        Call& call, aws::sns::GetPlatformApplicationAttributesInput request) override;
    Task<aws::sns::SetPlatformApplicationAttributesResponse> set_platform_application_attributes(
        Call& call, aws::sns::SetPlatformApplicationAttributesInput request) override;
    Task<aws::sns::ListPlatformApplicationsResponse> list_platform_applications(
        Call& call, aws::sns::ListPlatformApplicationsInput request) override;

    // platform_endpoints.cc
    Task<aws::sns::CreateEndpointResponse> create_platform_endpoint(
        Call& call, aws::sns::CreatePlatformEndpointInput request) override;
    Task<aws::sns::DeleteEndpointResponse> delete_endpoint(Call& call, aws::sns::DeleteEndpointInput request) override;
    Task<aws::sns::GetEndpointAttributesResponse> get_endpoint_attributes(
        Call& call, aws::sns::GetEndpointAttributesInput request) override;
    Task<aws::sns::SetEndpointAttributesResponse> set_endpoint_attributes(
        Call& call, aws::sns::SetEndpointAttributesInput request) override;
    Task<aws::sns::ListEndpointsByPlatformApplicationResponse> list_endpoints_by_platform_application(
        Call& call, aws::sns::ListEndpointsByPlatformApplicationInput request) override;

    // sms.cc
    Task<aws::sns::GetSMSAttributesResponse> get_sms_attributes(Call& call,
                                                                aws::sns::GetSMSAttributesInput request) override;
    Task<aws::sns::SetSMSAttributesResponse> set_sms_attributes(Call& call,
                                                                aws::sns::SetSMSAttributesInput request) override;
    Task<aws::sns::CheckIfPhoneNumberIsOptedOutResponse> check_if_phone_number_is_opted_out(
        Call& call, aws::sns::CheckIfPhoneNumberIsOptedOutInput request) override;
    Task<aws::sns::ListPhoneNumbersOptedOutResponse> list_phone_numbers_opted_out(
        Call& call, aws::sns::ListPhoneNumbersOptedOutInput request) override;
    Task<aws::sns::OptInPhoneNumberResponse> opt_in_phone_number(Call& call,
                                                                 aws::sns::OptInPhoneNumberInput request) override;
    Task<aws::sns::ListOriginationNumbersResult> list_origination_numbers(
        Call& call, aws::sns::ListOriginationNumbersRequest request) override;

    // sms_sandbox.cc
    Task<aws::sns::GetSMSSandboxAccountStatusResult> get_sms_sandbox_account_status(
        Call& call, aws::sns::GetSMSSandboxAccountStatusInput request) override;
    Task<aws::sns::CreateSMSSandboxPhoneNumberResult> create_sms_sandbox_phone_number(
        Call& call, aws::sns::CreateSMSSandboxPhoneNumberInput request) override;
    Task<aws::sns::VerifySMSSandboxPhoneNumberResult> verify_sms_sandbox_phone_number(
        Call& call, aws::sns::VerifySMSSandboxPhoneNumberInput request) override;
    Task<aws::sns::DeleteSMSSandboxPhoneNumberResult> delete_sms_sandbox_phone_number(
        Call& call, aws::sns::DeleteSMSSandboxPhoneNumberInput request) override;
    Task<aws::sns::ListSMSSandboxPhoneNumbersResult> list_sms_sandbox_phone_numbers(
        Call& call, aws::sns::ListSMSSandboxPhoneNumbersInput request) override;

    // authorization.cc
    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;
    Task<std::string> resource_policy(Call& call, std::string arn) override;

  private:
    // publish.cc
    struct PublishedTo {
        std::string_view account;
        std::string_view region;
        std::string_view topic;
    };
    Task<std::vector<Accepted>> publish_to_topic(Call& call, TopicAddress address,
                                                 std::vector<Notification> notifications);
    Task<std::vector<Accepted>> publish_to_all(Call& call, TopicAddress address,
                                               std::vector<Notification> notifications, FilteredOut& filtered_out);
    Task<std::vector<Accepted>> publish_in_order(TopicAddress address, std::vector<Notification> notifications,
                                                 FilteredOut& filtered_out);
    Task<aws::sns::PublishResponse> publish_to_phone(Call& call, std::string number, Notification notification);

    // platform_endpoints.cc
    Task<aws::sns::PublishResponse> publish_to_device(Call& call, std::string endpoint_arn, Notification notification);
    /// Publishes to the topic that an application names for such an event; "" if it names none.
    Task<void> tell_of_endpoint(Call& call, std::string topic_arn, std::string event, std::string endpoint_arn);

    void count_published(PublishedTo to, size_t count, size_t bytes, const FilteredOut& filtered_out, Time now);

    // developer.cc
    Task<http::Response> serve(Call& call, http::Request request) override;

    Equipment equipment(const Options& options);

    store::Store& store_;
    contracts::Door& door_;
    contracts::Metrics& metrics_;
    const Limits limits_;
    TaskGroup tasks_;
    Audiences audiences_;
    KeyedLocks publishers_;  // by FIFO topic: its publishers would all want the next number
    QueueCourier queues_;
    LambdaCourier functions_;
    DeviceCourier devices_;
    StatusLog status_;
    Deliverer deliverer_;
    FifoDeliverer fifo_;
};

/// AWS::SNS::Topic, AWS::SNS::TopicPolicy, AWS::SNS::TopicInlinePolicy and AWS::SNS::Subscription.
std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door);

}  // namespace cumulet::sns
