// CreateTable, DescribeTable, ListTables, UpdateTable and DeleteTable.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html
#include "services/dynamodb/backups/removal.h"
#include "services/dynamodb/policies.h"
#include "services/dynamodb/replicas.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/streams/settings.h"
#include "services/dynamodb/tags.h"
#include "services/dynamodb/throughput.h"
#include "services/dynamodb/update_table.h"
#include "services/dynamodb/vectors/rows.h"
#include "store/paging.h"

namespace cumulet::dynamodb {

namespace {

constexpr int64_t counted_items = 10'000;
constexpr int64_t counted_bytes = 8 * 1024 * 1024;

}  // namespace

void describe_arns(const Call& call, DescribedTable& table, const std::string& id) {
    auto& description = table.description;
    description.TableArn = call.arn("dynamodb", "table/" + table.name);
    description.TableId = id;
    description.CreationDateTime = call.now();
    name_indexes(description);
    if (description.BillingModeSummary) {
        description.BillingModeSummary->LastUpdateToPayPerRequestDateTime = call.now();
    }
}

namespace {

/// What depends on the time of asking.
void refresh(TableDescription& description, Time now) {
    refresh_decreases(*description.ProvisionedThroughput, now);
    if (!description.GlobalSecondaryIndexes) return;
    for (auto& index : *description.GlobalSecondaryIndexes) refresh_decreases(*index.ProvisionedThroughput, now);
}

/// Also one that is still being created.
Task<DescribedTable> load_any_table(store::Transaction& tx, Scope scope, std::string name) {
    auto table = co_await find_table(tx, std::move(scope), name);
    if (!table) throw ResourceNotFoundException(fmt::format("Requested resource not found: Table: {} not found", name));
    co_return std::move(*table);
}

struct Counts {
    int64_t items = 0;
    int64_t size_bytes = 0;
};

size_t item_bytes(const std::string& stored) { return AttributeMap::from_bytes(stored).size_bytes(); }

/// How many rows a range has, and how large they are: `size_of` of each. Of many, how many there are at least: AWS's
/// own figures are hours old.
Task<Counts> count_rows(store::Transaction& tx, store::Range range, std::function<size_t(const std::string&)> size_of) {
    Counts counts;
    constexpr store::ScanOptions page{.limit = 1000, .max_bytes = counted_bytes};
    while (counts.items < counted_items && counts.size_bytes < counted_bytes) {
        const auto entries = co_await tx.scan(range, page);
        for (const auto& entry : entries) {
            ++counts.items;
            counts.size_bytes += static_cast<int64_t>(size_of(entry.value));
        }
        if (!store::cut_short(entries, page)) break;
        range = store::rest_after(std::move(range), entries.back().key, page.order);
    }
    co_return counts;
}

Task<Counts> count_items(store::Transaction& tx, Scope scope, const Table* table, const Index* index) {
    return count_rows(tx, scan_range(scope, *table, index, 0, 1), item_bytes);
}

Task<Counts> count_vectors(store::Transaction& tx, Scope scope, const VectorSchema* index) {
    return count_rows(tx, all_vectors(scope, *index), [index](const std::string& stored) {
        return metered_bytes(*index, VectorRow(*index, stored).rest);
    });
}

/// Puts the counts into what is told of the index `name`, if `indexes` tells of it.
template <typename Indexes>
void show_counts(std::optional<Indexes>& indexes, const std::string& name, const Counts& counts) {
    if (!indexes) return;
    for (auto& described : *indexes) {
        if (described.IndexName != name) continue;
        described.ItemCount = counts.items;
        described.IndexSizeBytes = counts.size_bytes;
    }
}

}  // namespace

Task<CreateTableOutput> Service::create_table(Call& call, CreateTableInput request) {
    DescribedTable described = table_of(request, call.region, call.account);
    const auto& stream = request.StreamSpecification;
    check_stream(StreamOf::new_table, stream);
    if (request.Tags) check_not_reserved(call, *request.Tags);
    describe_arns(call, described, call.random().uuid());
    const Scope scope(call);

    auto description = co_await store_.transact([&](store::Transaction& tx) -> Task<TableDescription> {
        if (const auto other = co_await find_schema(tx, scope, described.name)) {
            throw ResourceInUseException(
                fmt::format("Table {}: {}", other->creating ? "is being used" : "already exists", described.name));
        }
        DescribedTable table = described;
        if (stream && stream->StreamEnabled) co_await open_stream(tx, scope, table, *stream->StreamViewType);
        if (request.ResourcePolicy) {
            save_policy(tx, call, scope, "table/" + table.name, *request.ResourcePolicy);
        }
        co_await save_numbered(tx, scope, table);
        co_return std::move(table.description);
    });

    // The table is there already; callers of AWS expect that it takes a while.
    description.TableStatus = "CREATING";
    description.TableSizeBytes = 0;
    description.ItemCount = 0;
    description.WarmThroughput.reset();
    if (description.GlobalSecondaryIndexes) {
        for (auto& index : *description.GlobalSecondaryIndexes) {
            index.IndexStatus = "CREATING";
            index.WarmThroughput.reset();
        }
    }
    if (description.VectorIndexes) {
        for (auto& index : *description.VectorIndexes) index.IndexStatus = "CREATING";
    }
    co_return CreateTableOutput{.TableDescription = std::move(description)};
}

Task<DescribeTableOutput> Service::describe_table(Call& call, DescribeTableInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);

    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<DescribeTableOutput> {
        DescribedTable table = co_await load_any_table(tx, scope, name);
        const auto counts = co_await count_items(tx, scope, &table, nullptr);
        auto& description = table.description;
        refresh(description, call.now());
        description.ItemCount = counts.items;
        description.TableSizeBytes = counts.size_bytes;
        for (const auto& index : table.indexes) {
            const auto index_counts = co_await count_items(tx, scope, &table, &index);
            show_counts(description.LocalSecondaryIndexes, index.name, index_counts);
            show_counts(description.GlobalSecondaryIndexes, index.name, index_counts);
        }
        for (const auto& index : table.vectors) {
            show_counts(description.VectorIndexes, index.name, co_await count_vectors(tx, scope, &index));
        }
        co_return DescribeTableOutput{.Table = std::move(description)};
    });
}

