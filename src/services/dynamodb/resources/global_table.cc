// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-globaltable.html
#include "services/dynamodb/resources/global_table.h"

#include "services/dynamodb/resources/scaling.h"
#include "services/dynamodb/resources/table_calls.h"

namespace cumulet::dynamodb {

namespace {

using namespace aws::dynamodb;

/// The replicas' properties by region.
std::map<std::string, json::object> replicas_of(const json::object& properties) {
    std::map<std::string, json::object> replicas;
    const auto* given = properties.if_contains("Replicas");
    if (!given || !given->is_array()) return replicas;
    for (const auto& replica : given->as_array()) {
        if (replica.is_object()) replicas.emplace(string_or(replica.as_object(), "Region"), replica.as_object());
    }
    return replicas;
}

/// Units of settings that fix them, or of those that scale by themselves: what they begin with.
json::value units_of(const json::object& settings, std::string_view fixed, std::string_view scaled) {
    if (const auto* units = settings.if_contains(fixed)) return *units;
    const auto scaling = object_or_empty(settings, scaled);
    if (const auto* seed = scaling.if_contains("SeedCapacity")) return *seed;
    if (const auto* least = scaling.if_contains("MinCapacity")) return *least;
    return nullptr;
}

bool provisioned(const json::object& properties) {
    return string_or(properties, "BillingMode", "PROVISIONED") == "PROVISIONED";
}

json::object throughput_of(const json::object& writes, const json::object& reads) {
    return {{"ReadCapacityUnits", units_of(object_or_empty(reads, "ReadProvisionedThroughputSettings"),
                                           "ReadCapacityUnits", "ReadCapacityAutoScalingSettings")},
            {"WriteCapacityUnits", units_of(object_or_empty(writes, "WriteProvisionedThroughputSettings"),
                                            "WriteCapacityUnits", "WriteCapacityAutoScalingSettings")}};
}

json::object on_demand_of(const json::object& writes, const json::object& reads) {
    json::object throughput;
    const auto add = [&](const json::object& from, std::string_view settings, std::string_view name) {
        const auto given = object_or_empty(from, settings);
        if (const auto* units = given.if_contains(name)) throughput[name] = *units;
    };
    add(reads, "ReadOnDemandThroughputSettings", "MaxReadRequestUnits");
    add(writes, "WriteOnDemandThroughputSettings", "MaxWriteRequestUnits");
    return throughput;
}

json::object index_of_replica(const json::object& replica, std::string_view name) {
    const auto* indexes = replica.if_contains("GlobalSecondaryIndexes");
    if (!indexes || !indexes->is_array()) return {};
    for (const auto& index : indexes->as_array()) {
        if (index.is_object() && string_or(index.as_object(), "IndexName") == name) return index.as_object();
    }
    return {};
}

/// The table of one region, in the properties of AWS::DynamoDB::Table.
json::object table_in(const json::object& properties, const json::object& replica) {
    auto table = same_in_api(properties, {"AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes", "BillingMode",
                                          "WarmThroughput", "StreamSpecification", "TimeToLiveSpecification"});
    for (const std::string_view name :
         {"TableClass", "DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "ResourcePolicy", "Tags",
          "ContributorInsightsSpecification", "KinesisStreamSpecification"}) {
        if (const auto* value = replica.if_contains(name)) table[name] = *value;
    }
    // Replicas need a stream, as long as there are any.
    if (replicas_of(properties).size() > 1 && !table.contains("StreamSpecification")) {
        table["StreamSpecification"] = {{"StreamViewType", "NEW_AND_OLD_IMAGES"}};
    }
    auto encryption = object_or_empty(properties, "SSESpecification");
    for (const auto& [name, value] : object_or_empty(replica, "SSESpecification")) encryption[name] = value;
    if (!encryption.empty()) table["SSESpecification"] = std::move(encryption);
    if (const auto policy = object_or_empty(replica, "ReplicaStreamSpecification"); !policy.empty()) {
        auto stream = object_or_empty(properties, "StreamSpecification");
        stream["ResourcePolicy"] = object_or_empty(policy, "ResourcePolicy");
        table["StreamSpecification"] = std::move(stream);
    }
    if (provisioned(properties)) table["ProvisionedThroughput"] = throughput_of(properties, replica);
    if (auto maximums = on_demand_of(properties, replica); !maximums.empty()) {
        table["OnDemandThroughput"] = std::move(maximums);
    }
    json::array indexes;
    for (const auto& [name, given] : indexes_of(properties)) {
        auto index = same_in_api(given, {"IndexName", "KeySchema", "Projection", "WarmThroughput"});
        const auto own = index_of_replica(replica, name);
        if (provisioned(properties)) index["ProvisionedThroughput"] = throughput_of(given, own);
        if (auto maximums = on_demand_of(given, own); !maximums.empty())
            index["OnDemandThroughput"] = std::move(maximums);
        if (const auto* insights = own.if_contains("ContributorInsightsSpecification")) {
            index["ContributorInsightsSpecification"] = *insights;
        }
        indexes.push_back(std::move(index));
    }
    if (!indexes.empty()) table["GlobalSecondaryIndexes"] = std::move(indexes);
    return table;
}

/// The regions that hold the table beside its own, and those of its witnesses.
struct Regions {
    std::set<std::string> replicas;
    std::set<std::string> witnesses;

