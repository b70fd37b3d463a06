// AWS::SQS::Queue and AWS::SQS::QueuePolicy for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queue.html

#include "services/sqs/service.h"

namespace cumulet::sqs {
namespace {

constexpr std::string_view attribute_properties[] = {"ContentBasedDeduplication",
                                                     "DeduplicationScope",
                                                     "DelaySeconds",
                                                     "FifoQueue",
                                                     "FifoThroughputLimit",
                                                     "KmsDataKeyReusePeriodSeconds",
                                                     "KmsMasterKeyId",
                                                     "MaximumMessageSize",
                                                     "MessageRetentionPeriod",
                                                     "ReceiveMessageWaitTimeSeconds",
                                                     "RedriveAllowPolicy",
                                                     "RedrivePolicy",
                                                     "SqsManagedSseEnabled",
                                                     "VisibilityTimeout"};

/// An attribute's text: SQS takes numbers, booleans and documents as strings.
std::string attribute_text(const json::value& value) {
    return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

std::map<std::string, std::string> attributes_of(const json::object& properties) {
    std::map<std::string, std::string> attributes;
    for (const auto name : attribute_properties) {
        if (const auto* value = properties.if_contains(name)) attributes[std::string(name)] = attribute_text(*value);
    }
    return attributes;
}

std::map<std::string, std::string> tags_of(const contracts::ResourceContext& context, const json::object& properties) {
    std::map<std::string, std::string> tags;
    for (const auto& [key, value] : context.stack_tags) tags[std::string(key)] = attribute_text(value);
    if (const auto* own = properties.if_contains("Tags"); own && own->is_array()) {
        for (const auto& tag : own->as_array()) {
            if (!tag.is_object()) continue;
            tags[std::string(string_or(tag.as_object(), "Key"))] = string_or(tag.as_object(), "Value");
        }
    }
    return tags;
}

class QueueResource final : public contracts::ResourceType {
  public:
    explicit QueueResource(contracts::Door& door) : sqs_(door) {}
    std::string_view name() const override { return "AWS::SQS::Queue"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        aws::sqs::CreateQueueRequest request;
        request.Attributes = attributes_of(properties);
        const bool fifo = request.Attributes && request.Attributes->contains("FifoQueue") &&
                          request.Attributes->at("FifoQueue") == "true";
        request.QueueName = string_or(properties, "QueueName", context.generated_name + (fifo ? ".fifo" : ""));
        request.tags = tags_of(context, properties);
        auto created = co_await sqs_.create_queue(call, std::move(request));
        co_return co_await describe(call, created.QueueUrl.value_or(""));
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"QueueName", "FifoQueue"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        auto attributes = attributes_of(after);
        for (const auto& [name, value] : attributes_of(before)) attributes.try_emplace(name, default_of(name));
        if (!attributes.empty()) {
            co_await sqs_.set_queue_attributes(call, {.QueueUrl = physical_id, .Attributes = std::move(attributes)});
        }
        co_return co_await describe(call, physical_id);
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await sqs_.delete_queue(call, {.QueueUrl = physical_id});
        } catch (const aws::sqs::QueueDoesNotExist&) {
            // gone already
        }
    }

  private:
    /// What a property that was removed from the template goes back to.
    static std::string default_of(const std::string& attribute) {
        const Queue fresh;
        const auto number = fresh.number(attribute);
        return attribute == "RedrivePolicy" || attribute == "RedriveAllowPolicy" ? "" : std::to_string(number);
    }

    Task<contracts::Resource> describe(Call& call, std::string url) {
        const auto address = parse_queue_url(call, url);
        contracts::Resource resource;
        resource.attributes["Arn"] = address.arn();
        resource.attributes["QueueName"] = address.name;
        resource.attributes["QueueUrl"] = url;
        resource.physical_id = std::move(url);
        co_return resource;
    }

    aws::sqs::Client sqs_;
};

class QueuePolicyResource final : public contracts::ResourceType {
  public:
    explicit QueuePolicyResource(contracts::Door& door) : sqs_(door) {}
    std::string_view name() const override { return "AWS::SQS::QueuePolicy"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        co_await set_policy(call, properties, json::serialize(properties["PolicyDocument"]));
        contracts::Resource resource;
        resource.physical_id = context.generated_name;
        resource.attributes["Id"] = context.generated_name;
        co_return resource;
    }

    bool needs_replacement(const json::object&, const json::object&) const override { return false; }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        co_await set_policy(call, before, "");
        auto resource = co_await create(call, context, std::move(after));
        resource.physical_id = physical_id;
        resource.attributes["Id"] = std::move(physical_id);
        co_return resource;
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string, json::object properties) override {
        co_await set_policy(call, std::move(properties), "");
    }

  private:
    Task<void> set_policy(Call& call, json::object properties, std::string policy) {
        const auto* queues = properties.if_contains("Queues");
        if (!queues || !queues->is_array()) throw aws::validation_error("Queues must be a list of queue URLs.");
        for (const auto& url : queues->as_array()) {
            try {
                co_await sqs_.set_queue_attributes(
                    call, {.QueueUrl = std::string(url.as_string()), .Attributes = {{"Policy", policy}}});
            } catch (const aws::sqs::QueueDoesNotExist&) {
                if (!policy.empty()) throw;  // removing a policy from what is gone succeeds
            }
        }
    }

    aws::sqs::Client sqs_;
};

}  // namespace

std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door) {
    std::vector<std::unique_ptr<contracts::ResourceType>> types;
    types.push_back(std::make_unique<QueueResource>(door));
    types.push_back(std::make_unique<QueuePolicyResource>(door));
    return types;
}

}  // namespace cumulet::sqs
