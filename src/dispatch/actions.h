// The IAM action that an operation needs: mostly its own name.
#pragma once

#include <string>

#include "contracts/shape.h"

namespace cumulet::dispatch {

/// "sqs:SendMessage"; "" where the service itself asks for the permission of each part of the request
/// (contracts::Gate). Source: the Service Authorization Reference.
std::string iam_action(const contracts::Service& service, const contracts::Operation& operation);

}  // namespace cumulet::dispatch
