// Which records of an event source a function wants. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
#pragma once

#include "contracts/event_pattern.h"
#include "contracts/lambda.h"

namespace cumulet::lambda {

class RecordFilter {
  public:
    /// Throws InvalidParameterValueException for a pattern that AWS refuses.
    explicit RecordFilter(const std::optional<aws::lambda::FilterCriteria>& criteria);

    /// True if there is no filter, or one of them takes the record. A member `body` that is JSON text is looked into.
    bool takes(const json::value& record) const;
    bool empty() const { return patterns_.empty(); }

  private:
    std::vector<contracts::EventPattern> patterns_;
};

}  // namespace cumulet::lambda
