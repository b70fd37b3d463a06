// Contract values as plain JSON by member names, without a wire protocol: for tests, and for what CloudFormation's
// templates say. Timestamps are seconds since 1970, blobs Base64, streams absent.
#pragma once

#include "base/json.h"
#include "contracts/shape.h"

namespace cumulet::contracts {

/// Empty optionals are left out.
json::value to_json(const Shape& shape, const void* value);

/// Fills `value`, which is freshly made. Text and numbers convert to each other, as in CloudFormation's templates, and
/// true and false from text. Throws aws::validation_error with the path of what does not fit, unknown members included.
void from_json(const Shape& shape, void* value, const json::value& source);

}  // namespace cumulet::contracts
