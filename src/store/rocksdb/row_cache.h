// Single rows that were read or written lately, and keys that are known to be absent.
#pragma once

#include <array>
#include <bitset>
#include <mutex>

#include "store/write_set.h"

namespace cumulet::store {

/// Two generations: what is used lives in the young one; when that is full the old one is dropped and they change
/// places. Thread-safe. Whoever remembers a row sees to it that it is the newest: see OptimisticStore::loaded.
class RowCache {
  public:
    explicit RowCache(size_t most_bytes) : most_bytes_per_shard_(most_bytes / shards / 2) {}

    /// False if the row is not known here; otherwise `value` is it, or nothing if it is known to be absent.
    bool find(std::string_view key, uint64_t hash, std::optional<std::string>& value);
    void remember(std::string_view key, uint64_t hash, const std::optional<std::string>& value);
    /// Remembers a row that was read beneath, unless it is the first time in a while: reads all over a large range
    /// would drive out what is used.
    void remember_read(std::string_view key, uint64_t hash, const std::optional<std::string>& value);
    void forget(std::string_view key, uint64_t hash);
    void clear();
    size_t bytes() const;

  private:
    static constexpr size_t shards = 16;
    static constexpr size_t most_row_bytes = 64 << 10;
    static constexpr size_t overhead_bytes = 128;

    /// Key and value in one piece of memory.
    struct Row {
        std::string bytes;
        uint32_t key_bytes;
        bool present;

        std::string_view key() const { return std::string_view(bytes).substr(0, key_bytes); }
        size_t weight() const { return bytes.size() + overhead_bytes; }
    };
    struct Hashed {
        size_t operator()(uint64_t hash) const { return hash; }
    };
    using Rows = std::unordered_map<uint64_t, Row, Hashed>;  // by hash; of two keys with one hash, the later is here
    struct Shard {
        mutable std::mutex mutex;
        Rows young, old;
        size_t young_bytes = 0, old_bytes = 0;
        std::bitset<16384> read_once;  // by the hash's last bits
        size_t reads = 0;              // since it was empty

        /// True if a row of that hash was read lately.
        bool read_again(uint64_t hash);
        void forget(uint64_t hash);
        void add(uint64_t hash, Row row, size_t most_bytes);
    };
    Shard& shard(uint64_t hash) { return shards_[hash >> 60]; }

    const size_t most_bytes_per_shard_;
    std::array<Shard, shards> shards_;
};

}  // namespace cumulet::store