Task<ListTablesOutput> Service::list_tables(Call& call, ListTablesInput request) {
    const Scope scope(call);
    const auto limit = static_cast<size_t>(request.Limit.value_or(100));
    const auto after = request.ExclusiveStartTableName.value_or("");

    auto names = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<std::string>> {
        co_return co_await dynamodb::list_tables(tx, scope, after, limit + 1);
    });

    ListTablesOutput output;
    if (names.size() > limit) {
        names.pop_back();
        output.LastEvaluatedTableName = names.back();
    }
    output.TableNames = std::move(names);
    co_return output;
}

namespace {

/// What UpdateTable may change here; the rest is refused by name.
void refuse_unbuilt(const UpdateTableInput& request) {
    const auto refuse = [](bool given, std::string_view what) {
        if (given) throw aws::not_implemented("dynamodb", "UpdateTable", what);
    };
    refuse(request.GlobalTableSettingsReplicationMode.has_value(), "GlobalTableSettingsReplicationMode");
    refuse(request.DisassociationProtectionEnabled.has_value(), "DisassociationProtectionEnabled");
}

/// Shows the units there were; the times are those of the change.
void show_units_before(aws::dynamodb::ProvisionedThroughputDescription& throughput,
                       const aws::dynamodb::ProvisionedThroughputDescription& before) {
    throughput.ReadCapacityUnits = before.ReadCapacityUnits;
    throughput.WriteCapacityUnits = before.WriteCapacityUnits;
    throughput.NumberOfDecreasesToday = before.NumberOfDecreasesToday;
}

void show_index_before(TableDescription& description, const TableDescription& before, std::string_view name) {
    for (auto& index : *description.GlobalSecondaryIndexes) {
        if (index.IndexName != name) continue;
        index.IndexStatus = "UPDATING";
        const auto was = std::ranges::find(*before.GlobalSecondaryIndexes, index.IndexName,
                                           [](const auto& each) { return each.IndexName; });
        show_units_before(*index.ProvisionedThroughput, *was->ProvisionedThroughput);
    }
}

/// What the answer tells beside the table as it is stored: on AWS the change is still under way, and some of what there
/// was is shown. The table's status tells of some changes only.
void show_under_way(TableDescription& description, const TableDescription& before, const UpdateTableInput& request,
                    const IndexWork& work) {
    if (request.BillingMode || request.ProvisionedThroughput || request.TableClass || request.StreamSpecification ||
        request.ReplicaUpdates || !work.build.empty() || !work.drop.empty()) {
        description.TableStatus = "UPDATING";
    }
    if (request.SSESpecification) {
        description.SSEDescription = before.SSEDescription.value_or(SSEDescription{});
        description.SSEDescription->Status = "UPDATING";
    }
    if (request.TableClass) description.TableClassSummary = before.TableClassSummary;
    if (request.ProvisionedThroughput && !request.BillingMode) {
        show_units_before(*description.ProvisionedThroughput, *before.ProvisionedThroughput);
    }
    if (request.GlobalSecondaryIndexUpdates && !request.BillingMode) {
        for (const auto& change : *request.GlobalSecondaryIndexUpdates) {
            if (!change.Update || !change.Update->ProvisionedThroughput) continue;
            show_index_before(description, before, change.Update->IndexName);
        }
    }
    const auto show_first_phase = [&](auto& indexes) {
        if (!indexes) return;
        for (auto& index : *indexes) {
            if (index.IndexName == work.build) index.Backfilling = false;
        }
    };
    show_first_phase(description.GlobalSecondaryIndexes);
    show_first_phase(description.VectorIndexes);
}

/// The number in keys of the table's index `name`, of whichever kind.
uint64_t number_of(const Table& table, const std::string& name) {
    const auto index = std::ranges::find(table.indexes, name, &Index::name);
    if (index != table.indexes.end()) return index->number;
    return std::ranges::find(table.vectors, name, &VectorSchema::name)->number;
}

/// What of a request holds for the table in all its regions.
UpdateTableInput shared_part(const UpdateTableInput& request) {
    return {.AttributeDefinitions = request.AttributeDefinitions,
            .TableName = request.TableName,
            .BillingMode = request.BillingMode,
            .ProvisionedThroughput = request.ProvisionedThroughput,
            .GlobalSecondaryIndexUpdates = request.GlobalSecondaryIndexUpdates,
            .OnDemandThroughput = request.OnDemandThroughput,
            .VectorIndexUpdates = request.VectorIndexUpdates};
}

}  // namespace

