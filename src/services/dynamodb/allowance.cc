#include "services/dynamodb/allowance.h"

#include <algorithm>

namespace cumulet::dynamodb {

double Allowance::left(double units_a_second, Time now) const {
    const std::chrono::duration<double> passed = std::max(now, counted_) - counted_;
    const double most = units_a_second * std::chrono::duration<double>(kept_for).count();
    return std::min(most, left_ + units_a_second * passed.count());
}

void Allowance::take(double units, double units_a_second, Time now) {
    left_ = left(units_a_second, now) - units;
    counted_ = std::max(counted_, now);
}

}  // namespace cumulet::dynamodb
