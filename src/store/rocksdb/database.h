// The RocksDB database in a folder: opened as Cumulet wants it, and refused if it is not Cumulet's to open.
#pragma once

#include <rocksdb/db.h>

#include <filesystem>

#include "store/rocksdb/rocksdb_store.h"

namespace cumulet::store {

/// The format of keys and values on disk. A store of a newer format is refused; one of an older format is taken over,
/// and services bring its rows up to date as they meet them.
///   2: a message of SQS is one record
constexpr int store_format = 2;

class Database {
  public:
    /// Throws std::runtime_error with a sentence for the operator.
    Database(const std::filesystem::path& folder, const RocksOptions& options);
    ~Database();
    Database(const Database&) = delete;

    rocksdb::DB* operator->() const { return db_.get(); }
    bool open() const { return db_ != nullptr; }
    /// Writes everything to disk and lets go of the folder.
    void close();

  private:
    void check_format(const std::filesystem::path& folder);

    const std::unique_ptr<rocksdb::Env> env_;
    std::unique_ptr<rocksdb::DB> db_;
    rocksdb::ColumnFamilyHandle* rows_ = nullptr;
    rocksdb::ColumnFamilyHandle* about_ = nullptr;  // what the store says about itself
};

}  // namespace cumulet::store
