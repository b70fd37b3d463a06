// The order and the words in which DynamoDB tells of broken constraints, where they are not those of other services.
#pragma once

#include "wire/wire.h"

namespace cumulet::wire {

/// The message for a request of `operation` that breaks its contract. `violations` is not empty.
std::string dynamodb_validation_message(std::string_view operation, Violations violations);

/// The error that a service of this protocol gives where a request of `operation` breaks its contract.
aws::Error validation_failure(Protocol protocol, const Service& service, std::string_view operation,
                              const Violations& violations);

}  // namespace cumulet::wire