/// Applies to the table in this call's region what `request` says of it alone, and saves it. Adds the work that is to
/// begin after the commit.
Task<IndexWork> Service::change_table(store::Transaction& tx, Call& call, DescribedTable& table,
                                      UpdateTableInput request, std::vector<Work>& begun) {
    const Scope scope(call);
    const auto work = dynamodb::update_table(table, request, call.region, call.account, call.now());
    name_indexes(table.description);
    if (request.StreamSpecification) co_await update_stream(tx, scope, table, *request.StreamSpecification);
    co_await save_numbered(tx, scope, table);
    const auto begin = [&](std::string kind, const std::string& index) {
        begun.push_back(worker_.plan(tx, {.kind = std::move(kind),
                                          .scope = scope,
                                          .subject = table.name,
                                          .detail = std::to_string(number_of(table, index))}));
    };
    if (!work.build.empty()) begin("build index", work.build);
    if (!work.drop.empty()) begin("drop index", work.drop);
    co_return work;
}

Task<UpdateTableOutput> Service::update_table(Call& call, UpdateTableInput request) {
    check_update(request);
    check_stream(StreamOf::table, request.StreamSpecification);
    refuse_unbuilt(request);
    const Scope scope(call);
    const auto name = table_name(request.TableName);

    std::vector<Work> begun;
    auto description = co_await store_.transact([&](store::Transaction& tx) -> Task<TableDescription> {
        begun.clear();
        DescribedTable table = co_await load_named_table(tx, scope, name);
        if (request.ReplicaUpdates || request.MultiRegionConsistency || request.GlobalTableWitnessUpdates) {
            begun = co_await update_replicas(tx, call, worker_, table, request);
        }
        const auto before = table.description;
        for (auto& [region, replica] : co_await load_replicas(tx, scope, table)) {
            Call there = call;
            there.region = region;
            co_await change_table(tx, there, replica, shared_part(request), begun);
        }
        const auto work = co_await change_table(tx, call, table, request, begun);
        show_under_way(table.description, before, request, work);
        co_return std::move(table.description);
    });
    for (auto& each : begun) worker_.begin(std::move(each));
    co_return UpdateTableOutput{.TableDescription = std::move(description)};
}

namespace {

/// What DynamoDB still tells of a table that is being deleted.
TableDescription what_remains(TableDescription description, const Counts& counts) {
    description.TableStatus = "DELETING";
    description.ItemCount = counts.items;
    description.TableSizeBytes = counts.size_bytes;
    description.KeySchema.reset();
    description.AttributeDefinitions.reset();
    description.CreationDateTime.reset();
    description.LocalSecondaryIndexes.reset();
    description.GlobalSecondaryIndexes.reset();
    description.VectorIndexes.reset();
    return description;
}

}  // namespace

Task<DeleteTableOutput> Service::delete_table(Call& call, DeleteTableInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);

    // Counted apart, so that writers do not hold up the deletion.
    const auto counts = co_await store_.transact([&](store::Transaction& tx) -> Task<Counts> {
        const DescribedTable table = co_await load_any_table(tx, scope, name);
        co_return co_await count_items(tx, scope, &table, nullptr);
    });

    std::vector<Work> begun;
    auto description = co_await store_.transact([&](store::Transaction& tx) -> Task<TableDescription> {
        DescribedTable table = co_await load_any_table(tx, scope, name);
        check_removable(table);
        co_await leave_replicas(tx, scope, table);
        begun = co_await remove_table(tx, call, worker_, table);
        co_return what_remains(std::move(table.description), counts);
    });
    for (auto& work : begun) worker_.begin(std::move(work));
    co_return DeleteTableOutput{.TableDescription = std::move(description)};
}

}  // namespace cumulet::dynamodb
