#include "services/s3/notification.h"

#include <set>

#include "base/bytes.h"

namespace cumulet::s3 {
namespace {

constexpr size_t most_rules = 100;
constexpr size_t longest_id_bytes = 255;
constexpr size_t longest_filter_bytes = 1024;

/// All that AWS lets callers ask for. What no operation here does never happens.
constexpr std::string_view event_types[] = {"s3:ReducedRedundancyLostObject",
                                            "s3:ObjectCreated:*",
                                            "s3:ObjectCreated:Put",
                                            "s3:ObjectCreated:Post",
                                            "s3:ObjectCreated:Copy",
                                            "s3:ObjectCreated:CompleteMultipartUpload",
                                            "s3:ObjectRemoved:*",
                                            "s3:ObjectRemoved:Delete",
                                            "s3:ObjectRemoved:DeleteMarkerCreated",
                                            "s3:ObjectRestore:*",
                                            "s3:ObjectRestore:Post",
                                            "s3:ObjectRestore:Completed",
                                            "s3:ObjectRestore:Delete",
                                            "s3:Replication:*",
                                            "s3:Replication:OperationFailedReplication",
                                            "s3:Replication:OperationNotTracked",
                                            "s3:Replication:OperationMissedThreshold",
                                            "s3:Replication:OperationReplicatedAfterThreshold",
                                            "s3:LifecycleTransition",
                                            "s3:IntelligentTiering",
                                            "s3:ObjectAcl:Put",
                                            "s3:LifecycleExpiration:*",
                                            "s3:LifecycleExpiration:Delete",
                                            "s3:LifecycleExpiration:DeleteMarkerCreated",
                                            "s3:ObjectTagging:*",
                                            "s3:ObjectTagging:Put",
                                            "s3:ObjectTagging:Delete",
                                            "s3:ObjectAnnotation:*",
                                            "s3:ObjectAnnotation:Put",
                                            "s3:ObjectAnnotation:Delete",
                                            "s3:ObjectRetention:Put"};

/// What a kind of destination is called.
struct Kind {
    std::string_view service;
    std::string_view member;  ///< that has the ARN
};
constexpr Kind topic{"sns", "TopicArn"};
constexpr Kind queue{"sqs", "QueueArn"};
constexpr Kind function{"lambda", "LambdaFunctionArn"};

Detailed<> invalid(std::string message) { return error("InvalidArgument", std::move(message)); }

void check_destination(const std::string& text, const Kind& kind, std::string_view region) {
    const auto arn = Arn::parse(text);
    const bool whole = arn && arn->service == kind.service && !arn->region.empty() && arn->account.size() == 12 &&
                       !arn->resource.empty() && (kind.service != "lambda" || arn->resource.starts_with("function:"));
    if (!whole) throw invalid_argument("The ARN could not be parsed", std::string(kind.member), text);
    if (arn->resource.ends_with(".fifo")) {
        // Unverified: the words about topics.
        throw invalid(kind.service == "sqs" ? "FIFO SQS queues are not supported."
                                            : "FIFO SNS topics are not supported.");
    }
    if (arn->region != region) {
        throw invalid_argument(
            "The notification destination service region is not valid for the bucket location constraint",
            std::string(kind.member), text);
    }
}

/// True if `pattern` is `event`, or ends in a wildcard that stands for it.
bool covers(std::string_view pattern, std::string_view event) {
    if (!pattern.ends_with(":*")) return pattern == event;
    return event.starts_with(pattern.substr(0, pattern.size() - 1));
}

Detailed<> overlap() {
    return invalid("Configurations overlap. Configurations on the same bucket cannot share a common event type.");
}

void check_events(const std::vector<std::string>& events) {
    if (events.empty()) throw malformed_xml();
    for (size_t i = 0; i < events.size(); ++i) {
        if (std::ranges::find(event_types, events[i]) == std::end(event_types)) {
            throw invalid_argument("The event is not supported for notifications", "Event", events[i]);
        }
        for (size_t j = 0; j < i; ++j) {
            // Unverified: that this holds within one configuration, too.
            if (covers(events[i], events[j]) || covers(events[j], events[i])) throw overlap();
        }
    }
}

std::vector<NotificationRule::Filter> checked_filters(
    const std::optional<aws::s3::NotificationConfigurationFilter>& wanted) {
    std::vector<NotificationRule::Filter> filters;
    if (!wanted || !wanted->Key || !wanted->Key->FilterRules) return filters;
    for (const auto& rule : *wanted->Key->FilterRules) {
        if (!rule.Name || !rule.Value) throw malformed_xml();
        const bool prefix = equal_ignoring_case(*rule.Name, "prefix");
        if (!prefix && !equal_ignoring_case(*rule.Name, "suffix")) {
            throw invalid_argument("filter rule name must be either prefix or suffix", "FilterRule.Name", *rule.Name);
        }
        if (rule.Value->size() > longest_filter_bytes) {
            throw invalid_argument("Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation",
                                   "FilterRule.Value", *rule.Value);
        }
        NotificationRule::Filter filter{prefix ? "Prefix" : "Suffix", *rule.Value};
        if (std::ranges::find(filters, filter.name, &NotificationRule::Filter::name) != filters.end()) {
            throw invalid(
                fmt::format("Cannot specify more than one {} rule in a filter.", prefix ? "prefix" : "suffix"));
        }
        filters.push_back(std::move(filter));
    }
    return filters;
}

/// What keys begin or end with that a rule takes.
std::string filter_value(const NotificationRule& rule, std::string_view name) {
    const auto found = std::ranges::find(rule.filters, name, &NotificationRule::Filter::name);
    return found == rule.filters.end() ? "" : percent_decode(found->value, true);
}

bool share_event(const NotificationRule& one, const NotificationRule& other) {
    return std::ranges::any_of(one.events, [&](const auto& mine) {
        return std::ranges::any_of(other.events,
                                   [&](const auto& its) { return covers(mine, its) || covers(its, mine); });
    });
}

bool share_key(const NotificationRule& one, const NotificationRule& other) {
    const auto prefixes = std::pair(filter_value(one, "Prefix"), filter_value(other, "Prefix"));
    const auto suffixes = std::pair(filter_value(one, "Suffix"), filter_value(other, "Suffix"));
    return (prefixes.first.starts_with(prefixes.second) || prefixes.second.starts_with(prefixes.first)) &&
           (suffixes.first.ends_with(suffixes.second) || suffixes.second.ends_with(suffixes.first));
}

/// Throws where an event of a key would fall under two rules.
void check_overlap(const std::vector<NotificationRule>& rules) {
    for (size_t i = 0; i < rules.size(); ++i) {
        for (size_t j = 0; j < i; ++j) {
            if (!share_event(rules[i], rules[j]) || !share_key(rules[i], rules[j])) continue;
            if (rules[i].filters.empty() && rules[j].filters.empty()) throw overlap();
            throw invalid(
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes "
                "are overlapping for the same event type.");
        }
    }
}

void check_ids(const std::vector<NotificationRule>& rules) {
    std::set<std::string_view> ids;
    for (const auto& rule : rules) {
        if (rule.id.size() > longest_id_bytes) throw invalid("ID length exceeded allowed limit of 255");
        if (!ids.insert(rule.id).second) {
            throw invalid("Same ID used for multiple configurations. IDs must be unique.");
        }
    }
}

/// Adds the rules of one kind of destination. `arn` is the member that names it.
template <typename Wanted, typename ArnMember>
void add(std::vector<NotificationRule>& rules, const std::optional<std::vector<Wanted>>& wanted, ArnMember arn,
         const Kind& kind, std::string_view region, Random& random) {
    if (!wanted) return;
    for (const auto& one : *wanted) {
        check_destination(one.*arn, kind, region);
        check_events(one.Events);
        auto id = one.Id.value_or("");
        if (id.empty()) id = to_base64(random.uuid());
        rules.push_back({std::move(id), one.*arn, one.Events, checked_filters(one.Filter)});
    }
}

template <typename Shown, typename ArnMember>
void show(const NotificationRule& rule, std::optional<std::vector<Shown>>& list, ArnMember arn) {
    if (!list) list.emplace();
    auto& shown = list->emplace_back();
    shown.Id = rule.id;
    shown.*arn = rule.destination;
    shown.Events = rule.events;
    if (rule.filters.empty()) return;
    auto& filters = shown.Filter.emplace().Key.emplace().FilterRules.emplace();
    for (const auto& filter : rule.filters) filters.push_back({.Name = filter.name, .Value = filter.value});
}

}  // namespace

bool NotificationRule::takes(std::string_view event, std::string_view key) const {
    const auto type = fmt::format("s3:{}", event);
    return std::ranges::any_of(events, [&](const auto& pattern) { return covers(pattern, type); }) &&
           key.starts_with(filter_value(*this, "Prefix")) && key.ends_with(filter_value(*this, "Suffix"));
}

std::vector<NotificationRule> checked_rules(const aws::s3::NotificationConfiguration& wanted, std::string_view region,
                                            Random& random) {
    std::vector<NotificationRule> rules;
    add(rules, wanted.TopicConfigurations, &aws::s3::TopicConfiguration::TopicArn, topic, region, random);
    add(rules, wanted.QueueConfigurations, &aws::s3::QueueConfiguration::QueueArn, queue, region, random);
    add(rules, wanted.LambdaFunctionConfigurations, &aws::s3::LambdaFunctionConfiguration::LambdaFunctionArn, function,
        region, random);
    if (rules.size() > most_rules) {
        // Unverified: the words.
        throw invalid("Too many configurations submitted. The maximum number of configurations is 100");
    }
    check_ids(rules);
    check_overlap(rules);
    return rules;
}

aws::s3::NotificationConfiguration configuration_of(const std::vector<NotificationRule>& rules) {
    aws::s3::NotificationConfiguration shown;
    for (const auto& rule : rules) {
        const auto arn = Arn::parse(rule.destination);
        if (arn->service == topic.service) {
            show(rule, shown.TopicConfigurations, &aws::s3::TopicConfiguration::TopicArn);
        } else if (arn->service == queue.service) {
            show(rule, shown.QueueConfigurations, &aws::s3::QueueConfiguration::QueueArn);
        } else {
            show(rule, shown.LambdaFunctionConfigurations, &aws::s3::LambdaFunctionConfiguration::LambdaFunctionArn);
        }
    }
    return shown;
}

const NotificationRule* rule_for(const std::vector<NotificationRule>& rules, std::string_view event,
                                 std::string_view key) {
    const auto found = std::ranges::find_if(rules, [&](const auto& rule) { return rule.takes(event, key); });
    return found == rules.end() ? nullptr : &*found;
}

}  // namespace cumulet::s3
