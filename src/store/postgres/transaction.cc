#include "store/postgres/transaction.h"

#include "base/bytes.h"
#include "store/optimistic.h"

namespace cumulet::store {
namespace {

constexpr size_t batch_bytes = 16 << 20;
constexpr size_t batch_rows = 10'000;

/// A bound that no key reaches.
std::string upper_bound(const Range& range) {
    return range.end.empty() ? std::string(WriteSet::max_key_bytes + 1, '\xff') : range.end;
}

struct ConnectionLost : Unavailable {
    ConnectionLost() : Unavailable("the connection to PostgreSQL was lost") {}
};

/// Throws what an answer of the server means: Conflict if the transaction may run again.
void check(const RoundTrip& round_trip) {
    for (const auto& result : round_trip.results) {
        const auto status = PQresultStatus(result.get());
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_PIPELINE_ABORTED) continue;
        const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
        const std::string_view code = state ? state : "";
        // serialization_failure, deadlock_detected, and unique_violation by a commit that this one does not see.
        if (code == "40001" || code == "40P01" || code == "23505") throw Conflict();
        if (code.starts_with("57P")) throw ConnectionLost();
        throw Unavailable(fmt::format("PostgreSQL refuses: {}", PQresultErrorMessage(result.get())));
    }
    if (round_trip.broken || round_trip.results.size() != round_trip.statements.size()) {
        throw ConnectionLost();
    }
}

std::string bytes_of(const PGresult* result, int row, int column) {
    return {PQgetvalue(result, row, column), static_cast<size_t>(PQgetlength(result, row, column))};
}

/// Gathers keys, and values beside them, into statements of bounded size.
class Batches {
  public:
    Batches(const char* name, bool with_values) : name_(name), with_values_(with_values) {}
    void add(std::string_view key, std::string_view value, std::vector<Statement>& statements) {
        keys_.push_back(key);
        values_.push_back(value);
        bytes_ += key.size() + value.size();
        if (bytes_ >= batch_bytes || keys_.size() >= batch_rows) end(statements);
    }
    void end(std::vector<Statement>& statements) {
        if (keys_.empty()) return;
        statements.push_back({name_, {binary_array(keys_)}});
        if (with_values_) statements.back().parameters.push_back(binary_array(values_));
        keys_.clear();
        values_.clear();
        bytes_ = 0;
    }

  private:
    const char* name_;
    const bool with_values_;
    std::vector<std::string_view> keys_, values_;
    size_t bytes_ = 0;
};

std::vector<Statement> statements_for(const WriteSet& writes) {
    std::vector<Statement> statements;
    for (const auto& range : writes.erased_ranges()) {
        statements.push_back({"erase_range", {range.begin, upper_bound(range)}});
    }
    Batches puts("put", true), erasures("erase", false);
    for (const auto& [key, value] : writes.writes()) {
        if (value) {
            puts.add(key, *value, statements);
        } else {
            erasures.add(key, "", statements);
        }
    }
    puts.end(statements);
    erasures.end(statements);
    for (const auto& topic : writes.topics()) statements.push_back({"notify", {to_hex(topic)}});
    return statements;
}

}  // namespace

Task<void> PostgresTransaction::commit() {
    auto statements = statements_for(writes());
    if (!begun_ && statements.empty()) co_return;
    statements.push_back({"commit", {}});
    co_await perform(std::move(statements));
    begun_ = false;
}

Task<void> PostgresTransaction::end_reading() {
    if (!begun_) co_return;
    std::vector<Statement> statements;
    statements.push_back({"commit", {}});
    co_await perform(std::move(statements));
    begun_ = false;
}

Task<void> PostgresTransaction::roll_back() {
    if (!begun_ || !connection_.usable()) co_return;
    RoundTrip round_trip;
    round_trip.statements.push_back({"rollback", {}});
    co_await driver_.perform(connection_, round_trip);
    begun_ = false;
}

Task<std::optional<std::string>> PostgresTransaction::read(std::string key) {
    std::vector<Statement> statements;
    statements.push_back({"get", {std::move(key)}});
    const auto result = co_await perform(std::move(statements));
    if (PQntuples(result.get()) == 0) co_return std::nullopt;
    co_return bytes_of(result.get(), 0, 0);
}

Task<std::vector<Entry>> PostgresTransaction::read_range(Range range, ScanOptions options) {
    constexpr size_t most = INT64_MAX;
    std::vector<Statement> statements;
    statements.push_back({options.order == Order::ascending ? "scan" : "scan_descending",
                          {range.begin, upper_bound(range), binary(std::min(options.limit, most)),
                           binary(std::min(options.max_bytes, most))}});
    const auto result = co_await perform(std::move(statements));
    std::vector<Entry> rows;
    for (int row = 0; row < PQntuples(result.get()); ++row) {
        rows.push_back({bytes_of(result.get(), row, 0), bytes_of(result.get(), row, 1)});
    }
    co_return rows;
}

Task<ResultPointer> PostgresTransaction::perform(std::vector<Statement> statements) {
    if (refused_) throw Conflict();
    RoundTrip round_trip;
    round_trip.statements = std::move(statements);
    if (!begun_) round_trip.statements.insert(round_trip.statements.begin(), Statement{"begin", {}});
    begun_ = true;
    const bool commits = round_trip.statements.back().name == std::string_view("commit");
    co_await driver_.perform(connection_, round_trip);
    try {
        check(round_trip);
    } catch (const Conflict&) {
        refused_ = true;
        throw;
    } catch (const ConnectionLost&) {
        if (commits) throw;  // nobody knows whether it happened
        refused_ = true;
        throw Conflict();
    }
    co_return std::move(round_trip.results.back());
}

}  // namespace cumulet::store
