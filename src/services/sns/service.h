// Amazon SNS: topics that hand what is published to their subscribers.
#pragma once

#include "contracts/client.h"
#include "contracts/resource.h"
#include "contracts/sns.h"
#include "services/sns/delivery.h"
#include "services/sns/storage.h"

namespace cumulet::sns {

class Service final : public aws::sns::Api {
  public:
    Service(store::Store& store, contracts::Door& door) : store_(store), door_(door) {}

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

    // authorization.cc
    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;
    Task<std::string> resource_policy(Call& call, std::string arn) override;

  private:
    store::Store& store_;
    contracts::Door& door_;
};

}  // namespace cumulet::sns
