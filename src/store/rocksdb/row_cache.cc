#include "store/rocksdb/row_cache.h"

namespace cumulet::store {
namespace {

size_t size_of(std::string_view key, const std::optional<std::string>& value) {
    return key.size() + (value ? value->size() : 0);
}

}  // namespace

bool RowCache::find(std::string_view key, uint64_t hash, std::optional<std::string>& value) {
    auto& shard = this->shard(hash);
    std::lock_guard lock(shard.mutex);
    if (const auto at = shard.young.find(key); at != shard.young.end()) {
        value = at->second;
        return true;
    }
    const auto at = shard.old.find(key);
    if (at == shard.old.end()) return false;
    value = at->second;
    auto node = shard.old.extract(at);
    shard.old_bytes -= size_of(node.key(), node.mapped()) + overhead_bytes;
    shard.add(std::move(node.key()), std::move(node.mapped()), most_bytes_per_shard_);
    return true;
}

void RowCache::remember(std::string_view key, uint64_t hash, const std::optional<std::string>& value) {
    auto& shard = this->shard(hash);
    std::lock_guard lock(shard.mutex);
    shard.forget(key);
    if (size_of(key, value) > most_row_bytes) return;
    shard.add(std::string(key), value, most_bytes_per_shard_);
}

void RowCache::forget(std::string_view key, uint64_t hash) {
    auto& shard = this->shard(hash);
    std::lock_guard lock(shard.mutex);
    shard.forget(key);
}

void RowCache::clear() {
    for (auto& shard : shards_) {
        std::lock_guard lock(shard.mutex);
        shard.young.clear();
        shard.old.clear();
        shard.young_bytes = shard.old_bytes = 0;
    }
}

size_t RowCache::bytes() const {
    size_t bytes = 0;
    for (const auto& shard : shards_) {
        std::lock_guard lock(shard.mutex);
        bytes += shard.young_bytes + shard.old_bytes;
    }
    return bytes;
}

void RowCache::Shard::forget(std::string_view key) {
    if (const auto at = young.find(key); at != young.end()) {
        young_bytes -= size_of(at->first, at->second) + overhead_bytes;
        young.erase(at);
    } else if (const auto at = old.find(key); at != old.end()) {
        old_bytes -= size_of(at->first, at->second) + overhead_bytes;
        old.erase(at);
    }
}

void RowCache::Shard::add(std::string key, std::optional<std::string> value, size_t most_bytes) {
    young_bytes += size_of(key, value) + overhead_bytes;
    young.emplace(std::move(key), std::move(value));
    if (young_bytes <= most_bytes) return;
    old = std::exchange(young, {});
    old_bytes = std::exchange(young_bytes, 0);
}

}  // namespace cumulet::store
