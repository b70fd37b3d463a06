// AWS::SQS::Queue, AWS::SQS::QueuePolicy and AWS::SQS::QueueInlinePolicy for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queue.html

#include "contracts/resource_tags.h"
#include "services/sqs/attribute_rules.h"
#include "services/sqs/service.h"

namespace cumulet::sqs {
namespace {

constexpr std::string_view attribute_properties[] = {"ContentBasedDeduplication",
                                                     "DeduplicationScope",
                                                     "DelaySeconds",
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
constexpr size_t longest_generated_name = 75;  // ".fifo" may follow

/// An attribute's text: SQS takes numbers, booleans and documents as strings.
std::string attribute_text(const json::value& value) {
    return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

bool is_fifo(const json::object& properties) {
    const auto* fifo = properties.if_contains("FifoQueue");
    return fifo && attribute_text(*fifo) == "true";
}

void check_properties(const json::object& properties) {
    for (const auto& [name, value] : properties) {
        if (name == "QueueName" || name == "FifoQueue" || name == "Tags" || contains(attribute_properties, name))
            continue;
        throw aws::validation_error(fmt::format("Encountered unsupported property {}", std::string_view(name)));
    }
}

Attributes attributes_of(const json::object& properties) {
    Attributes attributes;
    for (const auto name : attribute_properties) {
        const auto* value = properties.if_contains(name);
        if (!value) continue;
        // A standard queue has no such attribute, but templates may say that it is not one.
        if (name == "ContentBasedDeduplication" && !is_fifo(properties) && attribute_text(*value) == "false") continue;
        attributes[std::string(name)] = attribute_text(*value);
    }
    return attributes;
}

/// What goes back to its default where `after` no longer says it.
Attributes changed_attributes(const json::object& before, const json::object& after) {
    auto attributes = attributes_of(after);
    Queue fresh;
    fresh.name = is_fifo(after) ? ".fifo" : "";
    fresh.attributes["KmsMasterKeyId"] = "any";  // so that its period is shown
    auto defaults = shown_settings(fresh);
    defaults["KmsMasterKeyId"] = "";
    defaults["SqsManagedSseEnabled"] = attributes.contains("KmsMasterKeyId") ? "false" : "true";
    for (const auto& [name, value] : attributes_of(before)) attributes.try_emplace(name, defaults[name]);
    return attributes;
}

class QueueResource final : public contracts::ResourceType {
  public:
    explicit QueueResource(contracts::Door& door) : sqs_(door) {}
    std::string_view name() const override { return "AWS::SQS::Queue"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        check_properties(properties);
        aws::sqs::CreateQueueRequest request;
        request.QueueName = queue_name(context, properties);
        request.Attributes = attributes_of(properties);
        if (is_fifo(properties)) request.Attributes->emplace("FifoQueue", "true");
        request.tags = contracts::merged_tags(context, properties);
        for (auto& [key, value] : own_tags(context)) request.tags->emplace(key, value);
        co_await refuse_another(call, context, request.QueueName);
        auto created = co_await sqs_.create_queue(call, std::move(request));
        co_return describe(call, created.QueueUrl.value_or(""));
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"QueueName"}) || is_fifo(before) != is_fifo(after);
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        check_properties(after);
        auto attributes = changed_attributes(before, after);
        if (!attributes.empty()) {
            co_await sqs_.set_queue_attributes(call, {.QueueUrl = physical_id, .Attributes = std::move(attributes)});
        }
        co_await update_tags(call, context, physical_id, after);
        co_return describe(call, physical_id);
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await sqs_.delete_queue(call, {.QueueUrl = physical_id});
        } catch (const aws::sqs::QueueDoesNotExist&) {
            // gone already
        }
    }

  private:
    static std::map<std::string, std::string> own_tags(const contracts::ResourceContext& context) {
        return {{"aws:cloudformation:stack-name", context.stack_name},
                {"aws:cloudformation:stack-id", context.stack_id},
                {"aws:cloudformation:logical-id", context.logical_id}};
    }

    static std::string queue_name(const contracts::ResourceContext& context, const json::object& properties) {
        if (const auto* name = properties.if_contains("QueueName")) return attribute_text(*name);
        // The end of a generated name is what makes it unlike others.
        auto name = context.generated_name;
        if (name.size() > longest_generated_name) name.erase(0, name.size() - longest_generated_name);
        return name + (is_fifo(properties) ? ".fifo" : "");
    }

    /// CreateQueue would take a queue that is there already: only this resource's own, of an earlier try, is meant.
    Task<void> refuse_another(Call& call, const contracts::ResourceContext& context, std::string name) {
        std::map<std::string, std::string> tags;
        try {
            const auto found = co_await sqs_.get_queue_url(call, {.QueueName = name});
            tags = (co_await sqs_.list_queue_tags(call, {.QueueUrl = *found.QueueUrl})).Tags.value_or(tags);
        } catch (const aws::sqs::QueueDoesNotExist&) {
            co_return;
        }
        const auto own = own_tags(context);
        if (std::ranges::includes(tags, own)) co_return;
        throw aws::sqs::QueueNameExists(
            fmt::format("Resource of type 'AWS::SQS::Queue' with identifier '{}' already exists.", name));
    }

