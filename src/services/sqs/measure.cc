// CloudWatch's metrics of SQS.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html

#include "services/sqs/service.h"

namespace cumulet::sqs {

void Service::measure(const Call& call, std::string_view url, std::span<const contracts::MetricSample> samples) {
    if (!metrics_) return;
    const auto address = parse_queue_url(call, url);
    const contracts::MetricScope::Dimension queue{"QueueName", address.name};
    metrics_->add({address.account, address.region, "AWS/SQS", {&queue, 1}}, samples, call.now());
}

}  // namespace cumulet::sqs
