// The registry of the contracts that are generated from protocol cases, for tests of the wire.
#pragma once

#include "contracts/shape.h"

namespace aws::vectors {

/// A suite is an entry of the file's array; its operations are named as its cases' `given`.
struct Suite {
    int index = 0;
    const cumulet::contracts::Service* service = nullptr;
};

}  // namespace aws::vectors
