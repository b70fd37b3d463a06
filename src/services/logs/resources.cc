// AWS::Logs::LogGroup for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-logs-loggroup.html

#include "contracts/resource_tags.h"
#include "services/logs/service.h"

namespace cumulet::logs {
namespace {

class LogGroupResource final : public contracts::ResourceType {
  public:
    explicit LogGroupResource(contracts::Door& door) : logs_(door) {}
    std::string_view name() const override { return "AWS::Logs::LogGroup"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        for (const auto unsupported : {"KmsKeyId", "DataProtectionPolicy", "FieldIndexPolicies"}) {
            if (properties.contains(unsupported))
                throw aws::not_implemented("logs", "AWS::Logs::LogGroup", unsupported);
        }
        aws::logs::CreateLogGroupRequest request;
        request.logGroupName = string_or(properties, "LogGroupName", context.generated_name);
        if (properties.contains("LogGroupClass")) request.logGroupClass = string_or(properties, "LogGroupClass");
        const auto group = request.logGroupName;
        request.tags = tags_of(context, properties);
        bool exists = false;
        try {
            co_await logs_.create_log_group(call, std::move(request));
        } catch (const aws::logs::ResourceAlreadyExistsException&) {
            exists = true;
        }
        if (exists && !co_await made_before(call, context, group)) {
            throw aws::logs::ResourceAlreadyExistsException("The specified log group already exists");
        }
        co_await set_retention(call, group, properties);
        co_return describe(call, group);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"LogGroupName"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object, json::object after) override {
        co_await set_retention(call, physical_id, after);
        co_return describe(call, physical_id);
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await logs_.delete_log_group(call, {.logGroupName = physical_id});
        } catch (const aws::logs::ResourceNotFoundException&) {
            // gone already
        }
    }

  private:
    static std::map<std::string, std::string> tags_of(const contracts::ResourceContext& context,
                                                      const json::object& properties) {
        auto tags = contracts::merged_tags(context, properties);
        tags["aws:cloudformation:stack-id"] = context.stack_id;
        tags["aws:cloudformation:logical-id"] = context.logical_id;
        return tags;
    }

    /// Whether an earlier try of the same step made the group.
    Task<bool> made_before(Call& call, const contracts::ResourceContext& context, std::string group) {
        const auto answer = co_await logs_.list_tags_for_resource(call, {.resourceArn = group_arn(call, group)});
        const auto tags = answer.tags.value_or(std::map<std::string, std::string>());
        const auto is = [&](const std::string& key, const std::string& value) {
            return tags.contains(key) && tags.at(key) == value;
        };
        co_return is("aws:cloudformation:stack-id", context.stack_id) &&
            is("aws:cloudformation:logical-id", context.logical_id);
    }

    Task<void> set_retention(Call& call, std::string group, json::object properties) {
        const auto* days = properties.if_contains("RetentionInDays");
        if (!days) {
            co_await logs_.delete_retention_policy(call, {.logGroupName = group});
            co_return;
        }
        const auto number = days->is_string() ? std::atoi(days->as_string().c_str()) : days->to_number<int32_t>();
        co_await logs_.put_retention_policy(call, {.logGroupName = group, .retentionInDays = number});
    }

    contracts::Resource describe(const Call& call, const std::string& group) {
        return {.physical_id = group, .attributes = {{"Arn", group_arn(call, group) + ":*"}}};
    }

    aws::logs::Client logs_;
};

}  // namespace

std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door) {
    std::vector<std::unique_ptr<contracts::ResourceType>> types;
    types.push_back(std::make_unique<LogGroupResource>(door));
    return types;
}

}  // namespace cumulet::logs
