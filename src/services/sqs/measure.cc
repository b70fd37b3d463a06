// CloudWatch's metrics of SQS.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html

#include "services/sqs/service.h"

namespace cumulet::sqs {

void Service::measure(const Call& call, const QueueAddress& address, std::span<const contracts::MetricSample> samples) {
    if (!metrics_) return;
    const contracts::MetricScope::Dimension queue{"QueueName", address.name};
    metrics_->add({address.account, address.region, "AWS/SQS", {&queue, 1}}, samples, call.now());
}

}  // namespace cumulet::sqs
