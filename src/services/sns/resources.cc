// AWS::SNS::Topic, AWS::SNS::TopicPolicy, AWS::SNS::TopicInlinePolicy and AWS::SNS::Subscription for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html

#include "services/sns/service.h"

namespace cumulet::sns {
namespace {

using contracts::Resource;
using contracts::ResourceContext;
using Texts = std::map<std::string, std::string>;

/// An attribute's text: SNS takes numbers, booleans and documents as strings.
std::string attribute_text(const json::value& value) {
    return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

/// Throws where `properties` has one that is not in `known`: nothing is ignored in silence.
void only(std::string_view type, const json::object& properties, std::initializer_list<std::string_view> known) {
    for (const auto& property : properties) {
        const std::string_view name = property.key();
        if (std::ranges::find(known, name) == known.end()) throw aws::not_implemented("cloudformation", type, name);
    }
}

/// A call in the region of what an ARN names.
Call call_at(const Call& call, std::string_view arn) {
    Call there = call;
    if (const auto parsed = Arn::parse(arn); parsed && !parsed->region.empty()) there.region = parsed->region;
    return there;
}

Texts tags_of(const ResourceContext& context, const json::object& properties) {
    Texts tags;
    for (const auto& [key, value] : context.stack_tags) tags[std::string(key)] = attribute_text(value);
    if (const auto* own = properties.if_contains("Tags"); own && own->is_array()) {
        for (const auto& tag : own->as_array()) {
            if (tag.is_object())
                tags[std::string(string_or(tag.as_object(), "Key"))] = string_or(tag.as_object(), "Value");
        }
    }
    return tags;
}

std::vector<aws::sns::Tag> tag_list(const Texts& tags) {
    std::vector<aws::sns::Tag> list;
    for (const auto& [key, value] : tags) list.push_back({.Key = key, .Value = value});
    return list;
}

constexpr std::string_view topic_attributes[] = {
    "ArchivePolicy",  "ContentBasedDeduplication", "DisplayName",  "FifoThroughputScope",
    "KmsMasterKeyId", "SignatureVersion",          "TracingConfig"};
using LoggedProtocol = std::pair<std::string_view, std::string_view>;  // as a template and as attributes call it
constexpr LoggedProtocol logged_protocols[] = {
    {"http/s", "HTTP"}, {"sqs", "SQS"}, {"lambda", "Lambda"}, {"firehose", "Firehose"}, {"application", "Application"}};

/// DeliveryStatusLogging as the attributes that SNS has for it: HTTPSuccessFeedbackRoleArn…
void add_logging(const json::object& properties, Texts& attributes) {
    const auto* all = properties.if_contains("DeliveryStatusLogging");
    if (!all || !all->is_array()) return;
    for (const auto& each : all->as_array()) {
        if (!each.is_object()) throw aws::validation_error("DeliveryStatusLogging must be a list of objects.");
        const auto protocol = string_or(each.as_object(), "Protocol");
        const auto known = std::ranges::find(logged_protocols, protocol, &LoggedProtocol::first);
        if (known == std::end(logged_protocols))
            throw aws::validation_error(fmt::format("DeliveryStatusLogging knows no protocol {}.", protocol));
        for (const auto name : {"SuccessFeedbackRoleArn", "FailureFeedbackRoleArn", "SuccessFeedbackSampleRate"}) {
            if (const auto* value = each.as_object().if_contains(name))
                attributes[fmt::format("{}{}", known->second, name)] = attribute_text(*value);
        }
    }
}

Texts topic_attributes_of(const json::object& properties) {
    Texts attributes;
    for (const auto name : topic_attributes) {
        if (const auto* value = properties.if_contains(name)) attributes[std::string(name)] = attribute_text(*value);
    }
    add_logging(properties, attributes);
    return attributes;
}

/// What an attribute is set to when a template no longer has it.
std::string default_of(std::string_view attribute) {
    if (attribute == "ContentBasedDeduplication") return "false";
    if (attribute == "FifoThroughputScope") return "Topic";
    if (attribute == "SignatureVersion") return "1";
    if (attribute == "TracingConfig") return "PassThrough";
    if (attribute == "ArchivePolicy") return "{}";
    return attribute.ends_with("SuccessFeedbackSampleRate") ? "0" : "";
}

struct InlineSubscription {
    std::string protocol;
    std::string endpoint;
    auto operator<=>(const InlineSubscription&) const = default;
};

std::vector<InlineSubscription> inline_subscriptions(const json::object& properties) {
    std::vector<InlineSubscription> all;
    const auto* list = properties.if_contains("Subscription");
    if (!list) return all;
    if (!list->is_array()) throw aws::validation_error("Subscription must be a list.");
    for (const auto& each : list->as_array()) {
        if (!each.is_object()) throw aws::validation_error("Subscription must be a list of objects.");
        all.push_back({std::string(string_or(each.as_object(), "Protocol")),
                       std::string(string_or(each.as_object(), "Endpoint"))});
    }
    return all;
}

class TopicResource final : public contracts::ResourceType {
  public:
    explicit TopicResource(contracts::Door& door) : sns_(door) {}
    std::string_view name() const override { return "AWS::SNS::Topic"; }

    Task<Resource> create(Call& call, const ResourceContext& context, json::object properties) override {
        check(properties);
        aws::sns::CreateTopicInput request;
        auto attributes = topic_attributes_of(properties);
        const bool fifo = attribute_text(properties["FifoTopic"]) == "true";
        if (fifo) attributes["FifoTopic"] = "true";
        request.Name = string_or(properties, "TopicName", context.generated_name + (fifo ? ".fifo" : ""));
        request.Attributes = std::move(attributes);
        request.Tags = tag_list(tags_of(context, properties));
        if (const auto* policy = properties.if_contains("DataProtectionPolicy"))
            request.DataProtectionPolicy = attribute_text(*policy);
        const auto created = co_await sns_.create_topic(call, std::move(request));
        const auto arn = created.TopicArn.value_or("");
        for (const auto& subscription : inline_subscriptions(properties)) co_await subscribe(call, arn, subscription);
        co_return describe(arn);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"TopicName", "FifoTopic"});
    }

