// Events of type S3: a bucket of the same template tells the function of its objects.
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-s3.html

#include "services/cloudformation/sam/application.h"

namespace cumulet::cloudformation::sam {
namespace {

/// The object `name` of `parent`, made if it is not there.
json::object& object_at(json::object& parent, std::string_view name) {
    auto& value = parent[name];
    if (!value.is_object()) value.emplace_object();
    return value.get_object();
}
json::array& array_at(json::object& parent, std::string_view name) {
    auto& value = parent[name];
    if (!value.is_array()) value.emplace_array();
    return value.get_array();
}

/// S3 asks the function's policy when the bucket gets its notifications, so the permission must be there first.
void depend_on(json::object& bucket, std::string_view id, const std::string& permission) {
    auto& depends = bucket["DependsOn"];
    if (depends.is_null()) depends.emplace_array();
    if (depends.is_string()) depends = json::array{depends};
    if (!depends.is_array()) invalid(id, "Invalid type for field 'DependsOn'. Expected a string or list of strings.");
    auto& list = depends.get_array();
    if (std::ranges::find(list, json::value(permission)) == list.end()) list.emplace_back(permission);
}

/// DependsOn cannot have a condition, a tag's value can, and it names what it comes after just as well.
void depend_by_tag(json::object& bucket, const json::value& condition, const std::string& permission) {
    array_at(object_at(bucket, "Properties"), "Tags")
        .push_back(json::object{
            {"Key", "sam:ConditionalDependsOn:" + permission},
            {"Value", json::object{{"Fn::If", json::array{condition, reference_to(permission), "no dependency"}}}}});
}

json::array event_types(const Function& function, const std::string& event, const json::object& properties) {
    const auto* types = properties.if_contains("Events");
    if (!types) invalid(function.id, "Event with id [{}] is invalid. Missing required property 'Events'.", event);
    if (types->is_string()) return json::array{*types};
    if (!types->is_array())
        invalid(function.id, "Event with id [{}] is invalid. Property 'Events' should be a string or a list.", event);
    return types->get_array();
}

}  // namespace

json::object& Application::bucket_of(const Function& function, const std::string& event,
                                     const json::object& properties) {
    const auto* named = properties.if_contains("Bucket");
    if (!named) invalid(function.id, "Event with id [{}] is invalid. Missing required property 'Bucket'.", event);
    const auto* reference = find(*named, "Ref");
    const auto id = reference && reference->is_string() ? std::string(reference->get_string()) : "";
    if (const auto known = buckets_.find(id); known != buckets_.end()) return known->second;
    const auto* resource = document_.at("Resources").get_object().if_contains(id);
    if (!resource || !resource->is_object() || string_or(resource->get_object(), "Type") != "AWS::S3::Bucket") {
        invalid(function.id,
                "Event with id [{}] is invalid. S3 events must reference an S3 bucket in the same template.", event);
    }
    return buckets_.emplace(id, resource->get_object()).first->second;
}

void Application::bucket_event(Function& function, const std::string& event, const json::object& properties) {
    only(function.id, properties, {"Bucket", "Events", "Filter"});
    auto& bucket = bucket_of(function, event, properties);
    const auto permission_id = fmt::format("{}{}Permission", function.id, event);
    add(permission_id, "AWS::Lambda::Permission",
        json::object{{"Action", "lambda:InvokeFunction"},
                     {"FunctionName", function.reference()},
                     {"Principal", "s3.amazonaws.com"},
                     {"SourceAccount", reference_to("AWS::AccountId")}},
        function.attributes);
    const auto* condition = function.attributes.if_contains("Condition");
    if (condition) {
        depend_by_tag(bucket, *condition, permission_id);
    } else {
        depend_on(bucket, function.id, permission_id);
    }

    auto& configurations =
        array_at(object_at(object_at(bucket, "Properties"), "NotificationConfiguration"), "LambdaConfigurations");
    for (const auto& type : event_types(function, event, properties)) {
        json::object configuration{{"Function", function.arn()}, {"Event", type}};
        copy(properties, configuration, {"Filter"});
        json::value made = std::move(configuration);
        if (condition) made = json::object{{"Fn::If", json::array{*condition, made, reference_to("AWS::NoValue")}}};
        if (std::ranges::find(configurations, made) == configurations.end()) configurations.push_back(std::move(made));
    }
}

void Application::write_buckets() {
    for (auto& [id, bucket] : buckets_) resources_.at(id) = std::move(bucket);
}

}  // namespace cumulet::cloudformation::sam
