// A function's events: what invokes it, and the permission to.

#include "services/cloudformation/sam/application.h"
#include "services/cloudformation/sam/policy_templates.h"

namespace cumulet::cloudformation::sam {

void Application::events(Function& function) {
    const auto* given = function.properties.if_contains("Events");
    if (!given) return;
    if (!given->is_object()) invalid(function.id, "Property 'Events' should be a map.");
    static const json::object none;
    for (const auto& [name, event] : given->get_object()) {
        const auto event_id = std::string(name);
        const auto* type = find(event, "Type");
        if (!type || !type->is_string()) {
            invalid(function.id, "Event with id [{}] is invalid. Missing required property 'Type'.", event_id);
        }
        const auto* value = find(event, "Properties");
        const auto& properties = value && value->is_object() ? value->get_object() : none;
        if (*type == "HttpApi")
            http_event(function, event_id, properties);
        else if (*type == "Api")
            api_event(function, event_id, properties);
        else if (*type == "SQS" || *type == "DynamoDB" || *type == "Kinesis")
            mapping_event(function, event_id, type->get_string(), properties);
        else if (*type == "Schedule" || *type == "EventBridgeRule" || *type == "CloudWatchEvent")
            rule_event(function, event_id, properties);
        else if (*type == "SNS")
            topic_event(function, event_id, properties);
        else if (*type == "S3")
            bucket_event(function, event_id, properties);
        else {
            invalid(function.id, "Event with id [{}] is invalid. Events of type {} are not supported by Cumulet.",
                    event_id, std::string_view(type->get_string()));
        }
    }
}

void Application::mapping_event(Function& function, const std::string& event, std::string_view type,
                                const json::object& properties) {
    const std::string_view source = type == "SQS" ? "Queue" : "Stream";
    const auto* arn = properties.if_contains(source);
    if (!arn) {
        invalid(function.id, "Event with id [{}] is invalid. No {} (for {}) provided.", event, source, type);
    }
    if (type == "SQS") {
        only(function.id, properties,
             {"Queue", "BatchSize", "Enabled", "FilterCriteria", "FunctionResponseTypes", "KmsKeyArn",
              "MaximumBatchingWindowInSeconds", "MetricsConfig", "ProvisionedPollerConfig", "ScalingConfig"});
    } else {
        only(function.id, properties,
             {"Stream", "BatchSize", "Enabled", "MaximumBatchingWindowInSeconds", "FilterCriteria",
              "FunctionResponseTypes", "StartingPosition", "StartingPositionTimestamp", "MaximumRetryAttempts",
              "BisectBatchOnFunctionError", "MaximumRecordAgeInSeconds", "ParallelizationFactor",
              "TumblingWindowInSeconds", "DestinationConfig"});
    }
    json::object mapping{{"EventSourceArn", *arn}, {"FunctionName", function.reference()}};
    for (const auto& [key, value] : properties) {
        if (key != source) mapping.emplace(key, value);
    }
    // SAM's Type says which policy the role gets; the mapping itself has no such property.
    if (auto* config = mapping.if_contains("DestinationConfig"); config && config->is_object()) {
        auto* failure = config->get_object().if_contains("OnFailure");
        if (failure && failure->is_object()) failure->get_object().erase("Type");
    }
    add(function.id + event, "AWS::Lambda::EventSourceMapping", std::move(mapping), function.attributes);
    const auto policy = managed_policy_arn(type == "SQS"        ? "AWSLambdaSQSQueueExecutionRole"
                                           : type == "DynamoDB" ? "AWSLambdaDynamoDBExecutionRole"
                                                                : "AWSLambdaKinesisExecutionRole");
    if (std::ranges::find(function.managed_policies, json::value(policy)) == function.managed_policies.end()) {
        function.managed_policies.emplace_back(policy);
    }
}

void Application::rule_event(Function& function, const std::string& event, const json::object& properties) {
    only(function.id, properties,
         {"Schedule", "Pattern", "EventBusName", "Name", "RuleName", "Description", "State", "Enabled", "Input",
          "InputPath", "InputTransformer", "Target"});
    const auto id = function.id + event;
    json::object target{{"Arn", function.arn()}, {"Id", id + "LambdaTarget"}};
    copy(properties, target, {"Input", "InputPath", "InputTransformer"});
    if (const auto* named = properties.if_contains("Target")) {
        if (const auto* target_id = find(*named, "Id")) target["Id"] = *target_id;
    }
    json::object rule;
    if (const auto* schedule = properties.if_contains("Schedule")) rule["ScheduleExpression"] = *schedule;
    if (const auto* pattern = properties.if_contains("Pattern")) rule["EventPattern"] = *pattern;
    if (const auto* name = properties.if_contains("RuleName")) rule["Name"] = *name;
    copy(properties, rule, {"EventBusName", "Name", "Description", "State"});
    if (const auto* enabled = properties.if_contains("Enabled"); enabled && enabled->is_bool()) {
        rule["State"] = enabled->get_bool() ? "ENABLED" : "DISABLED";
    }
    json::array targets;
    targets.push_back(std::move(target));
    rule["Targets"] = std::move(targets);
    add(id, "AWS::Events::Rule", std::move(rule), function.attributes);
    permission(function, event, "events.amazonaws.com", get_att(id, "Arn"));
}

void Application::topic_event(Function& function, const std::string& event, const json::object& properties) {
    only(function.id, properties,
         {"Topic", "FilterPolicy", "FilterPolicyScope", "Region", "RedrivePolicy", "SqsSubscription"});
    const auto* topic = properties.if_contains("Topic");
    if (!topic) invalid(function.id, "Event with id [{}] is invalid. Missing required property 'Topic'.", event);
    json::object subscription{{"Protocol", "lambda"}, {"Endpoint", function.arn()}, {"TopicArn", *topic}};
    copy(properties, subscription, {"FilterPolicy", "FilterPolicyScope", "Region", "RedrivePolicy"});
    const auto* queue = properties.if_contains("SqsSubscription");
    const bool by_queue = queue && (queue->is_object() || *queue == json::value(true));
    if (by_queue) {
        subscription["Protocol"] = "sqs";
        subscription["Endpoint"] = queue_for_topic(function, event, *queue, *topic);
    }
    add(function.id + event, "AWS::SNS::Subscription", std::move(subscription), function.attributes);
    if (!by_queue) permission(function, event, "sns.amazonaws.com", *topic);
}

json::value Application::queue_for_topic(Function& function, const std::string& event, const json::value& wanted,
                                         const json::value& topic) {
    const auto id = function.id + event;
    json::value arn = get_att(id + "Queue", "Arn");
    json::value url = reference_to(id + "Queue");
    json::object mapping{{"BatchSize", 10}, {"Enabled", true}};
    auto policy_id = id + "QueuePolicy";
    if (wanted.is_object()) {
        const auto& given = wanted.get_object();
        only(function.id, given, {"QueueArn", "QueueUrl", "QueuePolicyLogicalId", "BatchSize", "Enabled"});
        if (!given.contains("QueueArn") || !given.contains("QueueUrl"))
            invalid(function.id, "Event with id [{}] is invalid. No QueueARN or QueueURL provided.", event);
        arn = given.at("QueueArn");
        url = given.at("QueueUrl");
        policy_id = string_or(given, "QueuePolicyLogicalId", policy_id);
        copy(given, mapping, {"BatchSize", "Enabled"});
    } else {
        add(id + "Queue", "AWS::SQS::Queue", {}, function.attributes);
    }
    const json::object statement{{"Action", "sqs:SendMessage"},
                                 {"Effect", "Allow"},
                                 {"Principal", "*"},
                                 {"Resource", arn},
                                 {"Condition", json::object{{"ArnEquals", json::object{{"aws:SourceArn", topic}}}}}};
    add(policy_id, "AWS::SQS::QueuePolicy",
        json::object{{"PolicyDocument", json::object{{"Version", "2012-10-17"}, {"Statement", json::array{statement}}}},
                     {"Queues", json::array{url}}},
        function.attributes);
    mapping["Queue"] = arn;
    mapping_event(function, event + "EventSourceMapping", "SQS", mapping);
    return arn;
}

void Application::permission(const Function& function, const std::string& event, std::string_view principal,
                             json::value source_arn, std::string_view suffix) {
    add(fmt::format("{}{}Permission{}", function.id, event, suffix), "AWS::Lambda::Permission",
        json::object{{"Action", "lambda:InvokeFunction"},
                     {"FunctionName", function.reference()},
                     {"Principal", principal},
                     {"SourceArn", std::move(source_arn)}},
        function.attributes);
}

}  // namespace cumulet::cloudformation::sam
