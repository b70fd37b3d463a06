// The IAM action that an operation needs: mostly its own name.
#pragma once

#include <string>

#include "contracts/shape.h"

namespace cumulet::dispatch {

/// "sqs:SendMessage". Source: the Service Authorization Reference.
std::string iam_action(const contracts::Service& service, const contracts::Operation& operation);

}  // namespace cumulet::dispatch
