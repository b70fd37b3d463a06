// What the functions of an account share: how many events they handle at once.
#pragma once

#include "services/lambda/storage.h"

namespace cumulet::lambda {

inline constexpr int32_t account_concurrency = 1000;
inline constexpr int32_t least_unreserved = 100;  ///< for functions that reserve nothing

/// What the reservations of all functions but `name` leave of the account's concurrency.
Task<int32_t> unreserved_by_others(store::Transaction& tx, const Call& call, std::string name);

/// The workers that all provisioned versions and aliases of a function ask for, but `name.qualifier`'s.
Task<int32_t> provisioned_beside(store::Transaction& tx, FunctionName name);

/// Throws InvalidParameterValueException where the account cannot give `requested` provisioned workers to a function
/// that has no reservation of its own.
void check_provisioned(int32_t requested, int32_t unreserved);

}  // namespace cumulet::lambda