    static Regions of(const json::object& properties, const std::string& own) {
        Regions regions;
        for (const auto& [region, replica] : replicas_of(properties)) regions.replicas.insert(region);
        regions.replicas.erase(own);
        const auto* given = properties.if_contains("GlobalTableWitnesses");
        if (!given || !given->is_array()) return regions;
        for (const auto& witness : given->as_array()) {
            if (witness.is_object()) regions.witnesses.emplace(string_or(witness.as_object(), "Region"));
        }
        return regions;
    }
    static Regions of(const TableDescription& table) {
        Regions regions;
        for (const auto& replica : table.Replicas.value_or(std::vector<ReplicaDescription>())) {
            regions.replicas.insert(*replica.RegionName);
        }
        for (const auto& witness : table.GlobalTableWitnesses.value_or(std::vector<GlobalTableWitnessDescription>())) {
            regions.witnesses.insert(*witness.RegionName);
        }
        return regions;
    }
    Regions without(const Regions& others) const {
        auto rest = *this;
        for (const auto& region : others.replicas) rest.replicas.erase(region);
        for (const auto& region : others.witnesses) rest.witnesses.erase(region);
        return rest;
    }
    /// UpdateTable's members that create or delete them: one by one, or for strong consistency all at once.
    std::vector<json::object> steps(std::string_view action, std::string_view mode) const {
        if (replicas.empty() && witnesses.empty()) return {};
        if (mode == "STRONG") return {members(action)};
        std::vector<json::object> steps;
        for (const auto& region : replicas)
            steps.push_back(Regions{.replicas = {region}, .witnesses = {}}.members(action));
        if (!witnesses.empty()) steps.push_back(Regions{.replicas = {}, .witnesses = witnesses}.members(action));
        return steps;
    }

  private:
    json::object members(std::string_view action) const {
        const auto list_of = [&](const std::set<std::string>& regions) {
            json::array list;
            for (const auto& region : regions) {
                json::object change;
                change[action] = {{"RegionName", region}};
                list.push_back(std::move(change));
            }
            return list;
        };
        json::object members;
        if (!replicas.empty()) members["ReplicaUpdates"] = list_of(replicas);
        if (!witnesses.empty()) members["GlobalTableWitnessUpdates"] = list_of(witnesses);
        return members;
    }
};

class GlobalTableResource final : public contracts::ResourceType {
  public:
    explicit GlobalTableResource(contracts::Door& door) : calls_(door) {}
    std::string_view name() const override { return "AWS::DynamoDB::GlobalTable"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        check(call, properties);
        const std::string table(string_or(properties, "TableName", context.generated_name));
        const auto replicas = replicas_of(properties);
        co_await calls_.create(call, context, table, table_in(properties, replicas.at(call.region)));
        co_await add_regions(call, table, properties);
        co_await set_replicas(call, table, {}, properties);
        co_return co_await calls_.describe(call, table);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"TableName", "KeySchema", "LocalSecondaryIndexes"}) ||
               redefines_attribute(before, after);
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        check(call, after);
        const auto gone = Regions::of(before, call.region).without(Regions::of(after, call.region));
        co_await remove_regions(call, physical_id, gone);
        co_await calls_.change(call, context, physical_id, table_in(before, replicas_of(before).at(call.region)),
                               table_in(after, replicas_of(after).at(call.region)));
        co_await add_regions(call, physical_id, after);
        co_await set_replicas(call, physical_id, before, after);
        co_return co_await calls_.describe(call, physical_id);
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        const auto table = co_await calls_.find(call, physical_id);
        if (!table) co_return;
        co_await calls_.wait_until_at_rest(call, physical_id);
        co_await remove_regions(call, physical_id, Regions::of(*table));
        co_await calls_.remove(call, std::move(physical_id));
    }

