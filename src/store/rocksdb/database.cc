#include "store/rocksdb/database.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <charconv>

#include "store/rocksdb/table_reads.h"

namespace cumulet::store {
namespace {

constexpr size_t write_buffer_bytes = 16 << 20;

rocksdb::DBOptions database_options(rocksdb::Env* env) {
    rocksdb::DBOptions options;
    options.env = env;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    options.max_background_jobs = 2;
    options.max_open_files = -1;  // a table that must be opened first is not there for reads that do not wait
    options.max_file_opening_threads = 1;
    options.max_total_wal_size = 3 * write_buffer_bytes;
    options.info_log_level = rocksdb::WARN_LEVEL;
    options.keep_log_file_num = 2;
    options.max_log_file_size = 1 << 20;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    options.avoid_flush_during_recovery = true;       // starting replays the log into memory and no more
    options.allow_concurrent_memtable_write = false;  // there is one writer
    options.skip_stats_update_on_db_open = true;
    options.skip_checking_sst_file_sizes_on_db_open = true;
    return options;
}

rocksdb::ColumnFamilyOptions row_options(const RocksOptions& wanted) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(wanted.block_cache_bytes, 4);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.cache_index_and_filter_blocks = true;
    table.index_block_restart_interval = 8;  // keys begin alike: spelled out they fill three times the memory
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.format_version = 5;

    rocksdb::ColumnFamilyOptions options;
    options.write_buffer_size = write_buffer_bytes;
    options.max_write_buffer_number = 3;
    options.level_compaction_dynamic_level_bytes = true;
    // A queue's writes lie at its head and at its tail. With small files, several of the first level at a time and
    // small upper levels, what waits between the two is seldom written again. Fewer levels are searched for a row.
    options.target_file_size_base = 16 << 20;
    options.level0_file_num_compaction_trigger = 6;
    options.max_bytes_for_level_multiplier = 16;
    options.compression = rocksdb::kLZ4Compression;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    // Many deleted keys in a row are compacted first: what is consumed in order leaves them behind. Fewer are not worth
    // rewriting what lies next to them.
    options.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(256 << 10, 128 << 10));
    return options;
}

std::string why_not_opened(const std::filesystem::path& folder, const rocksdb::Status& status) {
    const auto text = status.ToString();
    if (text.find("LOCK") != std::string::npos || text.find("lock hold by") != std::string::npos) {
        return fmt::format("another process uses the store in {}: stop it, or choose another folder", folder.string());
    }
    return fmt::format("the store in {} cannot be opened: {}", folder.string(), text);
}

void check(const rocksdb::Status& status, std::string_view what) {
    if (!status.ok()) throw std::runtime_error(fmt::format("{}: {}", what, status.ToString()));
}

}  // namespace

Database::Database(const std::filesystem::path& folder, const RocksOptions& options) : env_(table_reading_env()) {
    std::filesystem::create_directories(folder);
    const std::vector<rocksdb::ColumnFamilyDescriptor> families{
        {rocksdb::kDefaultColumnFamilyName, row_options(options)}, {"about", rocksdb::ColumnFamilyOptions()}};
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(database_options(env_.get()), folder.string(), families, &handles, &db);
    if (!status.ok()) throw std::runtime_error(why_not_opened(folder, status));
    db_.reset(db);
    rows_ = handles[0];
    about_ = handles[1];
    try {
        check_format(folder);
    } catch (...) {
        close();
        throw;
    }
}

void Database::check_format(const std::filesystem::path& folder) {
    std::string text;
    const auto status = db_->Get(rocksdb::ReadOptions(), about_, "format", &text);
    const auto write_format = [&] {
        rocksdb::WriteOptions synced;
        synced.sync = true;
        check(db_->Put(synced, about_, "format", std::to_string(store_format)), "the store's format cannot be written");
    };
    if (status.IsNotFound()) return write_format();
    check(status, "the store's format cannot be read");
    int format = 0;
    std::from_chars(text.data(), text.data() + text.size(), format);
    if (format > store_format) {
        throw std::runtime_error(
            fmt::format("the store in {} was written by a newer Cumulet (format {}; this one knows {})",
                        folder.string(), text, store_format));
    }
    if (format < 1) throw std::runtime_error(fmt::format("the store in {} has no valid format", folder.string()));
    if (format < store_format) write_format();
}

void Database::close() {
    if (!db_) return;
    rocksdb::FlushOptions wait;
    db_->Flush(wait, {rows_, about_});
    db_->SyncWAL();
    for (auto* handle : {rows_, about_}) db_->DestroyColumnFamilyHandle(handle);
    db_->Close();
    db_.reset();
}

Database::~Database() { close(); }

}  // namespace cumulet::store

#if __has_feature(thread_sanitizer)
// RocksDB comes compiled without the sanitizer, which therefore does not see how its threads agree.
extern "C" const char* __tsan_default_suppressions() { return "race:rocksdb::\n"; }
#endif
