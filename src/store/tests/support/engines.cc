#include "store/tests/support/engines.h"

#include <rocksdb/db.h>
#include <stdlib.h>

#include "store/memory/faulty_store.h"
#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/rocksdb/rocksdb_store.h"
#include "store/tests/support/postgres_server.h"

namespace cumulet::store::test {
namespace {

class Memory final : public Engine {
  public:
    std::unique_ptr<Store> open() override { return open_memory_store(); }
};

class Faulty final : public Engine {
  public:
    std::unique_ptr<Store> open() override {
        return open_faulty_store(7, {.conflict = 0.2, .delay = 0.3, .sleep = 0.05, .longest_sleep = 1ms});
    }
};

class Rocks : public Engine {
  public:
    std::unique_ptr<Store> open() override { return open_rocksdb_store(folder_.path() / "store", options_); }
    void pretend_newer_format() override {
        rocksdb::DB* db = nullptr;
        std::vector<rocksdb::ColumnFamilyHandle*> families;
        const auto opened = rocksdb::DB::Open({}, (folder_.path() / "store").string(),
                                              {{rocksdb::kDefaultColumnFamilyName, {}}, {"about", {}}}, &families, &db);
        if (!opened.ok()) throw std::runtime_error(opened.ToString());
        db->Put({}, families[1], "format", "999");
        for (auto* family : families) db->DestroyColumnFamilyHandle(family);
        delete db;
    }

  protected:
    RocksOptions options_;

  private:
    TemporaryFolder folder_;
};

/// Memory for next to nothing, so that the tree answers.
class RocksCold final : public Rocks {
  public:
    RocksCold() {
        options_.resident_bytes = 700;
        options_.row_cache_bytes = 0;
        options_.block_cache_bytes = 0;
    }
};

class RocksInterval final : public Rocks {
  public:
    RocksInterval() { options_.durability = RocksOptions::Durability::interval; }
};

class Postgres final : public Engine {
  public:
    std::unique_ptr<Store> open() override { return open_postgres_store({.connection = database_}); }
    void pretend_newer_format() override {
        PostgresServer::shared().execute(database_, "UPDATE cumulet_about SET value = '999' WHERE name = 'format'");
    }

  private:
    const std::string database_ = PostgresServer::shared().create_database();
};

template <typename Kind>
std::unique_ptr<Engine> make() {
    return std::make_unique<Kind>();
}

}  // namespace

std::vector<EngineKind> durable_engines() {
    return {{"Rocks", make<Rocks>},
            {"RocksCold", make<RocksCold>},
            {"RocksInterval", make<RocksInterval>},
            {"Postgres", make<Postgres>}};
}

std::vector<EngineKind> all_engines() {
    auto engines = durable_engines();
    engines.push_back({"Memory", make<Memory>});
    engines.push_back({"Faulty", make<Faulty>});
    return engines;
}

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cumulet-test-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace cumulet::store::test
