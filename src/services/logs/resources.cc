// AWS::Logs::LogGroup for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-logs-loggroup.html

#include "services/logs/service.h"

namespace cumulet::logs {
namespace {

class LogGroupResource final : public contracts::ResourceType {
 public:
    explicit LogGroupResource(contracts::Door& door) : logs_(door) {}
    std::string_view name() const override { return "AWS::Logs::LogGroup"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context, json::object properties) override {
        for (const auto unsupported : {"KmsKeyId", "DataProtectionPolicy", "FieldIndexPolicies"}) {
            if (properties.contains(unsupported)) throw aws::not_implemented("logs", "AWS::Logs::LogGroup", unsupported);
        }
        aws::logs::CreateLogGroupRequest request;
        request.logGroupName = string_or(properties, "LogGroupName", context.generated_name);
        if (properties.contains("LogGroupClass")) request.logGroupClass = string_or(properties, "LogGroupClass");
        const auto group = request.logGroupName;
        co_await logs_.create_log_group(call, std::move(request));
        co_await set_retention(call, group, properties);
        co_return describe(call, group);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"LogGroupName"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object,
                                     json::object after) override {
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
