// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-globaltable.html
#include "services/dynamodb/resources/global_table.h"

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

std::string view_of(const json::object& table) {
    return std::string(string_or(object_or_empty(table, "StreamSpecification"), "StreamViewType"));
}

class GlobalTableResource final : public contracts::ResourceType {
  public:
    explicit GlobalTableResource(contracts::Door& door) : calls_(door) {}
    std::string_view name() const override { return "AWS::DynamoDB::GlobalTable"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        check(call, properties);
        const std::string table(string_or(properties, "TableName", context.generated_name));
        const auto here = table_in(properties, replicas_of(properties).at(call.region));
        auto members = same_in_api(
            here, {"AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes", "BillingMode", "ProvisionedThroughput",
                   "OnDemandThroughput", "WarmThroughput", "TableClass", "DeletionProtectionEnabled"});
        members["TableName"] = table;
        if (const auto indexes = indexes_of(here); !indexes.empty()) {
            auto& list = members["GlobalSecondaryIndexes"].emplace_array();
            for (const auto& [name, index] : indexes) list.push_back(index);
        }
        if (const auto encryption = object_or_empty(here, "SSESpecification"); !encryption.empty()) {
            members["SSESpecification"] = encryption_in_api(encryption);
        }
        if (!view_of(here).empty()) {
            members["StreamSpecification"] = {{"StreamEnabled", true}, {"StreamViewType", view_of(here)}};
        }
        auto request = request_of<CreateTableInput>("CreateTable", members);
        request.Tags = TableCalls::tags_for(context, tags_of(here));
        co_await calls_.create(call, context, std::move(request));
        co_await set_more(call, table, {}, here);
        for (const auto& [region, replica] : replicas_of(properties)) {
            if (region != call.region) co_await add_replica(call, table, region, table_in(properties, replica));
        }
        co_return co_await calls_.describe(call, table);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"TableName", "KeySchema", "LocalSecondaryIndexes"}) ||
               redefines_attribute(before, after);
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        check(call, after);
        const auto old = replicas_of(before), wanted = replicas_of(after);
        for (const auto& [region, replica] : old) {
            if (!wanted.contains(region)) co_await change_replicas(call, physical_id, "Delete", region);
        }
        const auto was = table_in(before, old.at(call.region)), is = table_in(after, wanted.at(call.region));
        co_await calls_.set_throughput(call, physical_id, was, is);
        co_await calls_.set_indexes(call, physical_id, was, is);
        co_await calls_.set_alone(call, physical_id, was, is);
        co_await calls_.set_stream(call, physical_id, view_of(is));
        co_await set_more(call, physical_id, was, is);
        co_await calls_.set_tags(call, physical_id, tags_of(was), tags_of(is));
        for (const auto& [region, replica] : wanted) {
            if (region == call.region) continue;
            const auto known = old.find(region);
            if (known == old.end())
                co_await add_replica(call, physical_id, region, table_in(after, replica));
            else
                co_await set_replica(call, physical_id, region, table_in(before, known->second),
                                     table_in(after, replica));
        }
        co_return co_await calls_.describe(call, physical_id);
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id,
                      json::object properties) override {
        for (const auto& [region, replica] : replicas_of(properties)) {
            if (region == call.region) continue;
            try {
                co_await change_replicas(call, physical_id, "Delete", region);
            } catch (const aws::Error& error) {
                // The replica, or the table, is gone already.
                if (error.code != "ResourceNotFoundException" && error.code != "ValidationException") throw;
            }
        }
        co_await calls_.remove(call, std::move(physical_id));
    }

  private:
    void check(const Call& call, const json::object& properties) const {
        check_known(
            properties, name(),
            {"AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes",
             "Replicas", "SSESpecification", "StreamSpecification", "TableName", "TimeToLiveSpecification",
             "WarmThroughput", "WriteOnDemandThroughputSettings", "WriteProvisionedThroughputSettings"});
        if (!replicas_of(properties).contains(call.region)) {
            throw aws::validation_error(fmt::format("Replicas must contain the region of the stack, {}", call.region));
        }
    }

    Task<void> change_replicas(Call& call, std::string table, std::string_view action, std::string region) {
        json::object change;
        change[action] = {{"RegionName", region}};
        co_await calls_.update(call, table, {{"ReplicaUpdates", json::array{std::move(change)}}});
    }

    Task<void> add_replica(Call& call, std::string table, std::string region, json::object is) {
        co_await change_replicas(call, table, "Create", region);
        co_await set_replica(call, table, region, {}, std::move(is));
    }

    /// What a replica has of its own.
    Task<void> set_replica(Call& call, std::string table, std::string region, json::object was, json::object is) {
        auto there = call;
        there.region = std::move(region);
        was.erase("TimeToLiveSpecification");
        co_await calls_.set_alone(there, table, same_in_api(was, {"TableClass", "DeletionProtectionEnabled"}),
                                  same_in_api(is, {"TableClass", "DeletionProtectionEnabled"}));
        co_await calls_.set_recovery(there, table, was, is);
        co_await calls_.set_policies(there, table, was, is);
        co_await calls_.set_insights(there, table, was, is);
        co_await calls_.set_kinesis(there, table, was, is);
        co_await calls_.set_tags(there, table, tags_of(was), tags_of(is));
    }

    Task<void> set_more(Call& call, std::string table, json::object before, json::object after) {
        co_await calls_.set_time_to_live(call, table, object_or_empty(after, "TimeToLiveSpecification"));
        co_await calls_.set_recovery(call, table, before, after);
        co_await calls_.set_policies(call, table, before, after);
        co_await calls_.set_insights(call, table, before, after);
        co_await calls_.set_kinesis(call, table, before, after);
    }

    TableCalls calls_;
};

}  // namespace

std::unique_ptr<contracts::ResourceType> global_table_type(contracts::Door& door) {
    return std::make_unique<GlobalTableResource>(door);
}

}  // namespace cumulet::dynamodb
