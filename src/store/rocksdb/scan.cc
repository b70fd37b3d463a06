#include "store/rocksdb/scan.h"

#include <rocksdb/perf_context.h>

#include "store/rocksdb/table_reads.h"

namespace cumulet::store {
namespace {

constexpr uint64_t many_deleted_keys = 64;
constexpr uint64_t most_deleted_keys_on_a_reactor = 1000;

void check(const TableReads& reads, const rocksdb::Status& status) {
    if (reads.failed() || !status.ok()) throw Unavailable("the store cannot scan: " + status.ToString());
}

}  // namespace

TreeScan::TreeScan(Database& database, Range range, std::optional<std::string> from, Pending::Overlay overlay)
    : database_(database),
      range_(std::move(range)),
      from_(std::move(from)),
      overlay_(std::move(overlay)),
      snapshot_(database_->GetSnapshot()) {}

TreeScan::~TreeScan() { database_->ReleaseSnapshot(snapshot_); }

/// Goes over the tree's rows in order.
class TreeScan::Walk {
  public:
    Walk(TreeScan& scan, Order order, Effort effort) : scan_(scan), order_(order) {
        if (ascending() && !scan.from_) return;
        rocksdb::ReadOptions options;
        options.snapshot = scan.snapshot_;
        if (effort == Effort::cached) options.max_skippable_internal_keys = most_deleted_keys_on_a_reactor;
        lower_ = ascending() ? *scan.from_ : scan.range_.begin;
        upper_ = scan.range_.end;
        options.iterate_lower_bound = &lower_;
        if (!scan.range_.end.empty()) options.iterate_upper_bound = &upper_;
        iterator_.reset(scan.database_->NewIterator(options));
        if (ascending()) {
            const auto skipped_before = rocksdb::get_perf_context()->internal_delete_skipped_count;
            iterator_->Seek(lower_);
            learn(rocksdb::get_perf_context()->internal_delete_skipped_count - skipped_before);
        } else {
            iterator_->SeekToLast();
        }
        pass_erased();
    }

    bool valid() const { return iterator_ && iterator_->Valid(); }
    std::string_view key() const { return view(iterator_->key()); }
    std::string_view value() const { return view(iterator_->value()); }
    void next() {
        step();
        pass_erased();
    }
    rocksdb::Status status() const { return iterator_ ? iterator_->status() : rocksdb::Status(); }

  private:
    static std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
    bool ascending() const { return order_ == Order::ascending; }
    void step() {
        if (ascending()) {
            iterator_->Next();
        } else {
            iterator_->Prev();
        }
    }
    void pass_erased() {
        while (valid() && scan_.overlay_.erases(key())) step();
    }
    void learn(uint64_t skipped) {
        if (skipped < many_deleted_keys || !iterator_->status().ok()) return;
        Range gap{scan_.range_.begin, iterator_->Valid() ? std::string(key()) : scan_.range_.end};
        for (const auto& [key, value] : scan_.overlay_.writes) {
            if (value && gap.contains(key)) gap.end = key;
        }
        if (!gap.empty()) scan_.gap_ = std::move(gap);
    }

    TreeScan& scan_;
    const Order order_;
    rocksdb::Slice lower_, upper_;
    std::unique_ptr<rocksdb::Iterator> iterator_;
};

std::optional<std::vector<Entry>> TreeScan::rows(ScanOptions options, Effort effort) {
    const TableReads reads(effort == Effort::cached ? TableReads::Patience::none : TableReads::Patience::any);
    Walk walk(*this, options.order, effort);
    const auto before = [&](std::string_view a, std::string_view b) {
        return options.order == Order::ascending ? a < b : b < a;
    };
    std::vector<Entry> rows;
    size_t bytes = 0;
    auto write = overlay_.writes.begin();
    const auto end = overlay_.writes.end();
    while ((walk.valid() || write != end) && rows.size() < options.limit && bytes <= options.max_bytes) {
        if (walk.valid() && (write == end || before(walk.key(), write->first))) {
            rows.push_back({std::string(walk.key()), std::string(walk.value())});
            bytes += rows.back().key.size() + rows.back().value.size();
            walk.next();
            continue;
        }
        if (walk.valid() && walk.key() == write->first) walk.next();
        if (walk.status().ok() && write->second) {
            rows.push_back({write->first, *write->second});
            bytes += write->first.size() + write->second->size();
        }
        ++write;
    }
    if (effort == Effort::cached && (reads.failed() || walk.status().IsIncomplete())) {
        gap_.reset();
        return std::nullopt;
    }
    check(reads, walk.status());
    return rows;
}

uint64_t TreeScan::count() {
    const TableReads reads(TableReads::Patience::any);
    Walk walk(*this, Order::ascending, Effort::any);
    uint64_t rows = 0;
    auto write = overlay_.writes.begin();
    const auto end = overlay_.writes.end();
    while (walk.valid() || write != end) {
        if (walk.valid() && (write == end || walk.key() < write->first)) {
            ++rows;
            walk.next();
            continue;
        }
        if (walk.valid() && walk.key() == write->first) walk.next();
        rows += write->second.has_value();
        ++write;
    }
    check(reads, walk.status());
    return rows;
}

}  // namespace cumulet::store
