// What is left of a throughput. Pure.
#pragma once

#include "base/time.h"

namespace cumulet::dynamodb {

/// Capacity units that come back by the second. What is not used is kept for 300 seconds.
class Allowance {
  public:
    /// Of a throughput that has been there since `since`.
    explicit Allowance(double units_a_second, Time since) : left_(units_a_second), counted_(since) {}

    double left(double units_a_second, Time now) const;
    /// A request is let in while anything is left and is then done in whole: `left` may become negative.
    void take(double units, double units_a_second, Time now);

    static constexpr auto kept_for = std::chrono::seconds(300);

  private:
    double left_;
    Time counted_;
};

}  // namespace cumulet::dynamodb
