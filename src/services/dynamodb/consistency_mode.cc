#include "services/dynamodb/consistency_mode.h"

#include "services/dynamodb/replicas.h"

namespace cumulet::dynamodb {

namespace {

using aws::dynamodb::GlobalTableWitnessDescription;
using aws::dynamodb::UpdateTableInput;

/// Beside the region that is asked.
constexpr size_t others_of_strong = 2;

// Unverified: the words of the refusals.
[[noreturn]] void refuse(std::string_view why) {
    throw aws::validation_error(fmt::format("One or more parameter values were invalid: {}", why));
}

struct Counts {
    size_t made = 0;
    size_t removed = 0;
    size_t witnesses_made = 0;
    size_t witnesses_removed = 0;
};

Counts count(const UpdateTableInput& request) {
    Counts counts;
    if (request.ReplicaUpdates) {
        for (const auto& update : *request.ReplicaUpdates) {
            counts.made += update.Create.has_value();
            counts.removed += update.Delete.has_value();
        }
    }
    if (request.GlobalTableWitnessUpdates) {
        for (const auto& update : *request.GlobalTableWitnessUpdates) {
            if (update.Create.has_value() == update.Delete.has_value()) {
                refuse("One of Create or Delete must be specified in each of GlobalTableWitnessUpdates");
            }
            counts.witnesses_made += update.Create.has_value();
            counts.witnesses_removed += update.Delete.has_value();
        }
    }
    return counts;
}

bool has_witness(const DescribedTable& table) {
    return table.description.GlobalTableWitnesses && !table.description.GlobalTableWitnesses->empty();
}

bool is_strong(const DescribedTable& table) { return table.description.MultiRegionConsistency == "STRONG"; }

/// A strong table comes and goes with all of its regions.
void check_change_of_strong(const DescribedTable& table, const Counts& counts) {
    if (counts.made || counts.witnesses_made) {
        refuse("Regions cannot be added to a global table with multi-Region strong consistency");
    }
    if (counts.removed == 0 && counts.witnesses_removed == 0) return;
    if (counts.removed != table.replicas.size() || counts.witnesses_removed != (has_witness(table) ? 1 : 0)) {
        refuse("All other Regions of a global table with multi-Region strong consistency must be removed together");
    }
}

Task<void> check_new_strong(store::Transaction& tx, Scope scope, const DescribedTable& table, Counts counts) {
    if (!table.replicas.empty()) refuse("The consistency mode of a global table cannot be changed");
    if (counts.made + counts.witnesses_made != others_of_strong || counts.made == 0) {
        refuse("Multi-Region strong consistency needs two replicas, or a replica and a witness, beside this Region");
    }
    if (std::ranges::any_of(table.indexes, [](const Index& index) { return !index.global; })) {
        refuse("Local secondary indexes are not supported with multi-Region strong consistency");
    }
    if (!table.time_to_live.empty()) refuse("Time to Live is not supported with multi-Region strong consistency");
    const auto items = co_await tx.scan(scan_range(scope, table, nullptr, 0, 1), {.limit = 1});
    if (!items.empty()) refuse("The table must be empty for multi-Region strong consistency");
}

void describe(DescribedTable& table, const UpdateTableInput& request) {
    auto& description = table.description;
    if (table.replicas.empty()) return;
    if (!description.MultiRegionConsistency) {
        description.MultiRegionConsistency = request.MultiRegionConsistency.value_or("EVENTUAL");
    }
    if (!request.GlobalTableWitnessUpdates) return;
    for (const auto& update : *request.GlobalTableWitnessUpdates) {
        if (!update.Create) continue;
        description.GlobalTableWitnesses = std::vector<GlobalTableWitnessDescription>{
            {.RegionName = update.Create->RegionName, .WitnessStatus = "ACTIVE"}};
    }
}

}  // namespace

Task<void> check_consistency_mode(store::Transaction& tx, Scope scope, const DescribedTable& table,
                                  const UpdateTableInput& request) {
    const auto counts = count(request);
    if (request.MultiRegionConsistency && counts.made == 0) {
        refuse("MultiRegionConsistency can only be specified where ReplicaUpdates creates replicas");
    }
    if (is_strong(table)) {
        check_change_of_strong(table, counts);
    } else if (request.MultiRegionConsistency == "STRONG") {
        co_await check_new_strong(tx, scope, table, counts);
    } else if (counts.witnesses_made || counts.witnesses_removed) {
        refuse("A witness is only supported with multi-Region strong consistency");
    }
}

Task<void> describe_consistency_mode(store::Transaction& tx, Scope scope, DescribedTable& table,
                                     const UpdateTableInput& request) {
    describe(table, request);
    for (auto& [region, replica] : co_await load_replicas(tx, scope, table)) {
        describe(replica, request);
        save_table(tx, {scope.account, region}, replica);
    }
}

}  // namespace cumulet::dynamodb
