#include "store/rocksdb/rocksdb_store.h"

#include "base/hash.h"
#include "runtime/blocking_pool.h"
#include "runtime/log.h"
#include "store/optimistic.h"
#include "store/rocksdb/commit_thread.h"
#include "store/rocksdb/gaps.h"
#include "store/rocksdb/resident.h"
#include "store/rocksdb/row_cache.h"
#include "store/rocksdb/scan.h"
#include "store/rocksdb/table_reads.h"
#include "store/rocksdb/tallies.h"

namespace cumulet::store {
namespace {

class RocksStore final : public OptimisticStore, public Tallying {
  public:
    RocksStore(const std::filesystem::path& folder, RocksOptions options)
        : options_(options),
          database_(folder, options),
          resident_(options.resident_bytes),
          cache_(options.row_cache_bytes),
          commit_thread_(database_, options, [this](uint64_t version) { written(version); }) {
        if (options.durability == RocksOptions::Durability::sync) durable_ = 0;
    }

    void keep_resident(Range range) override {
        {
            std::shared_lock lock(mutex_);
            if (resident_.declared(range)) return;
        }
        std::unique_lock lock(mutex_);
        if (!resident_.declared(range) && !resident_.declare(range)) {
            log::debug("a resident range overlaps another, and is not kept in memory");
        }
    }
    void keep_count(Range range) override;
    Task<void> close() override {
        co_await pool_.run([this] {
            commit_thread_.stop();
            database_.close();
        });
    }
    Statistics statistics() const override {
        Statistics statistics{.commits = commits_, .conflicts = conflicts_, .groups = commit_thread_.groups()};
        if (!database_.open()) return statistics;
        database_->GetIntProperty(rocksdb::DB::Properties::kEstimateNumKeys, &statistics.keys);
        uint64_t memory = 0;
        for (const auto* property :
             {&rocksdb::DB::Properties::kCurSizeAllMemTables, &rocksdb::DB::Properties::kBlockCacheUsage,
              &rocksdb::DB::Properties::kEstimateTableReadersMem}) {
            if (database_->GetIntProperty(*property, &memory)) statistics.memory_bytes += memory;
        }
        std::shared_lock lock(mutex_);
        statistics.memory_bytes += resident_.bytes() + cache_.bytes();
        return statistics;
    }
    std::string_view engine() const override { return "rocksdb"; }

  protected:
    bool find(std::string_view key, uint64_t hash, std::optional<std::string>& value) override;
    Task<std::optional<std::string>> load(std::string key) override;
    void loaded(std::string_view key, uint64_t hash, const std::optional<std::string>& value) override {
        cache_.remember_read(key, hash, value);
    }
    std::unique_ptr<Cursor> open_scan(const Range& range, ScanOptions options, std::vector<Entry>& rows) override;
    std::optional<uint64_t> count(const Range& range) override {
        const auto tallied = tallies_.count(range);
        return tallied ? tallied : resident_.count(range);
    }
    Task<void> prepare_count(Range range) override;
    bool prepared(const Range& range, ScanOptions options) override;
    Task<void> prepare(Range range, ScanOptions options) override;
    void apply(WriteSet writes, uint64_t version) override;
    void check_usable() override { commit_thread_.check_usable(); }
    bool crowded() const override { return commit_thread_.crowded(); }
    Task<void> wait_for_room() override { return commit_thread_.wait(commit_thread_.added()); }
    Task<void> wait_durable(uint64_t version) override { return commit_thread_.wait(version); }

  private:
    class TreeCursor;

    void written(uint64_t version);
    void learn_gap(Range gap, uint64_t opened_at);

    const RocksOptions options_;
    Database database_;
    Pending pending_;
    ResidentRanges resident_;
    Tallies tallies_;
    RowCache cache_;
    Gaps gaps_known_;
    BlockingPool pool_{4};
    CommitThread commit_thread_;
};

bool RocksStore::find(std::string_view key, uint64_t hash, std::optional<std::string>& value) {
    if (const auto* rows = resident_.knowing(key)) {
        if (const auto found = rows->find(key)) value.emplace(*found);
        return true;
    }
    if (const auto known = pending_.find(key)) {
        if (*known) value = **known;
        return true;
    }
    return cache_.find(key, hash, value);
}

Task<std::optional<std::string>> RocksStore::load(std::string key) {
    std::string value;
    const auto get = [&](TableReads::Patience patience) {
        const TableReads reads(patience);
        const auto status = database_->Get(rocksdb::ReadOptions(), key, &value);
        return reads.failed() ? rocksdb::Status::Incomplete(status.ToString()) : status;
    };
    auto status = get(TableReads::Patience::none);
    if (status.IsIncomplete()) status = co_await pool_.run([&] { return get(TableReads::Patience::any); });
    if (status.IsNotFound()) co_return std::nullopt;
    if (!status.ok()) throw Unavailable("the store cannot read: " + status.ToString());
    co_return std::move(value);
}

void RocksStore::apply(WriteSet writes, uint64_t version) {
    auto commit = std::make_shared<const Commit>(version, std::move(writes));
    resident_.apply(commit);
    tallies_.apply(commit->writes);
    if (!commit->writes.erased_ranges().empty()) cache_.clear();
    for (const auto& [key, value] : commit->writes.writes()) {
        if (value) gaps_known_.fill(key);
        // Rows of a resident range are in memory already, or they are for later.
        if (resident_.declared(key)) {
            cache_.forget(key, hash64(key));
        } else {
            cache_.remember(key, hash64(key), value);
        }
    }
    pending_.add(commit);
    commit_thread_.add(std::move(commit));
}

void RocksStore::written(uint64_t version) {
    std::unique_lock lock(mutex_);
    pending_.written(version);
    if (options_.durability == RocksOptions::Durability::sync) durable_.store(version, std::memory_order_release);
}

/// A scan of the tree under what is pending, as of the moment it was made.
class RocksStore::TreeCursor final : public Cursor {
  public:
    TreeCursor(RocksStore& store, const Range& range, ScanOptions options)
        : store_(store),
          opened_at_(store.validator_.current()),
          scan_(store.database_, range, store.gaps_known_.after(range.begin), store.pending_.overlay(range, options)) {}