    Task<Resource> update(Call& call, const ResourceContext& context, std::string physical_id, json::object before,
                          json::object after) override {
        check(after);
        co_await update_attributes(call, physical_id, topic_attributes_of(before), topic_attributes_of(after));
        if (contracts::any_differs(before, after, {"DataProtectionPolicy"})) {
            co_await sns_.put_data_protection_policy(
                call,
                {.ResourceArn = physical_id, .DataProtectionPolicy = attribute_text(after["DataProtectionPolicy"])});
        }
        co_await update_tags(call, physical_id, tags_of(context, before), tags_of(context, after));
        co_await update_subscriptions(call, physical_id, inline_subscriptions(before), inline_subscriptions(after));
        co_return describe(physical_id);
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string physical_id, json::object) override {
        co_await sns_.delete_topic(call, {.TopicArn = physical_id});
    }

  private:
    static void check(const json::object& properties) {
        only("AWS::SNS::Topic", properties,
             {"ArchivePolicy", "ContentBasedDeduplication", "DataProtectionPolicy", "DeliveryStatusLogging",
              "DisplayName", "FifoThroughputScope", "FifoTopic", "KmsMasterKeyId", "SignatureVersion", "Subscription",
              "Tags", "TopicName", "TracingConfig"});
    }

    static Resource describe(const std::string& arn) {
        Resource resource;
        resource.attributes["TopicArn"] = arn;
        resource.attributes["TopicName"] = arn.substr(arn.rfind(':') + 1);
        resource.physical_id = arn;
        return resource;
    }

    Task<void> subscribe(Call& call, std::string arn, InlineSubscription wanted) {
        co_await sns_.subscribe(call, {.TopicArn = arn, .Protocol = wanted.protocol, .Endpoint = wanted.endpoint});
    }

    Task<void> update_attributes(Call& call, std::string arn, Texts before, Texts after) {
        for (const auto& [attribute, value] : before) after.try_emplace(attribute, default_of(attribute));
        for (const auto& [attribute, value] : after) {
            const auto old = before.find(attribute);
            if (old != before.end() && old->second == value) continue;
            co_await sns_.set_topic_attributes(call,
                                               {.TopicArn = arn, .AttributeName = attribute, .AttributeValue = value});
        }
    }

    Task<void> update_tags(Call& call, std::string arn, Texts before, Texts after) {
        std::vector<std::string> gone;
        for (const auto& [key, value] : before) {
            if (!after.contains(key)) gone.push_back(key);
        }
        std::erase_if(after, [&](const auto& tag) {
            const auto old = before.find(tag.first);
            return old != before.end() && old->second == tag.second;
        });
        if (!gone.empty()) co_await sns_.untag_resource(call, {.ResourceArn = arn, .TagKeys = std::move(gone)});
        if (!after.empty()) co_await sns_.tag_resource(call, {.ResourceArn = arn, .Tags = tag_list(after)});
    }

