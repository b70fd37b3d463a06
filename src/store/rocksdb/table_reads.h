// Reads of RocksDB's tables that know whether they would wait for the disk, and whether they failed.
#pragma once

#include <rocksdb/env.h>

#include <memory>

namespace cumulet::store {

/// How this thread reads tables while this lives.
///
/// RocksDB 7.8 may forget that a read failed when a walk passes an erased range: rows are then missing and the status
/// is good. Therefore no answer counts of which `failed` says true, whatever the status.
class TableReads {
  public:
    enum class Patience {
        none,  ///< fails where a read would wait for the disk: what memory has is enough, the page cache included
        any,
    };
    explicit TableReads(Patience patience);
    ~TableReads();
    TableReads(const TableReads&) = delete;

    bool failed() const;

  private:
    const bool patient_before_;
    const uint64_t failures_before_;
};

/// The system's files as RocksDB wants them, of which tables are read as TableReads says.
std::unique_ptr<rocksdb::Env> table_reading_env();

}  // namespace cumulet::store
