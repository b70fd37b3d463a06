#include "store/memory/memory_store.h"

#include "store/optimistic.h"
#include "store/ordered_map.h"

namespace cumulet::store {
namespace {

class MemoryStore final : public OptimisticStore {
  public:
    Statistics statistics() const override {
        std::shared_lock lock(mutex_);
        return {.commits = commits_, .conflicts = conflicts_, .keys = rows_.size(), .memory_bytes = rows_.bytes()};
    }
    std::string_view engine() const override { return "memory"; }

  protected:
    bool find(std::string_view key, uint64_t, std::optional<std::string>& value) override {
        if (const auto found = rows_.find(key)) value.emplace(*found);
        return true;
    }
    std::unique_ptr<Cursor> open_scan(const Range& range, ScanOptions options, std::vector<Entry>& rows) override {
        rows_.scan(range, options, rows);
        return nullptr;
    }
    std::optional<uint64_t> count(const Range& range) override { return rows_.count(range); }
    void apply(WriteSet writes, uint64_t) override { rows_.apply(writes); }

  private:
    OrderedMap rows_;
};

}  // namespace

std::unique_ptr<Store> open_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace cumulet::store
