#include "services/dynamodb/resources/scaling.h"

#include "services/dynamodb/resources/properties.h"

namespace cumulet::dynamodb {

namespace {

json::object write_settings(const json::object& holder) {
    return object_or_empty(object_or_empty(holder, "WriteProvisionedThroughputSettings"),
                           "WriteCapacityAutoScalingSettings");
}

json::object read_settings(const json::object& holder) {
    return object_or_empty(object_or_empty(holder, "ReadProvisionedThroughputSettings"),
                           "ReadCapacityAutoScalingSettings");
}

/// The objects in a list of them.
std::vector<json::object> objects(const json::object& properties, std::string_view name) {
    std::vector<json::object> found;
    const auto* given = properties.if_contains(name);
    if (!given || !given->is_array()) return found;
    for (const auto& each : given->as_array()) {
        if (each.is_object()) found.push_back(each.as_object());
    }
    return found;
}

/// AutoScalingSettingsUpdate.
json::object in_api(const json::object& settings) {
    if (settings.empty()) return {{"AutoScalingDisabled", true}};
    json::object update;
    const auto copy = [&](std::string_view from, std::string_view to) {
        if (const auto* value = settings.if_contains(from)) update[to] = *value;
    };
    copy("MinCapacity", "MinimumUnits");
    copy("MaxCapacity", "MaximumUnits");
    constexpr std::string_view tracking = "TargetTrackingScalingPolicyConfiguration";
    if (const auto* policy = settings.if_contains(tracking)) {
        update["ScalingPolicyUpdate"].emplace_object()[tracking] = *policy;
    }
    return update;
}

json::array list_of(const json::object& holder, std::string_view member, auto settings_of) {
    json::array list;
    for (const auto& index : objects(holder, "GlobalSecondaryIndexes")) {
        json::object update{{"IndexName", string_or(index, "IndexName")}};
        update[member] = in_api(settings_of(index));
        list.push_back(std::move(update));
    }
    return list;
}

}  // namespace

std::map<std::string, json::object> scaling_settings(const json::object& properties) {
    std::map<std::string, json::object> all;
    const auto add = [&](std::string subject, json::object settings) {
        if (!settings.empty()) all.emplace(std::move(subject), std::move(settings));
    };
    add("write", write_settings(properties));
    for (const auto& index : objects(properties, "GlobalSecondaryIndexes")) {
        add(fmt::format("write {}", string_or(index, "IndexName")), write_settings(index));
    }
    for (const auto& replica : objects(properties, "Replicas")) {
        const auto subject = fmt::format("{} read", string_or(replica, "Region"));
        add(subject, read_settings(replica));
        for (const auto& index : objects(replica, "GlobalSecondaryIndexes")) {
            add(fmt::format("{} {}", subject, string_or(index, "IndexName")), read_settings(index));
        }
    }
    return all;
}

json::object scaling_members(const json::object& properties, const std::string& table) {
    json::object members{{"TableName", table}};
    members["ProvisionedWriteCapacityAutoScalingUpdate"] = in_api(write_settings(properties));
    auto indexes = list_of(properties, "ProvisionedWriteCapacityAutoScalingUpdate", write_settings);
    if (!indexes.empty()) members["GlobalSecondaryIndexUpdates"] = std::move(indexes);
    json::array replicas;
    for (const auto& replica : objects(properties, "Replicas")) {
        json::object update{{"RegionName", string_or(replica, "Region")}};
        update["ReplicaProvisionedReadCapacityAutoScalingUpdate"] = in_api(read_settings(replica));
        auto of_indexes = list_of(replica, "ProvisionedReadCapacityAutoScalingUpdate", read_settings);
        if (!of_indexes.empty()) update["ReplicaGlobalSecondaryIndexUpdates"] = std::move(of_indexes);
        replicas.push_back(std::move(update));
    }
    if (!replicas.empty()) members["ReplicaUpdates"] = std::move(replicas);
    return members;
}

}  // namespace cumulet::dynamodb