  private:
    void check(const Call& call, const json::object& properties) const {
        check_known(properties, name(),
                    {"AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "GlobalTableWitnesses",
                     "KeySchema", "LocalSecondaryIndexes", "MultiRegionConsistency", "Replicas", "SSESpecification",
                     "StreamSpecification", "TableName", "TimeToLiveSpecification", "WarmThroughput",
                     "WriteOnDemandThroughputSettings", "WriteProvisionedThroughputSettings"});
        if (!replicas_of(properties).contains(call.region)) {
            throw aws::validation_error(fmt::format("Replicas must contain the region of the stack, {}", call.region));
        }
    }

    /// Those that are there, together: strong consistency is had with all regions or with none.
    Task<void> remove_regions(Call& call, std::string table, Regions wanted) {
        const auto described = co_await calls_.find(call, table);
        if (!described) co_return;
        const auto there = Regions::of(*described);
        const auto mode = described->MultiRegionConsistency.value_or("");
        for (auto& members : there.without(there.without(wanted)).steps("Delete", mode)) {
            co_await calls_.update(call, table, std::move(members));
        }
    }

    /// Those that are not there yet, together.
    Task<void> add_regions(Call& call, std::string table, json::object properties) {
        const auto described = co_await calls_.find(call, table);
        if (!described) co_return;
        const auto made = Regions::of(properties, call.region).without(Regions::of(*described));
        const std::string mode(string_or(properties, "MultiRegionConsistency"));
        for (auto& members : made.steps("Create", mode)) {
            if (!mode.empty()) members["MultiRegionConsistency"] = mode;
            co_await calls_.update(call, table, std::move(members));
        }
    }

    /// What replicas have of their own, and what auto scaling is told of all regions.
    Task<void> set_replicas(Call& call, std::string table, json::object before, json::object after) {
        const auto old = replicas_of(before);
        for (const auto& [region, replica] : replicas_of(after)) {
            if (region == call.region) continue;
            const auto known = old.find(region);
            const auto was = known == old.end() ? json::object() : table_in(before, known->second);
            co_await set_replica(call, table, region, was, table_in(after, replica));
        }
        // DynamoDB knows it of global tables only.
        const bool global = Regions::of(after, call.region).replicas.size() > 0;
        if (!global || !provisioned(after) || scaling_settings(before) == scaling_settings(after)) co_return;
        co_await calls_.set_scaling(call, scaling_members(after, table));
    }

    Task<void> set_replica(Call& call, std::string table, std::string region, json::object was, json::object is) {
        auto there = call;
        there.region = std::move(region);
        co_await calls_.set_alone(there, table, same_in_api(was, {"TableClass", "DeletionProtectionEnabled"}),
                                  same_in_api(is, {"TableClass", "DeletionProtectionEnabled"}));
        co_await calls_.set_beside(there, table, was, is);
        co_await calls_.set_tags(there, table, tags_of(was), tags_of(is));
    }

    TableCalls calls_;
};

}  // namespace

std::unique_ptr<contracts::ResourceType> global_table_type(contracts::Door& door) {
    return std::make_unique<GlobalTableResource>(door);
}

}  // namespace cumulet::dynamodb