    Task<void> update_tags(Call& call, const contracts::ResourceContext& context, std::string url, json::object after) {
        const auto wanted = contracts::merged_tags(context, after);
        const auto present = (co_await sqs_.list_queue_tags(call, {.QueueUrl = url}))
                                 .Tags.value_or(std::map<std::string, std::string>());
        std::vector<std::string> surplus;
        for (const auto& [key, value] : present) {
            if (!wanted.contains(key) && !key.starts_with("aws:")) surplus.push_back(key);
        }
        if (!surplus.empty()) co_await sqs_.untag_queue(call, {.QueueUrl = url, .TagKeys = std::move(surplus)});
        if (!wanted.empty()) co_await sqs_.tag_queue(call, {.QueueUrl = url, .Tags = wanted});
    }

    static contracts::Resource describe(Call& call, std::string url) {
        const auto address = parse_queue_url(call, url);
        contracts::Resource resource;
        resource.attributes["Arn"] = address.arn();
        resource.attributes["QueueName"] = address.name;
        resource.attributes["QueueUrl"] = url;
        resource.physical_id = std::move(url);
        return resource;
    }

    aws::sqs::Client sqs_;
};

/// Sets the policies of queues: what both kinds of policy resources do.
class Policies {
  public:
    explicit Policies(contracts::Door& door) : sqs_(door) {}

    Task<void> set(Call& call, std::vector<std::string> queues, std::string policy) {
        for (const auto& url : queues) {
            try {
                co_await sqs_.set_queue_attributes(call, {.QueueUrl = url, .Attributes = {{"Policy", policy}}});
            } catch (const aws::sqs::QueueDoesNotExist&) {
                if (!policy.empty()) throw;  // removing a policy from what is gone succeeds
            }
        }
    }

    static std::string document_of(const json::object& properties) {
        const auto* document = properties.if_contains("PolicyDocument");
        if (!document) throw aws::validation_error("Property PolicyDocument is required.");
        return attribute_text(*document);
    }

  private:
    aws::sqs::Client sqs_;
};

class QueuePolicyResource final : public contracts::ResourceType {
  public:
    explicit QueuePolicyResource(contracts::Door& door) : policies_(door) {}
    std::string_view name() const override { return "AWS::SQS::QueuePolicy"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        co_await policies_.set(call, queues_of(properties), Policies::document_of(properties));
        co_return described(context.generated_name);
    }

    bool needs_replacement(const json::object&, const json::object&) const override { return false; }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        const auto wanted = queues_of(after);
        auto left = queues_of(before);
        std::erase_if(left, [&](const std::string& url) { return contains(wanted, url); });
        co_await policies_.set(call, std::move(left), "");
        co_await policies_.set(call, wanted, Policies::document_of(after));
        co_return described(std::move(physical_id));
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string, json::object properties) override {
        co_await policies_.set(call, queues_of(properties), "");
    }

  private:
    static std::vector<std::string> queues_of(const json::object& properties) {
        const auto* queues = properties.if_contains("Queues");
        if (!queues || !queues->is_array()) throw aws::validation_error("Queues must be a list of queue URLs.");
        std::vector<std::string> urls;
        for (const auto& url : queues->as_array()) urls.push_back(attribute_text(url));
        return urls;
    }

    static contracts::Resource described(std::string id) {
        contracts::Resource resource;
        resource.attributes["Id"] = id;
        resource.physical_id = std::move(id);
        return resource;
    }

    Policies policies_;
};

/// A policy of one queue, known by the queue itself.
class QueueInlinePolicyResource final : public contracts::ResourceType {
  public:
    explicit QueueInlinePolicyResource(contracts::Door& door) : policies_(door) {}
    std::string_view name() const override { return "AWS::SQS::QueueInlinePolicy"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        contracts::Resource resource;
        resource.physical_id = string_or(properties, "Queue");
        if (resource.physical_id.empty()) throw aws::validation_error("Property Queue is required.");
        co_await policies_.set(call, {resource.physical_id}, Policies::document_of(properties));
        co_return resource;
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"Queue"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string, json::object,
                                     json::object after) override {
        co_return co_await create(call, context, std::move(after));
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        co_await policies_.set(call, {std::move(physical_id)}, "");
    }

  private:
    Policies policies_;
};

}  // namespace

std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door) {
    std::vector<std::unique_ptr<contracts::ResourceType>> types;
    types.push_back(std::make_unique<QueueResource>(door));
    types.push_back(std::make_unique<QueuePolicyResource>(door));
    types.push_back(std::make_unique<QueueInlinePolicyResource>(door));
    return types;
}

}  // namespace cumulet::sqs