    Task<void> update_subscriptions(Call& call, std::string arn, std::vector<InlineSubscription> before,
                                    std::vector<InlineSubscription> after) {
        for (const auto& subscription : after) {
            if (std::ranges::find(before, subscription) == before.end()) co_await subscribe(call, arn, subscription);
        }
        std::erase_if(before, [&](const auto& old) { return std::ranges::find(after, old) != after.end(); });
        if (before.empty()) co_return;
        std::optional<std::string> next;
        do {
            auto page = co_await sns_.list_subscriptions_by_topic(call, {.TopicArn = arn, .NextToken = next});
            for (const auto& found : page.Subscriptions.value_or(std::vector<aws::sns::Subscription>())) {
                const InlineSubscription known{found.Protocol.value_or(""), found.Endpoint.value_or("")};
                const auto subscription_arn = found.SubscriptionArn.value_or("");
                // One that was never confirmed has no ARN yet, and ends by itself.
                if (std::ranges::find(before, known) != before.end() && subscription_arn.starts_with("arn:"))
                    co_await sns_.unsubscribe(call, {.SubscriptionArn = subscription_arn});
            }
            next = page.NextToken;
        } while (next);
    }

    aws::sns::Client sns_;
};

/// Sets a policy on topics, and gives them back AWS's own when it goes.
class TopicPolicies {
  public:
    explicit TopicPolicies(contracts::Door& door) : sns_(door) {}

    Task<void> set(Call& call, std::string topic_arn, json::value policy) {
        Call there = call_at(call, topic_arn);
        co_await sns_.set_topic_attributes(
            there, {.TopicArn = topic_arn, .AttributeName = "Policy", .AttributeValue = attribute_text(policy)});
    }

    Task<void> reset(Call& call, std::string topic_arn) {
        const auto arn = Arn::parse(topic_arn);
        if (!arn) co_return;
        const Topic topic{.account = arn->account, .region = arn->region, .name = arn->resource};
        try {
            co_await set(call, topic_arn, json::value(default_topic_policy(topic)));
        } catch (const aws::sns::NotFoundException&) {
            // gone with its topic
        }
    }

  private:
    aws::sns::Client sns_;
};

class TopicPolicyResource final : public contracts::ResourceType {
  public:
    explicit TopicPolicyResource(contracts::Door& door) : policies_(door) {}
    std::string_view name() const override { return "AWS::SNS::TopicPolicy"; }

    Task<Resource> create(Call& call, const ResourceContext& context, json::object properties) override {
        for (const auto& topic : topics_of(properties))
            co_await policies_.set(call, topic, properties["PolicyDocument"]);
        co_return describe(context.generated_name);
    }

    bool needs_replacement(const json::object&, const json::object&) const override { return false; }

    Task<Resource> update(Call& call, const ResourceContext&, std::string physical_id, json::object before,
                          json::object after) override {
        const auto topics = topics_of(after);
        for (const auto& topic : topics) co_await policies_.set(call, topic, after["PolicyDocument"]);
        for (const auto& topic : topics_of(before)) {
            if (std::ranges::find(topics, topic) == topics.end()) co_await policies_.reset(call, topic);
        }
        co_return describe(physical_id);
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string, json::object properties) override {
        for (const auto& topic : topics_of(properties)) co_await policies_.reset(call, topic);
    }

  private:
    static std::vector<std::string> topics_of(const json::object& properties) {
        only("AWS::SNS::TopicPolicy", properties, {"PolicyDocument", "Topics"});
        const auto* topics = properties.if_contains("Topics");
        if (!topics || !topics->is_array() || !properties.contains("PolicyDocument"))
            throw aws::validation_error("PolicyDocument and Topics, a list of ARNs, are required.");
        std::vector<std::string> arns;
        for (const auto& topic : topics->as_array()) arns.push_back(attribute_text(topic));
        return arns;
    }

    static Resource describe(const std::string& id) {
        Resource resource;
        resource.physical_id = id;
        resource.attributes["Id"] = id;
        return resource;
    }

    TopicPolicies policies_;
};

class TopicInlinePolicyResource final : public contracts::ResourceType {
  public:
    explicit TopicInlinePolicyResource(contracts::Door& door) : policies_(door) {}
    std::string_view name() const override { return "AWS::SNS::TopicInlinePolicy"; }

    Task<Resource> create(Call& call, const ResourceContext&, json::object properties) override {
        only("AWS::SNS::TopicInlinePolicy", properties, {"PolicyDocument", "TopicArn"});
        const std::string topic(string_or(properties, "TopicArn"));
        co_await policies_.set(call, topic, properties["PolicyDocument"]);
        Resource resource;
        resource.physical_id = topic;
        co_return resource;
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"TopicArn"});
    }

    Task<Resource> update(Call& call, const ResourceContext& context, std::string, json::object,
                          json::object after) override {
        co_return co_await create(call, context, std::move(after));
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string physical_id, json::object) override {
        co_await policies_.reset(call, std::move(physical_id));
    }

  private:
    TopicPolicies policies_;
};

