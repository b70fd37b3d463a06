// Compressed answers.
#pragma once

#include "base/http.h"
#include "contracts/shape.h"

namespace cumulet::wire {

/// Compresses the answer's body if the service does that, it is long enough, and the caller takes it.
void compress(const contracts::Service& service, const http::Request& request, http::Response& response);

}  // namespace cumulet::wire
