// A PostgreSQL server for one test program, in a temporary folder, on a UNIX socket only.
#pragma once

#include <memory>

#include "store/tests/support/engines.h"

namespace cumulet::store::test {

class PostgresServer {
  public:
    /// Started at the first call, ended with the program. Throws std::runtime_error where PostgreSQL is not installed.
    static PostgresServer& shared();
    ~PostgresServer();

    /// A new, empty database: what libpq needs to connect to it.
    std::string create_database();
    void execute(const std::string& connection, const std::string& sql);

  private:
    PostgresServer();
    std::string connection(const std::string& database) const;
    void start(const std::filesystem::path& programs);
    void wait_until_it_answers();

    TemporaryFolder folder_;
    int process_ = -1;
    int databases_ = 0;
};

}  // namespace cumulet::store::test
