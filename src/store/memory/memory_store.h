// The engine of tests and of --ephemeral: everything in memory, gone with the process.
#pragma once

#include <memory>

#include "store/store.h"

namespace cumulet::store {

std::unique_ptr<Store> open_memory_store();

}  // namespace cumulet::store
