#include "services/dynamodb/resources/properties.h"

namespace cumulet::dynamodb {

void check_known(const json::object& properties, std::string_view type, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : properties) {
        if (std::ranges::find(known, std::string_view(name)) != known.end()) continue;
        throw aws::validation_error(
            fmt::format("Encountered unsupported property {} of {}", std::string_view(name), type));
    }
}

json::object same_in_api(const json::object& properties, std::initializer_list<std::string_view> names) {
    json::object taken;
    for (const auto name : names) {
        if (const auto* value = properties.if_contains(name)) taken[name] = *value;
    }
    return taken;
}

json::object object_or_empty(const json::object& properties, std::string_view name) {
    const auto* value = properties.if_contains(name);
    return value && value->is_object() ? value->as_object() : json::object();
}

bool is_true(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (!value) return false;
    return (value->is_bool() && value->as_bool()) || (value->is_string() && value->as_string() == "true");
}

json::object encryption_in_api(const json::object& given) {
    json::object renamed = given;
    if (const auto* enabled = given.if_contains("SSEEnabled")) {
        renamed["Enabled"] = *enabled;
        renamed.erase("SSEEnabled");
    }
    return renamed;
}

std::map<std::string, std::string> tags_of(const json::object& properties) {
    std::map<std::string, std::string> tags;
    const auto* given = properties.if_contains("Tags");
    if (!given || !given->is_array()) return tags;
    for (const auto& tag : given->as_array()) {
        if (!tag.is_object()) continue;
        tags[std::string(string_or(tag.as_object(), "Key"))] = string_or(tag.as_object(), "Value");
    }
    return tags;
}

namespace {

std::map<std::string, json::object> by_name(const json::object& properties, std::string_view member) {
    std::map<std::string, json::object> indexes;
    const auto* given = properties.if_contains(member);
    if (!given || !given->is_array()) return indexes;
    for (const auto& index : given->as_array()) {
        if (index.is_object()) indexes.emplace(string_or(index.as_object(), "IndexName"), index.as_object());
    }
    return indexes;
}

}  // namespace

std::map<std::string, json::object> indexes_of(const json::object& properties) {
    auto indexes = by_name(properties, "GlobalSecondaryIndexes");
    for (auto& [name, index] : indexes) index.erase("ContributorInsightsSpecification");
    return indexes;
}

std::map<std::string, json::object> vector_indexes_of(const json::object& properties) {
    return by_name(properties, "VectorIndexes");
}

std::string view_of(const json::object& properties) {
    return std::string(string_or(object_or_empty(properties, "StreamSpecification"), "StreamViewType"));
}

json::object schema_in_api(const json::object& properties, const std::string& table) {
    auto members = same_in_api(properties, {"AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput",
                                            "OnDemandThroughput", "VectorIndexes"});
    const auto indexes = indexes_of(properties);
    if (!indexes.empty()) {
        auto& list = members["GlobalSecondaryIndexes"].emplace_array();
        for (const auto& [name, index] : indexes) list.push_back(index);
    }
    const auto encryption = object_or_empty(properties, "SSESpecification");
    if (!encryption.empty()) members["SSESpecification"] = encryption_in_api(encryption);
    members["TableName"] = table;
    return members;
}

json::object table_in_api(const json::object& properties, const std::string& table) {
    auto members = schema_in_api(properties, table);
    for (const std::string_view name :
         {"LocalSecondaryIndexes", "TableClass", "DeletionProtectionEnabled", "WarmThroughput"}) {
        if (const auto* value = properties.if_contains(name)) members[name] = *value;
    }
    if (const auto view = view_of(properties); !view.empty()) {
        members["StreamSpecification"] = {{"StreamEnabled", true}, {"StreamViewType", view}};
    }
    return members;
}

bool other_index(const json::object& before, const json::object& after) {
    return contracts::any_differs(before, after, {"KeySchema", "Projection"});
}

bool redefines_attribute(const json::object& before, const json::object& after) {
    const auto types = [](const json::object& properties) {
        std::map<std::string, std::string> types;
        const auto* definitions = properties.if_contains("AttributeDefinitions");
        if (!definitions || !definitions->is_array()) return types;
        for (const auto& definition : definitions->as_array()) {
            if (!definition.is_object()) continue;
            types[std::string(string_or(definition.as_object(), "AttributeName"))] =
                string_or(definition.as_object(), "AttributeType");
        }
        return types;
    };
    const auto was = types(before), is = types(after);
    return std::ranges::any_of(was, [&](const auto& definition) {
        const auto now = is.find(definition.first);
        return now != is.end() && now->second != definition.second;
    });
}

}  // namespace cumulet::dynamodb
