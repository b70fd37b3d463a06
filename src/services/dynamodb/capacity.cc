#include "services/dynamodb/capacity.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t read_step_bytes = 4096;
constexpr size_t write_step_bytes = 1024;

double steps(size_t size_bytes, size_t step_bytes) {
    return static_cast<double>(std::max<size_t>(1, (size_bytes + step_bytes - 1) / step_bytes));
}

size_t size_of(const AttributeMap* item) { return item ? item->size_bytes() : 0; }

/// Units that a write costs in one index: an entry whose key changes is one deletion and one insertion.
double index_units(const Table& table, const Index& index, const AttributeMap* old, const AttributeMap* item) {
    const bool was = old && index.covers(old->view()), is = item && index.covers(item->view());
    const auto before = was ? table.projected(*old, index) : AttributeMap();
    const auto after = is ? table.projected(*item, index) : AttributeMap();
    if (!was && !is) return 0;
    if (was && is) {
        if (before == after) return 0;
        const bool moved = !index.key.all([&](std::string_view name) { return before.find(name) == after.find(name); });
        if (moved) return steps(before.size_bytes(), write_step_bytes) + steps(after.size_bytes(), write_step_bytes);
    }
    return steps(std::max(before.size_bytes(), after.size_bytes()), write_step_bytes);
}

}  // namespace

double read_units(size_t size_bytes, bool consistent) {
    return steps(size_bytes, read_step_bytes) * (consistent ? 1.0 : 0.5);
}

double write_units(const AttributeMap* old, const AttributeMap* item) {
    return steps(std::max(size_of(old), size_of(item)), write_step_bytes);
}

void Consumption::add_write(const Table& schema, const AttributeMap* old, const AttributeMap* item, double factor) {
    table += factor * write_units(old, item);
    for (const auto& index : schema.indexes) {
        const double units = factor * index_units(schema, index, old, item);
        if (units > 0) (index.global ? global_indexes : local_indexes)[index.name] += units;
    }
    for (const auto& index : schema.vectors) {
        const auto bytes = metered_write(index, schema.key, old, item);
        if (bytes > 0) vector_bytes[index.name] += static_cast<double>(bytes);
    }
}

void Consumption::add(const Consumption& other) {
    table += other.table;
    for (const auto& [name, units] : other.local_indexes) local_indexes[name] += units;
    for (const auto& [name, units] : other.global_indexes) global_indexes[name] += units;
    for (const auto& [name, bytes] : other.vector_bytes) vector_bytes[name] += bytes;
}

double Consumption::total() const {
    double sum = table;
    for (const auto& [name, units] : local_indexes) sum += units;
    for (const auto& [name, units] : global_indexes) sum += units;
    return sum;
}

std::optional<aws::dynamodb::ConsumedCapacity> Consumption::report(const std::optional<std::string>& mode,
                                                                   const std::string& table_name) const {
    if (!wants_capacity(mode)) return std::nullopt;
    aws::dynamodb::ConsumedCapacity capacity{.TableName = table_name, .CapacityUnits = total()};
    if (*mode != "INDEXES") return capacity;
    capacity.Table = {.CapacityUnits = table};
    const auto fill = [](auto& reported, const std::map<std::string, double>& indexes) {
        for (const auto& [name, units] : indexes) {
            if (!reported) reported.emplace();
            reported->emplace(name, aws::dynamodb::Capacity{.CapacityUnits = units});
        }
    };
    fill(capacity.LocalSecondaryIndexes, local_indexes);
    fill(capacity.GlobalSecondaryIndexes, global_indexes);
    for (const auto& [name, bytes] : vector_bytes) {
        if (!capacity.VectorIndexes) capacity.VectorIndexes.emplace();
        capacity.VectorIndexes->emplace(name, aws::dynamodb::VectorCapacity{.VectorWriteRequestBytes = bytes});
    }
    return capacity;
}

std::optional<aws::dynamodb::ItemCollectionMetrics> collection_metrics(const std::optional<std::string>& mode,
                                                                       const Table& table, AttributeView key) {
    const bool local = std::ranges::any_of(table.indexes, [](const Index& index) { return !index.global; });
    if (mode != "SIZE" || !local) return std::nullopt;
    std::string bytes;
    AttributeWriter writer(bytes);
    writer.begin(AttributeType::M);
    writer.key(table.key.hash);
    writer.value(key.find(table.key.hash));
    writer.end();
    return aws::dynamodb::ItemCollectionMetrics{.ItemCollectionKey = AttributeMap::from_bytes(std::move(bytes)),
                                                .SizeEstimateRangeGB = {{0.0, 1.0}}};
}

void CollectionMetrics::add(const Table& table, AttributeView key) {
    auto metrics = collection_metrics(mode_, table, key);
    if (!metrics) return;
    auto& known = by_table_[table.name];
    if (std::ranges::find(known, *metrics) == known.end()) known.push_back(std::move(*metrics));
}

std::optional<std::map<std::string, std::vector<aws::dynamodb::ItemCollectionMetrics>>> CollectionMetrics::report() && {
    if (by_table_.empty()) return std::nullopt;
    return std::move(by_table_);
}

bool wants_capacity(const std::optional<std::string>& mode) { return mode && *mode != "NONE"; }

}  // namespace cumulet::dynamodb
