// Velocity's arithmetic and comparisons.
#pragma once

#include "velocity/syntax.h"

namespace cumulet::velocity {

/// What `left operator right` is; null where it makes no sense, such as a division by zero.
Value apply_operator(Expression::Kind kind, const Value& left, const Value& right);

}  // namespace cumulet::velocity
