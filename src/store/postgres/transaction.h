// A transaction on the server: reads are round trips, writes wait for the commit.
#pragma once

#include "store/postgres/driver.h"
#include "store/write_set.h"

namespace cumulet::store {

class PostgresTransaction final : public BufferedTransaction {
  public:
    PostgresTransaction(Driver& driver, Connection& connection) : driver_(driver), connection_(connection) {}

    /// The server refused to go on with it: the body may run again.
    bool refused() const { return refused_; }

    /// Throws Conflict if it is refused.
    Task<void> commit();
    /// What it read stands, what it wanted to write is dropped. Throws Conflict if what it read does not stand.
    Task<void> end_reading();
    /// After a failure: leaves the connection as it was. Does nothing after a success.
    Task<void> roll_back();

    using Transaction::became_visible;

  private:
    Task<std::optional<std::string>> read(std::string key) override;
    Task<std::vector<Entry>> read_range(Range range, ScanOptions options) override;
    /// The last statement's result.
    Task<ResultPointer> perform(std::vector<Statement> statements);

    Driver& driver_;
    Connection& connection_;
    bool begun_ = false;
    bool refused_ = false;
};

}  // namespace cumulet::store
