// GetBucketNotificationConfiguration, PutBucketNotificationConfiguration.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html

#include "services/s3/record.h"
#include "services/s3/service.h"

namespace cumulet::s3 {

using namespace aws::s3;

namespace {

/// Throws UnreachableDestinations unless every destination lets S3 in, which queues and topics learn by a test message.
Task<void> try_out(Call& call, Courier& courier, const s3::Bucket& bucket, const std::vector<NotificationRule>& rules) {
    std::vector<RefusedDestination> refused;
    for (const auto& rule : rules) {
        auto refusal = co_await courier.try_out(bucket, rule.destination, test_message(call, bucket, call.now()));
        if (refusal) refused.push_back(std::move(*refusal));
    }
    if (!refused.empty()) throw UnreachableDestinations(std::move(refused));
}

}  // namespace

Task<NotificationConfiguration> Service::get_bucket_notification_configuration(
    Call& call, GetBucketNotificationConfigurationRequest request) {
    const auto bucket = co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    if (bucket.notifications.empty()) co_return NotificationConfiguration{};
    co_return configuration_of(decode_rules(bucket.notifications));
}

Task<PutBucketNotificationConfigurationResponse> Service::put_bucket_notification_configuration(
    Call& call, PutBucketNotificationConfigurationRequest request) {
    const auto& wanted = request.NotificationConfiguration;
    if (wanted.EventBridgeConfiguration) throw not_implemented(call, "EventBridgeConfiguration");
    const auto bucket = co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    const auto rules = checked_rules(wanted, bucket.region, call.random());
    // Unverified: whether destinations that are not looked at get a test message.
    if (!request.SkipDestinationValidation.value_or(false)) co_await try_out(call, courier_, bucket, rules);
    co_await change_bucket(request.Bucket, request.ExpectedBucketOwner,
                           [&](s3::Bucket& changed) { changed.notifications = rules.empty() ? "" : encode(rules); });
    co_return PutBucketNotificationConfigurationResponse{};
}

}  // namespace cumulet::s3
