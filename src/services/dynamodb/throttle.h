// Throughput as a limit: what tables and global indexes may be asked for, where the operator wants it so.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
// Nothing of it is stored: each process counts what it serves itself.
#pragma once

#include "services/dynamodb/allowance.h"
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

enum class Access : uint8_t { read, write };

/// A throughput that has nothing left.
struct Shortage {
    Access access = Access::read;
    bool on_demand = false;  ///< it is the maximum that was set for billing on demand
    std::string arn;         ///< the table's, or a global index's
    bool of_index = false;

    std::string_view message() const;
    /// Throws ProvisionedThroughputExceededException, or ThrottlingException for a maximum.
    [[noreturn]] void raise() const;
    /// The same among the reasons why a transaction was cancelled.
    aws::dynamodb::CancellationReason reason() const;
};

class Throttle {
  public:
    explicit Throttle(bool on) : on_(on) {}
    bool on() const { return on_; }

  private:
    friend class Spending;

    /// One limit of a table or an index; 0: none.
    struct Limit {
        std::string key;  ///< whose allowance, in all accounts and regions
        double units_a_second = 0;
    };
    double left(const Limit& limit, Time since, Time now);
    void take(const Limit& limit, double units, Time since, Time now);

    static constexpr size_t most_allowances = 100'000;  ///< past them, all begin anew
    const bool on_;
    std::mutex mutex_;
    std::unordered_map<std::string, Allowance> allowances_;
};

/// What one call uses of throughputs: compared in its transaction, taken when the call ends. Costs nothing while
/// throttling is off; all members but `operator bool` may then be left uncalled, and do nothing.
class Spending {
  public:
    Spending(Throttle& throttle, Time now) : throttle_(throttle.on() ? &throttle : nullptr), now_(now) {}
    Spending(const Spending&) = delete;
    ~Spending();

    explicit operator bool() const { return throttle_; }

    /// The transaction's body begins, perhaps not for the first time: nothing has been used yet.
    void restart();
    /// Learns what `table` may be asked for.
    Task<void> learn(store::Transaction& tx, Scope scope, std::string table);
    /// All of that for a call on one table. Throws what Shortage::raise throws if nothing is left of the table, or of
    /// the global index that is read.
    Task<void> enter(store::Transaction& tx, Scope scope, std::string table, Access access,
                     const Index* index = nullptr);

    /// Nothing where all that `wanted` needs has something left. The table must have been learnt.
    std::optional<Shortage> shortage(const std::string& table, Access access, const Consumption& wanted) const;
    /// Notes what was used.
    void use(const std::string& table, Access access, const Consumption& used);
    /// Notes a write that its condition may still stop: it takes what replacing `old` costs. `write` goes on from
    /// there.
    void attempt(const std::string& table, const AttributeMap* old);
    /// Notes a write in the table and its indexes, unless one of them has nothing left.
    std::optional<Shortage> try_write(const Table& table, const AttributeMap* old, const AttributeMap* item,
                                      double factor = 1);
    /// The same; throws what Shortage::raise throws.
    void write(const Table& table, const AttributeMap* old, const AttributeMap* item);

  private:
    /// What a table or an index may be asked for, by Access.
    struct Limits {
        std::string arn;
        bool on_demand = false;
        Throttle::Limit of[2];
        double used[2] = {0, 0};
    };
    struct TableLimits {
        Limits table;
        std::map<std::string, Limits> indexes;
        Time since{};
    };
    static Limits limits_of(const Scope& scope, uint64_t number, std::string arn);
    bool is_short(const TableLimits& known, const Limits& limits, Access access) const;

    Throttle* const throttle_;
    const Time now_;
    std::map<std::string, TableLimits> tables_;
    double attempted_ = 0;
};

}  // namespace cumulet::dynamodb