class SubscriptionResource final : public contracts::ResourceType {
  public:
    explicit SubscriptionResource(contracts::Door& door) : sns_(door) {}
    std::string_view name() const override { return "AWS::SNS::Subscription"; }

    Task<Resource> create(Call& call, const ResourceContext&, json::object properties) override {
        check(properties);
        const std::string topic(string_or(properties, "TopicArn"));
        Call there = at(call, properties, topic);
        aws::sns::SubscribeInput request{.TopicArn = topic,
                                         .Protocol = std::string(string_or(properties, "Protocol")),
                                         .Endpoint = std::string(string_or(properties, "Endpoint")),
                                         .Attributes = attributes_of(properties),
                                         .ReturnSubscriptionArn = true};
        const auto subscribed = co_await sns_.subscribe(there, std::move(request));
        co_return describe(subscribed.SubscriptionArn.value_or(""));
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"TopicArn", "Protocol", "Endpoint", "Region"});
    }

    Task<Resource> update(Call& call, const ResourceContext&, std::string physical_id, json::object before,
                          json::object after) override {
        check(after);
        Call there = at(call, after, physical_id);
        const auto old = attributes_of(before);
        auto wanted = attributes_of(after);
        for (const auto& [attribute, value] : old) wanted.try_emplace(attribute, removed_value(attribute));
        // A filter policy must fit its scope at every step: the wider scope comes first, the narrower last.
        const bool body = wanted.contains("FilterPolicyScope") && wanted.at("FilterPolicyScope") == "MessageBody";
        if (body) co_await set(there, physical_id, "FilterPolicyScope", old, wanted);
        for (const auto& [attribute, value] : wanted) {
            if (attribute != "FilterPolicyScope") co_await set(there, physical_id, attribute, old, wanted);
        }
        if (!body) co_await set(there, physical_id, "FilterPolicyScope", old, wanted);
        co_return describe(physical_id);
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string physical_id, json::object properties) override {
        Call there = at(call, properties, physical_id);
        co_await sns_.unsubscribe(there, {.SubscriptionArn = physical_id});
    }

  private:
    static void check(const json::object& properties) {
        only("AWS::SNS::Subscription", properties,
             {"DeliveryPolicy", "Endpoint", "FilterPolicy", "FilterPolicyScope", "Protocol", "RawMessageDelivery",
              "RedrivePolicy", "Region", "ReplayPolicy", "SubscriptionRoleArn", "TopicArn"});
    }

    static Call at(const Call& call, const json::object& properties, std::string_view arn) {
        Call there = call_at(call, arn);
        if (const auto region = string_or(properties, "Region"); !region.empty()) there.region = region;
        return there;
    }

    static Texts attributes_of(const json::object& properties) {
        Texts attributes;
        for (const auto name : {"DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery",
                                "RedrivePolicy", "ReplayPolicy", "SubscriptionRoleArn"}) {
            if (const auto* value = properties.if_contains(name)) attributes[name] = attribute_text(*value);
        }
        return attributes;
    }

    static std::string removed_value(std::string_view attribute) {
        if (attribute == "RawMessageDelivery") return "false";
        if (attribute == "FilterPolicyScope") return "MessageAttributes";
        return attribute == "FilterPolicy" ? "{}" : "";
    }

    static Resource describe(const std::string& arn) {
        Resource resource;
        resource.physical_id = arn;
        resource.attributes["Arn"] = arn;
        return resource;
    }

    Task<void> set(Call& call, std::string arn, std::string attribute, Texts old, Texts wanted) {
        const auto value = wanted.find(attribute);
        const auto before = old.find(attribute);
        if (value == wanted.end() || (before != old.end() && before->second == value->second)) co_return;
        co_await sns_.set_subscription_attributes(
            call, {.SubscriptionArn = arn, .AttributeName = attribute, .AttributeValue = value->second});
    }

    aws::sns::Client sns_;
};

}  // namespace

std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door) {
    std::vector<std::unique_ptr<contracts::ResourceType>> types;
    types.push_back(std::make_unique<TopicResource>(door));
    types.push_back(std::make_unique<TopicPolicyResource>(door));
    types.push_back(std::make_unique<TopicInlinePolicyResource>(door));
    types.push_back(std::make_unique<SubscriptionResource>(door));
    return types;
}

}  // namespace cumulet::sns
