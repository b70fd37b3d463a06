// UpdateContinuousBackups and DescribeContinuousBackups.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html
#include "services/dynamodb/backups/recovery.h"

#include "services/dynamodb/backups/storage.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

constexpr auto trim_pause = 1h;
constexpr auto trim_margin = 1h;  // restores that are under way still need what has just become too old

Task<DescribedTable> load_backed_up(store::Transaction& tx, Scope scope, std::string name) {
    auto table = co_await find_table(tx, std::move(scope), name);
    if (!table || table->creating) throw TableNotFoundException(fmt::format("Table not found: {}", name));
    co_return std::move(*table);
}

}  // namespace

Time earliest_restorable(const Recovery& recovery, Time now) {
    // Clients speak of whole seconds.
    return std::chrono::floor<std::chrono::seconds>(
        std::max(recovery.since, now - std::chrono::days(recovery.period_days)));
}

void check_restorable(const Recovery& recovery, Time time, Time now) {
    const auto earliest = earliest_restorable(recovery, now);
    if (time >= earliest && time <= now) return;
    throw InvalidRestoreTimeException(
        fmt::format("RestoreDateTime '{}' must be within EarliestRestorableDateTime '{}' and LatestRestorableDateTime "
                    "'{}'",
                    format_iso8601(time), format_iso8601(earliest), format_iso8601(now)));
}

ContinuousBackupsDescription describe(const std::optional<Recovery>& recovery, Time now) {
    ContinuousBackupsDescription description{.ContinuousBackupsStatus = "ENABLED"};
    auto& point_in_time = description.PointInTimeRecoveryDescription.emplace();
    point_in_time.PointInTimeRecoveryStatus = recovery ? "ENABLED" : "DISABLED";
    if (!recovery) return description;
    point_in_time.RecoveryPeriodInDays = recovery->period_days;
    point_in_time.EarliestRestorableDateTime = earliest_restorable(*recovery, now);
    point_in_time.LatestRestorableDateTime = now;
    return description;
}

Task<DescribedTable> load_recoverable(store::Transaction& tx, Scope scope, std::string name) {
    auto table = co_await load_backed_up(tx, std::move(scope), std::move(name));
    if (!table.recovery) {
        throw PointInTimeRecoveryUnavailableException(
            fmt::format("Point in time recovery is not enabled for table '{}'", table.name));
    }
    co_return table;
}

Task<UpdateContinuousBackupsOutput> Service::update_continuous_backups(Call& call,
                                                                       UpdateContinuousBackupsInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    const auto& wanted = request.PointInTimeRecoverySpecification;
    std::optional<Work> begun;
    auto description = co_await store_.transact([&](store::Transaction& tx) -> Task<ContinuousBackupsDescription> {
        begun.reset();
        DescribedTable table = co_await load_backed_up(tx, scope, name);
        if (wanted.PointInTimeRecoveryEnabled) {
            if (!table.recovery) {
                table.recovery = {.log = co_await take_number(tx, scope), .since = call.now()};
                table.logs.push_back({.number = table.recovery->log});
                co_await schedule(tx, {.due = call.now() + trim_pause,
                                       .kind = std::string(trim_changes_kind),
                                       .scope = scope,
                                       .subject = subject_of(table)});
            }
            table.recovery->period_days = wanted.RecoveryPeriodInDays.value_or(longest_recovery_days);
        } else if (table.recovery) {
            const auto log = table.recovery->log;
            std::erase_if(table.logs, [&](const TableLog& each) { return each.number == log; });
            table.recovery.reset();
            begun = worker_.plan(tx, {.kind = "drop log",
                                      .scope = scope,
                                      .subject = std::to_string(table.number),
                                      .detail = std::to_string(log)});
        }
        save_table(tx, scope, table);
        co_return describe(table.recovery, call.now());
    });
    if (begun) worker_.begin(std::move(*begun));
    co_return UpdateContinuousBackupsOutput{.ContinuousBackupsDescription = std::move(description)};
}

Task<DescribeContinuousBackupsOutput> Service::describe_continuous_backups(Call& call,
                                                                           DescribeContinuousBackupsInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    const auto table = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<DescribedTable> { co_return co_await load_backed_up(tx, scope, name); });
    co_return DescribeContinuousBackupsOutput{.ContinuousBackupsDescription = describe(table.recovery, call.now())};
}

Task<bool> trim_changes(store::Transaction& tx, DueWork& work) {
    const auto table = co_await find_subject(tx, work);
    if (!table) co_return true;
    const auto described = co_await find_table(tx, work.scope, table->name);
    if (!described->recovery) co_return true;
    const auto& recovery = *described->recovery;
    forget_past(tx, work.scope, recovery.log, work.due - std::chrono::days(recovery.period_days) - trim_margin);
    co_await schedule(tx,
                      {.due = work.due + trim_pause, .kind = work.kind, .scope = work.scope, .subject = work.subject});
    co_return true;
}

}  // namespace cumulet::dynamodb
