// CloudWatch's gauges of SQS: how many messages each queue holds, and how old they are.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
#pragma once

#include "contracts/metrics.h"
#include "store/store.h"

namespace cumulet::sqs {

/// Looks at every queue of the store. One process of those that share it may publish what it tells.
class Gauges final : public contracts::GaugeSource {
  public:
    explicit Gauges(store::Store& store) : store_(store) {}

    Task<void> sample(contracts::Metrics& metrics, Time now) override;

  private:
    store::Store& store_;
};

}  // namespace cumulet::sqs
