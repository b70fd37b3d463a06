// The embedded engine: what is hot is answered from memory, RocksDB is the log and the overflow.
#pragma once

#include <filesystem>
#include <memory>

#include "store/store.h"

namespace cumulet::store {

struct RocksOptions {
    enum class Durability {
        sync,      ///< a commit returns after its group reached the disk
        interval,  ///< a commit returns at once, and reaches the disk within `interval`
    };
    Durability durability = Durability::sync;
    std::chrono::milliseconds interval{100};
    size_t resident_bytes = 256 << 20;
    size_t row_cache_bytes = 64 << 20;
    size_t block_cache_bytes = 128 << 20;
};

/// Throws std::runtime_error with a sentence for the operator: another process uses the folder, a newer Cumulet wrote
/// it, the disk refuses.
std::unique_ptr<Store> open_rocksdb_store(std::filesystem::path folder, RocksOptions options = {});

}  // namespace cumulet::store
