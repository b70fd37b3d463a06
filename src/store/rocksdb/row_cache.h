// Single rows that were read or written lately, and keys that are known to be absent.
#pragma once

#include <array>
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
    void forget(std::string_view key, uint64_t hash);
    void clear();
    size_t bytes() const;

  private:
    static constexpr size_t shards = 16;
    static constexpr size_t most_row_bytes = 64 << 10;
    static constexpr size_t overhead_bytes = 128;

    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
    };
    using Rows = std::unordered_map<std::string, std::optional<std::string>, Hash, std::equal_to<>>;
    struct Shard {
        mutable std::mutex mutex;
        Rows young, old;
        size_t young_bytes = 0, old_bytes = 0;

        void forget(std::string_view key);
        void add(std::string key, std::optional<std::string> value, size_t most_bytes);
    };
    Shard& shard(uint64_t hash) { return shards_[hash >> 60]; }

    const size_t most_bytes_per_shard_;
    std::array<Shard, shards> shards_;
};

}  // namespace cumulet::store
