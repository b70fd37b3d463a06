// Writes that were read and checked, and are decided together against the items as they are: the parts of a
// transaction, and what PartiQL writes.
#pragma once

#include "services/dynamodb/capacity.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/storage.h"
#include "services/dynamodb/throttle.h"

namespace cumulet::dynamodb {

/// What a write wants. Pointers are to what outlives it.
struct Intent {
    enum class Kind { check, put, remove, update } kind = Kind::check;
    std::string table;
    const AttributeMap* key = nullptr;  ///< put: the item
    size_t values_bytes = 0;            ///< of the values its expressions name
    std::optional<Update> update;
    std::optional<Condition> condition;
    const std::optional<std::string>* on_failure = nullptr;
    /// Put, where there is an item: replace it, fail with DuplicateItemException, or leave it.
    enum class Existing { replace, refuse, keep } existing = Existing::replace;
};

/// An intent beside the item as it is, and as it is to be.
struct Change {
    const Intent* intent;
    const Table* table;
    std::string place;
    std::optional<AttributeMap> old;
    std::optional<AttributeMap> item;
    std::string refusal;  ///< what is wrong with the intent itself, "" if nothing
};

/// Tables of one request by name, each read once.
using Tables = std::map<std::string, Table>;
Task<const Table*> load_once(store::Transaction& tx, Scope scope, Tables& tables, Spending& spending, std::string name);

/// The intents beside the items they are about. Throws aws::Error for what refuses the whole request.
Task<std::vector<Change>> load_changes(store::Transaction& tx, Scope scope, Tables& tables, Spending& spending,
                                       const std::vector<Intent>& intents);

/// Decides what becomes of the item; what speaks against it is thrown as a single write throws it.
void decide(Change& change);
/// Decides all changes. Throws TransactionCanceledException with a reason for each if one of them cannot be made; what
/// is wrong with an intent itself is noticed before any condition is looked at, and only the first.
void decide_all(std::vector<Change>& changes, Spending& spending);

/// Why the parts of a transaction cannot be done, in their order.
class Cancellation {
  public:
    /// Of one more part; nothing: it can.
    void add(std::optional<aws::dynamodb::CancellationReason> reason);
    /// Throws TransactionCanceledException if there is a part that cannot be done.
    void check() &&;

  private:
    std::vector<aws::dynamodb::CancellationReason> reasons_;
    bool cancelled_ = false;
};

/// Writes what was decided. Returns the answer to ReturnConsumedCapacity.
Task<std::optional<std::vector<aws::dynamodb::ConsumedCapacity>>> save_changes(
    store::Transaction& tx, Scope scope, const std::vector<Change>& changes, std::optional<std::string> capacity_mode);

/// The reads of one transaction, as they are counted.
class GetsOfTransaction {
  public:
    explicit GetsOfTransaction(Spending& spending) : spending_(spending) {}
    void add(const std::string& table, size_t size_bytes);
    /// The answer to ReturnConsumedCapacity. Throws TransactionCanceledException if throughput has not enough left.
    std::optional<std::vector<aws::dynamodb::ConsumedCapacity>> report(const std::optional<std::string>& mode) &&;

  private:
    Spending& spending_;
    std::map<std::string, Consumption> consumed_;
    Cancellation cancellation_;
    bool throttled_ = false;
};

/// Sums of units by table, for the answer; nothing where it was not asked for.
std::optional<std::vector<aws::dynamodb::ConsumedCapacity>> report_all(
    const std::map<std::string, Consumption>& consumed, const std::optional<std::string>& mode, bool write);

/// True if `token`, where it is not "", was used for the same request less than ten minutes ago; remembers it
/// otherwise. Throws IdempotentParameterMismatchException if it was used for another one.
Task<bool> is_repetition(store::Transaction& tx, Scope scope, std::string token, std::string digest, Time now);

/// "Transaction request cannot include multiple operations on one item"
[[noreturn]] void refuse_repetition();
/// A transaction may write, and may read, so much.
constexpr size_t max_transaction_bytes = 4 * 1024 * 1024;
/// "Transaction payload size cannot exceed 4 MB"
[[noreturn]] void refuse_size();

/// A transaction costs twice the units.
constexpr double transaction_factor = 2;

}  // namespace cumulet::dynamodb
