#include "services/dynamodb/replicas.h"

#include "services/dynamodb/auto_scaling.h"
#include "services/dynamodb/backups/removal.h"
#include "services/dynamodb/consistency_mode.h"
#include "services/dynamodb/expiry.h"
#include "services/dynamodb/streams/storage.h"

namespace cumulet::dynamodb {

namespace {

using aws::dynamodb::ReplicaDescription;

constexpr std::string_view version = "2019.11.21";
constexpr size_t items_per_step = 200;
constexpr size_t bytes_per_step = 4 * 1024 * 1024;

[[noreturn]] void refuse_local_region() {
    throw aws::validation_error(
        "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as "
        "required.");
}

[[noreturn]] void refuse_existing(const std::string& name) {
    throw aws::validation_error(fmt::format(
        "Failed to create a the new replica of table with name: '{}' because one or more replicas already existed as "
        "tables.",
        name));
}

[[noreturn]] void refuse_unknown() {
    throw aws::validation_error(
        "Update global table operation failed because one or more replicas were not part of the global table.");
}

ReplicaDescription* find_replica(DescribedTable& table, std::string_view region) {
    if (!table.description.Replicas) return nullptr;
    const auto found = std::ranges::find_if(*table.description.Replicas,
                                            [&](const auto& replica) { return replica.RegionName == region; });
    return found == table.description.Replicas->end() ? nullptr : &*found;
}

void add_replica(DescribedTable& table, ReplicaDescription replica) {
    table.replicas.push_back(*replica.RegionName);
    auto& description = table.description;
    description.GlobalTableVersion = version;
    if (!description.Replicas) description.Replicas.emplace();
    description.Replicas->push_back(std::move(replica));
}

void remove_replica(DescribedTable& table, std::string_view region) {
    std::erase(table.replicas, region);
    auto& description = table.description;
    if (description.Replicas) {
        std::erase_if(*description.Replicas, [&](const auto& replica) { return replica.RegionName == region; });
    }
    if (!table.replicas.empty()) return;
    description.Replicas.reset();
    description.GlobalTableVersion.reset();
    description.MultiRegionConsistency.reset();
    description.GlobalTableWitnesses.reset();
}

/// What a request says of a replica beside its region.
template <typename Action>
void describe_overrides(ReplicaDescription& replica, const Action& action) {
    if (action.KMSMasterKeyId) replica.KMSMasterKeyId = action.KMSMasterKeyId;
    if (action.ProvisionedThroughputOverride) {
        replica.ProvisionedThroughputOverride = action.ProvisionedThroughputOverride;
    }
    if (action.OnDemandThroughputOverride) replica.OnDemandThroughputOverride = action.OnDemandThroughputOverride;
    if (action.TableClassOverride) replica.ReplicaTableClassSummary = {.TableClass = action.TableClassOverride};
    if (!action.GlobalSecondaryIndexes) return;
    auto& indexes = replica.GlobalSecondaryIndexes.emplace();
    for (const auto& index : *action.GlobalSecondaryIndexes) {
        indexes.push_back({.IndexName = index.IndexName,
                           .ProvisionedThroughputOverride = index.ProvisionedThroughputOverride,
                           .OnDemandThroughputOverride = index.OnDemandThroughputOverride});
    }
}

/// The table as a region that does not have it yet is to have it: without numbers, items and tags.
DescribedTable table_for(const Call& call, const std::string& region, const DescribedTable& original) {
    DescribedTable table = original;
    table.number = 0;
    for (auto& index : table.indexes) index.number = 0;
    for (auto& index : table.vectors) index.number = 0;
    table.tags.clear();
    table.stream.reset();
    table.replicas.clear();
    table.logs.clear();
    table.recovery.reset();
    table.class_changes.clear();
    table.encryption_changes.clear();
    auto& description = table.description;
    description.TableArn = fmt::format("arn:aws:dynamodb:{}:{}:table/{}", region, call.account, table.name);
    description.TableId = Reactor::current().random().uuid();
    description.CreationDateTime = call.now();
    description.DeletionProtectionEnabled = false;
    description.Replicas.reset();
    name_indexes(description);
    return table;
}

/// Copies items behind `cursor` ("": from the first on), up to a bound. Where to go on; nothing at the end.
/// What the replica has already is replaced by the same: every write since it was made went to both.
Task<std::optional<std::string>> copy_items(store::Transaction& tx, Scope from, const Table& table, Scope to,
                                            const Table& replica, std::string cursor) {
    auto range = scan_range(from, table, nullptr, 0, 1);
    if (!cursor.empty()) range.begin = std::move(cursor);
    const auto entries = co_await tx.scan(range, {.limit = items_per_step, .max_bytes = bytes_per_step});
    size_t bytes = 0;
    for (const auto& entry : entries) {
        bytes += entry.key.size() + entry.value.size();
        const auto item = AttributeMap::from_bytes(entry.value);
        const auto place = item_key(to, replica, item.view());
        const auto old = co_await load_item(tx, place);
        save_item(tx, to, replica, place, old ? &*old : nullptr, &item);
        if (!replica.time_to_live.empty()) co_await move_expiry(tx, to, replica, old ? &*old : nullptr, &item);
    }
    if (entries.size() < items_per_step && bytes < bytes_per_step) co_return std::nullopt;
    co_return entries.back().key + '\0';
}

/// The replica in `region` has all items: says so in every region.
Task<void> activate(store::Transaction& tx, Scope scope, DescribedTable& table, std::string region) {
    const auto activate_in = [&](DescribedTable& seen_from) {
        if (auto* replica = find_replica(seen_from, region)) replica->ReplicaStatus = "ACTIVE";
    };
    activate_in(table);
    for (auto& [other, replica] : co_await load_replicas(tx, scope, table)) {
        activate_in(replica);
        save_table(tx, {scope.account, other}, replica);
    }
}

Task<void> create_replica(store::Transaction& tx, const Call& call, DescribedTable& table,
                          const aws::dynamodb::CreateReplicationGroupMemberAction& action) {
    const Scope here(call), there(call.account, action.RegionName);
    if (there.region == here.region) refuse_local_region();
    if (co_await find_schema(tx, there, table.name)) refuse_existing(table.name);
    if (!table.indexes_rest()) {
        throw aws::dynamodb::ResourceInUseException(
            fmt::format("Attempt to change a resource which is still in use: Table is being updated: {}", table.name));
    }
    if (!table.stream) co_await open_stream(tx, here, table, "NEW_AND_OLD_IMAGES");

    auto made = table_for(call, there.region, table);
    co_await open_stream(tx, there, made, table.stream->view);
    ReplicaDescription described{.RegionName = there.region, .ReplicaStatus = "CREATING"};
    describe_overrides(described, action);
    for (auto& [region, other] : co_await load_replicas(tx, here, table)) {
        add_replica(other, described);
        save_table(tx, {here.account, region}, other);
        add_replica(made, *find_replica(table, region));
    }
    add_replica(made, {.RegionName = here.region, .ReplicaStatus = "ACTIVE"});
    add_replica(table, std::move(described));
    co_await save_numbered(tx, there, made);
    co_await pass_on_scaling(tx, here, there, table.name);

    if (auto cursor = co_await copy_items(tx, here, table, there, made, "")) {
        co_await schedule(tx, {.due = call.now(),
                               .kind = std::string(copy_replica_kind),
                               .scope = here,
                               .subject = store::Key(table.name, table.number, there.region).bytes(),
                               .state = std::move(*cursor)});
    } else {
        co_await activate(tx, here, table, there.region);
    }
}

Task<void> update_replica(store::Transaction& tx, const Call& call, DescribedTable& table,
                          const aws::dynamodb::UpdateReplicationGroupMemberAction& action) {
    // Of its own region a table has no description among the replicas, but the others have.
    if (action.RegionName != call.region && !find_replica(table, action.RegionName)) refuse_unknown();
    const auto describe = [&](DescribedTable& seen_from) {
        if (auto* replica = find_replica(seen_from, action.RegionName)) describe_overrides(*replica, action);
    };
    describe(table);
    for (auto& [region, other] : co_await load_replicas(tx, Scope(call), table)) {
        describe(other);
        save_table(tx, {call.account, region}, other);
    }
}

Task<std::vector<Work>> delete_replica(store::Transaction& tx, const Call& call, Worker& worker, DescribedTable& table,
                                       std::string region) {
    if (region == call.region) refuse_local_region();
    if (!find_replica(table, region)) refuse_unknown();
    Call there = call;
    there.region = region;
    const auto replica = co_await load_named_table(tx, Scope(there), table.name);
    check_removable(replica);
    auto planned = co_await remove_table(tx, there, worker, replica);
    remove_replica(table, region);
    for (auto& [other, rest] : co_await load_replicas(tx, Scope(call), table)) {
        remove_replica(rest, region);
        save_table(tx, {call.account, other}, rest);
    }
    co_return planned;
}

}  // namespace

Task<std::map<std::string, DescribedTable>> load_replicas(store::Transaction& tx, Scope scope, const Table& table) {
    std::map<std::string, DescribedTable> replicas;
    for (const auto& region : table.replicas) {
        replicas.emplace(region, co_await load_named_table(tx, {scope.account, region}, table.name));
    }
    co_return replicas;
}

Task<std::vector<Work>> update_replicas(store::Transaction& tx, const Call& call, Worker& worker, DescribedTable& table,
                                        const aws::dynamodb::UpdateTableInput& request) {
    const auto updates = request.ReplicaUpdates.value_or(std::vector<aws::dynamodb::ReplicationGroupUpdate>());
    int come_or_go = 0;
    for (const auto& update : updates) {
        if (update.Disassociate) throw aws::not_implemented("dynamodb", "UpdateTable", "ReplicaUpdates.Disassociate");
        const int given = update.Create.has_value() + update.Update.has_value() + update.Delete.has_value();
        if (given > 1) {
            throw aws::validation_error(
                "Update table operation with more than one type of replica actions not allowed");
        }
        if (given == 0) {
            // Unverified: the words.
            throw aws::validation_error("One of Create, Update or Delete must be specified in each of ReplicaUpdates");
        }
        come_or_go += update.Create || update.Delete;
    }
    // With strong consistency, regions come and go together.
    if (come_or_go > 1 && request.MultiRegionConsistency != "STRONG" &&
        table.description.MultiRegionConsistency != "STRONG") {
        throw aws::validation_error(
            "Update table operation with more than one create or delete replica actions not allowed");
    }
    co_await check_consistency_mode(tx, Scope(call), table, request);
    std::vector<Work> planned;
    for (const auto& update : updates) {
        if (update.Create) co_await create_replica(tx, call, table, *update.Create);
        if (update.Update) co_await update_replica(tx, call, table, *update.Update);
        if (!update.Delete) continue;
        std::ranges::move(co_await delete_replica(tx, call, worker, table, update.Delete->RegionName),
                          std::back_inserter(planned));
    }
    co_await describe_consistency_mode(tx, Scope(call), table, request);
    co_return planned;
}

Task<void> leave_replicas(store::Transaction& tx, Scope scope, const DescribedTable& table) {
    for (auto& [region, replica] : co_await load_replicas(tx, scope, table)) {
        remove_replica(replica, scope.region);
        save_table(tx, {scope.account, region}, replica);
    }
}

Task<bool> copy_replica(store::Transaction& tx, DueWork& work) {
    store::KeyReader reader(work.subject);
    const auto name = reader.text();
    const auto number = reader.unsigned_number();
    const auto region = reader.text();
    auto table = co_await find_table(tx, work.scope, name);
    if (!table || table->number != number || !find_replica(*table, region)) co_return true;
    const Scope there(work.scope.account, region);
    const auto replica = co_await load_table(tx, there, name);
    if (auto cursor = co_await copy_items(tx, work.scope, *table, there, replica, work.state)) {
        work.state = std::move(*cursor);
        co_return false;
    }
    co_await activate(tx, work.scope, *table, region);
    save_table(tx, work.scope, *table);
    co_return true;
}

}  // namespace cumulet::dynamodb