    Task<std::vector<Entry>> rows(ScanOptions options) override {
        auto rows = scan_.rows(options, TreeScan::Effort::cached);
        if (!rows) rows = co_await store_.pool_.run([&] { return scan_.rows(options, TreeScan::Effort::any); });
        if (auto gap = scan_.gap()) store_.learn_gap(std::move(*gap), opened_at_);
        co_return std::move(*rows);
    }

  private:
    RocksStore& store_;
    const uint64_t opened_at_;
    TreeScan scan_;
};

std::unique_ptr<OptimisticStore::Cursor> RocksStore::open_scan(const Range& range, ScanOptions options,
                                                               std::vector<Entry>& rows) {
    if (resident_.scan(range, options, rows)) return nullptr;
    return std::make_unique<TreeCursor>(*this, range, options);
}

void RocksStore::learn_gap(Range gap, uint64_t opened_at) {
    std::shared_lock lock(mutex_);
    if (validator_.newest(gap, opened_at) == opened_at) gaps_known_.learn(std::move(gap));
}

void RocksStore::keep_count(Range range) {
    {
        std::shared_lock lock(mutex_);
        if (tallies_.count(range) || (tallies_.declared(range) && !resident_.count(range))) return;
    }
    std::unique_lock lock(mutex_);
    if (!tallies_.declared(range)) tallies_.declare(range);
    // What is in memory as a whole is known from now on, however long it grows.
    const auto rows = resident_.count(range);
    if (rows && tallies_.begin(range)) tallies_.know(range, *rows);
}

Task<void> RocksStore::prepare_count(Range range) {
    std::optional<TreeScan> scan;
    {
        std::unique_lock lock(mutex_);
        if (tallies_.count(range) || !tallies_.begin(range)) co_return;
        scan.emplace(database_, range, gaps_known_.after(range.begin), pending_.overlay(range, {SIZE_MAX, SIZE_MAX}));
    }
    std::optional<uint64_t> rows;
    std::exception_ptr error;
    try {
        rows = co_await pool_.run([&] { return scan->count(); });
    } catch (...) {
        error = std::current_exception();
    }
    std::unique_lock lock(mutex_);
    if (rows) tallies_.know(range, *rows);
    if (error) std::rethrow_exception(error);
}

bool RocksStore::prepared(const Range& range, ScanOptions options) {
    std::shared_lock lock(mutex_);
    return !resident_.wanting(range, options);
}

Task<void> RocksStore::prepare(Range range, ScanOptions options) {
    const ScanOptions piece{.limit = SIZE_MAX, .max_bytes = ResidentRanges::piece_bytes};
    std::optional<TreeScan> scan;
    ResidentRanges::Resident* resident;
    {
        std::unique_lock lock(mutex_);
        resident = resident_.wanting(range, options);
        if (!resident) co_return;
        resident_.begin_loading(*resident);
        const auto rest = resident->rest();
        scan.emplace(database_, rest, gaps_known_.after(rest.begin), pending_.overlay(rest, piece));
    }
    std::optional<std::vector<Entry>> rows;
    std::exception_ptr error;
    try {
        rows = co_await pool_.run([&] { return scan->rows(piece, TreeScan::Effort::any); });
    } catch (...) {
        error = std::current_exception();
    }
    std::unique_lock lock(mutex_);
    auto known_end = rows && cut_short(*rows, piece) ? rows->back().key + '\0' : resident->range.end;
    resident_.end_loading(*resident, std::move(rows), std::move(known_end));
    if (error) std::rethrow_exception(error);
}

}  // namespace

std::unique_ptr<Store> open_rocksdb_store(std::filesystem::path folder, RocksOptions options) {
    return std::make_unique<RocksStore>(folder, options);
}

}  // namespace cumulet::store
