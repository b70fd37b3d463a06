// What is left of tables, indexes, logs and backups that are gone: erased when nobody reads it any more.
#include "services/dynamodb/backups/removal.h"

#include "services/dynamodb/backups/arn.h"
#include "services/dynamodb/beside.h"
#include "services/dynamodb/policies.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/streams/storage.h"

namespace cumulet::dynamodb {

namespace {

constexpr auto pause_for_readers = 50ms;
constexpr auto system_backup_stays = std::chrono::days(35);

std::vector<uint64_t> numbers_of(std::string_view list) {
    std::vector<uint64_t> numbers;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        numbers.push_back(std::stoull(std::string(list.substr(0, comma))));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return numbers;
}

/// Gives the items to a backup.
Task<void> keep_as_backup(store::Transaction& tx, Call& call, DescribedTable table) {
    const Scope scope(call);
    Backup backup = backup_of(call, table, table.name + "$DeletedTableBackup", "SYSTEM");
    backup.number = table.number;
    auto& details = *backup.description.BackupDetails;
    details.BackupStatus = "AVAILABLE";
    details.BackupExpiryDateTime = call.now() + system_backup_stays;
    backup.description.SourceTableFeatureDetails = SourceTableFeatureDetails();
    save_backup(tx, scope, backup);
    co_await schedule(tx, {.due = *details.BackupExpiryDateTime,
                           .kind = std::string(expire_backup_kind),
                           .scope = scope,
                           .subject = fmt::format("{}/{}", table.name, backup.id)});
}

}  // namespace

void check_removable(const DescribedTable& table) {
    if (table.description.DeletionProtectionEnabled.value_or(false)) {
        throw aws::validation_error(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection "
            "first.");
    }
    const auto in_use = [](std::string_view why) {
        return ResourceInUseException(fmt::format("Attempt to change a resource which is still in use: {}", why));
    };
    if (table.creating) throw in_use(fmt::format("Table is being created: {}", table.name));
    if (!table.indexes_rest()) {
        throw in_use("Cannot delete table while indexes are being created, updated, or deleted.");
    }
    // Another region's replica may be copied from here.
    const auto being_made = [](const ReplicaDescription& replica) { return replica.ReplicaStatus == "CREATING"; };
    if (table.description.Replicas && std::ranges::any_of(*table.description.Replicas, being_made)) {
        throw in_use(fmt::format("Table: {} is in the process of being updated.", table.name));
    }
}

Task<std::vector<Work>> remove_table(store::Transaction& tx, Call& call, Worker& worker, DescribedTable table) {
    const Scope scope(call);
    if (table.stream) co_await close_stream(tx, scope, table);
    forget_table(tx, scope, table);
    erase_beside(tx, scope, table.name);
    erase_policies(tx, scope, table.name);
    std::vector<Work> planned;
    std::vector<uint64_t> numbers;
    if (table.recovery) {
        planned.push_back(worker.plan(tx, {.kind = "drop log",
                                           .scope = scope,
                                           .subject = std::to_string(table.number),
                                           .detail = std::to_string(table.recovery->log)}));
        co_await keep_as_backup(tx, call, table);
    } else {
        numbers.push_back(table.number);
    }
    for (const auto& index : table.indexes) numbers.push_back(index.number);
    for (const auto& index : table.vectors) numbers.push_back(index.number);
    if (!numbers.empty()) {
        planned.push_back(worker.plan(
            tx, {.kind = "drop items", .scope = scope, .subject = fmt::format("{}", fmt::join(numbers, ","))}));
    }
    co_return planned;
}

/// Erases the items under the numbers that `work.subject` lists, once nobody copies from them.
Task<void> Service::drop_items(Work work) {
    const bool read = co_await store_.transact([&](store::Transaction& tx) -> Task<bool> {
        const auto numbers = numbers_of(work.subject);
        if (co_await worker_.is_read(tx, work.scope, numbers)) co_return true;
        for (const auto number : numbers) {
            tx.erase_range(scan_range(work.scope, Table{.number = number}, nullptr, 0, 1));
        }
        co_await worker_.finish(tx, work);
        co_return false;
    });
    if (read) co_await Reactor::current().pause(pause_for_readers);
}

/// Erases the log `work.detail` of the table with the number `work.subject`.
Task<void> Service::drop_log(Work work) {
    const bool read = co_await store_.transact([&](store::Transaction& tx) -> Task<bool> {
        if (co_await worker_.is_read(tx, work.scope, {std::stoull(work.subject)})) co_return true;
        forget_log(tx, work.scope, std::stoull(work.detail));
        co_await worker_.finish(tx, work);
        co_return false;
    });
    if (read) co_await Reactor::current().pause(pause_for_readers);
}

Task<bool> expire_backup(store::Transaction& tx, DueWork& work) {
    const auto slash = work.subject.find('/');
    auto backup = co_await find_backup(tx, work.scope, work.subject.substr(0, slash), work.subject.substr(slash + 1));
    if (!backup) co_return true;
    if (!backup->restoring_into.empty()) {
        co_await schedule(tx, {.due = work.due + 1h, .kind = work.kind, .scope = work.scope, .subject = work.subject});
        co_return true;
    }
    erase_backup(tx, work.scope, *backup);
    tx.erase_range(scan_range(work.scope, Table{.number = backup->number}, nullptr, 0, 1));
    co_return true;
}

}  // namespace cumulet::dynamodb
