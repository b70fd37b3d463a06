// AWS::Serverless::SimpleTable and AWS::Serverless::LayerVersion.

#include "services/cloudformation/sam/application.h"

namespace cumulet::cloudformation::sam {

void Application::simple_table(const std::string& id, const json::object& resource) {
    const auto* value = resource.if_contains("Properties");
    const auto given = value && value->is_object() ? value->get_object() : json::object();
    only(id, given,
         {"PrimaryKey", "ProvisionedThroughput", "TableName", "Tags", "SSESpecification",
          "PointInTimeRecoverySpecification"});

    json::value key_name = "id", key_type = "S";
    if (const auto* key = given.if_contains("PrimaryKey")) {
        if (const auto* name = find(*key, "Name")) key_name = *name;
        if (const auto* type = find(*key, "Type")) {
            if (*type == "String")
                key_type = "S";
            else if (*type == "Number")
                key_type = "N";
            else if (*type == "Binary")
                key_type = "B";
            else
                invalid(id, "Invalid 'PrimaryKey.Type' \"{}\".", json::serialize(*type));
        }
    }
    json::array attributes, schema;
    attributes.push_back(json::object{{"AttributeName", key_name}, {"AttributeType", key_type}});
    schema.push_back(json::object{{"AttributeName", key_name}, {"KeyType", "HASH"}});
    json::object properties{{"AttributeDefinitions", std::move(attributes)}, {"KeySchema", std::move(schema)}};
    if (const auto* throughput = given.if_contains("ProvisionedThroughput"))
        properties["ProvisionedThroughput"] = *throughput;
    else
        properties["BillingMode"] = "PAY_PER_REQUEST";
    copy(given, properties, {"TableName", "SSESpecification", "PointInTimeRecoverySpecification"});
    if (const auto* tags = given.if_contains("Tags"); tags && tags->is_object())
        properties["Tags"] = tag_list(&tags->get_object(), "");

    auto shared = shared_attributes(resource);
    copy(resource, shared, {"DependsOn", "Metadata"});
    add(id, "AWS::DynamoDB::Table", std::move(properties), shared);
}

void Application::layer_version(const std::string& id, const json::object& resource) {
    const auto* value = resource.if_contains("Properties");
    const auto given = value && value->is_object() ? value->get_object() : json::object();
    only(id, given,
         {"LayerName", "ContentUri", "Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo",
          "RetentionPolicy"});
    const auto* content = given.if_contains("ContentUri");
    if (!content) invalid(id, "Missing required property 'ContentUri'.");
    json::object properties{{"Content", code_location(id, "ContentUri", *content)}};
    const auto* name = given.if_contains("LayerName");
    properties["LayerName"] = name ? *name : json::value(json::string(id));
    copy(given, properties, {"Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo"});

    auto attributes = shared_attributes(resource);
    const auto* retention = given.if_contains("RetentionPolicy");
    attributes.insert_or_assign("DeletionPolicy", retention && *retention == "Delete" ? "Delete" : "Retain");
    copy(resource, attributes, {"DependsOn", "Metadata"});
    // A layer version never changes, so its name follows its content.
    const auto version_id = id + content_suffix(resource);
    renamed_[id] = version_id;
    add(version_id, "AWS::Lambda::LayerVersion", std::move(properties), attributes);
}

}  // namespace cumulet::cloudformation::sam
