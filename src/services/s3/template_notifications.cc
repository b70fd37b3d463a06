#include "services/s3/template_notifications.h"

#include "contracts/error.h"

namespace cumulet::s3 {
namespace {

using aws::s3::NotificationConfigurationFilter;

void only(const json::object& object, std::string_view what, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : object) {
        if (std::ranges::find(known, std::string_view(name)) != known.end()) continue;
        throw aws::validation_error(
            fmt::format("Encountered unsupported property {} in {}", std::string_view(name), what));
    }
}

const json::object& object_in(const json::value& value, std::string_view what) {
    if (const auto* object = value.if_object()) return *object;
    throw aws::validation_error(fmt::format("Value of property {} must be an object", what));
}

/// The elements of the list `name`, none if it is not there.
json::array list_in(const json::object& object, std::string_view name) {
    const auto* list = object.if_contains(name);
    if (!list) return {};
    if (!list->is_array()) throw aws::validation_error(fmt::format("Value of property {} must be of type List", name));
    return list->get_array();
}

std::string required(const json::object& object, std::string_view name, std::string_view what) {
    const auto* value = object.if_contains(name);
    if (!value || !value->is_string())
        throw aws::validation_error(fmt::format("Property {} of {} must be a string", name, what));
    return std::string(value->get_string());
}

std::optional<NotificationConfigurationFilter> filter_in(const json::object& configuration) {
    const auto* filter = configuration.if_contains("Filter");
    if (!filter) return std::nullopt;
    only(object_in(*filter, "Filter"), "Filter", {"S3Key"});
    const auto* key = find(*filter, "S3Key");
    if (!key) throw aws::validation_error("Property S3Key of Filter is required");
    NotificationConfigurationFilter made;
    auto& rules = made.Key.emplace().FilterRules.emplace();
    only(object_in(*key, "S3Key"), "S3Key", {"Rules"});
    for (const auto& rule : list_in(key->get_object(), "Rules")) {
        const auto& given = object_in(rule, "Rules");
        rules.push_back({.Name = required(given, "Name", "Rules"), .Value = required(given, "Value", "Rules")});
    }
    return made;
}

/// The configurations of one kind; `destination` is the member that names where they lead.
template <typename Configuration>
std::optional<std::vector<Configuration>> configurations(const json::object& wanted, std::string_view list,
                                                         std::string_view destination,
                                                         std::string Configuration::*arn) {
    std::vector<Configuration> made;
    for (const auto& element : list_in(wanted, list)) {
        const auto& given = object_in(element, list);
        only(given, list, {"Event", "Filter", destination});
        auto& configuration = made.emplace_back();
        configuration.*arn = required(given, destination, list);
        configuration.Events = {required(given, "Event", list)};
        configuration.Filter = filter_in(given);
    }
    return made.empty() ? std::nullopt : std::optional(std::move(made));
}

/// True unless the template turns it off.
bool has_event_bridge(const json::object& wanted) {
    const auto* bridge = wanted.if_contains("EventBridgeConfiguration");
    if (!bridge) return false;
    const auto* enabled = find(*bridge, "EventBridgeEnabled");
    return !enabled || (*enabled != json::value(false) && *enabled != json::value("false"));
}

}  // namespace

aws::s3::NotificationConfiguration template_notifications(const json::object& properties) {
    aws::s3::NotificationConfiguration made;
    const auto* given = properties.if_contains("NotificationConfiguration");
    if (!given) return made;
    const auto& wanted = object_in(*given, "NotificationConfiguration");
    only(wanted, "NotificationConfiguration",
         {"EventBridgeConfiguration", "LambdaConfigurations", "QueueConfigurations", "TopicConfigurations"});
    if (has_event_bridge(wanted)) made.EventBridgeConfiguration.emplace();
    made.QueueConfigurations =
        configurations(wanted, "QueueConfigurations", "Queue", &aws::s3::QueueConfiguration::QueueArn);
    made.TopicConfigurations =
        configurations(wanted, "TopicConfigurations", "Topic", &aws::s3::TopicConfiguration::TopicArn);
    made.LambdaFunctionConfigurations = configurations(wanted, "LambdaConfigurations", "Function",
                                                       &aws::s3::LambdaFunctionConfiguration::LambdaFunctionArn);
    return made;
}

}  // namespace cumulet::s3
