// AWS::Lambda::LayerVersion, LayerVersionPermission, Url, EventInvokeConfig and CodeSigningConfig for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html

#include "services/lambda/fault.h"
#include "services/lambda/layer.h"
#include "services/lambda/name.h"
#include "services/lambda/resource_properties.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

using contracts::Resource;
using contracts::ResourceContext;

/// A type whose every change makes a new resource.
class ReplacedResource : public contracts::ResourceType {
  public:
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return before != after;
    }
    Task<Resource> update(Call&, const ResourceContext&, std::string physical_id, json::object, json::object) override {
        co_return Resource{.physical_id = std::move(physical_id), .attributes = {}};
    }
};

class LayerVersionResource final : public ReplacedResource {
  public:
    explicit LayerVersionResource(contracts::Door& door) : lambda_(door) {}
    std::string_view name() const override { return "AWS::Lambda::LayerVersion"; }

    Task<Resource> create(Call& call, const ResourceContext& context, json::object properties) override {
        auto members = only_members("PublishLayerVersion", properties);
        if (!members.contains("LayerName")) members["LayerName"] = context.generated_name;
        const auto layer = co_await lambda_.publish_layer_version(
            call, request_of<PublishLayerVersionRequest>("PublishLayerVersion", members));
        co_return Resource{.physical_id = *layer.LayerVersionArn,
                           .attributes = {{"LayerVersionArn", *layer.LayerVersionArn}}};
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string physical_id, json::object) override {
        const auto layer = parse_layer_name(call, physical_id);
        co_await lambda_.delete_layer_version(call, {.LayerName = layer.name, .VersionNumber = layer.version});
    }

  private:
    Client lambda_;
};

class LayerVersionPermissionResource final : public ReplacedResource {
  public:
    explicit LayerVersionPermissionResource(contracts::Door& door) : lambda_(door) {}
    std::string_view name() const override { return "AWS::Lambda::LayerVersionPermission"; }

    Task<Resource> create(Call& call, const ResourceContext& context, json::object properties) override {
        const auto layer = parse_layer_name(call, text_of(properties, "LayerVersionArn"));
        auto members = only_members("AddLayerVersionPermission", properties, {"LayerVersionArn"});
        members["LayerName"] = layer.layer_arn();
        members["VersionNumber"] = layer.version;
        members["StatementId"] = context.generated_name;
        try {
            co_await lambda_.add_layer_version_permission(
                call, request_of<AddLayerVersionPermissionRequest>("AddLayerVersionPermission", members));
        } catch (const ResourceConflictException&) {
            // An earlier try of the same step added the statement.
        }
        co_return Resource{.physical_id = fmt::format("{}#{}", layer.version_arn(), context.generated_name),
                           .attributes = {{"Id", context.generated_name}}};
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string physical_id, json::object) override {
        const auto mark = physical_id.find('#');
        if (mark == physical_id.npos) co_return;
        const auto layer = parse_layer_name(call, physical_id.substr(0, mark));
        try {
            co_await lambda_.remove_layer_version_permission(call, {.LayerName = layer.layer_arn(),
                                                                    .VersionNumber = layer.version,
                                                                    .StatementId = physical_id.substr(mark + 1)});
        } catch (const ResourceNotFoundException&) {
        }
    }

  private:
    Client lambda_;
};

class UrlResource final : public contracts::ResourceType {
  public:
    explicit UrlResource(contracts::Door& door) : lambda_(door) {}
    std::string_view name() const override { return "AWS::Lambda::Url"; }

    Task<Resource> create(Call& call, const ResourceContext&, json::object properties) override {
        const auto members = members_of("CreateFunctionUrlConfig", properties);
        const auto request = request_of<CreateFunctionUrlConfigRequest>("CreateFunctionUrlConfig", members);
        try {
            const auto url = co_await lambda_.create_function_url_config(call, request);
            co_return describe(url.FunctionArn, url.FunctionUrl);
        } catch (const ResourceConflictException&) {
        }
        const auto url = co_await lambda_.get_function_url_config(
            call, {.FunctionName = request.FunctionName, .Qualifier = request.Qualifier});
        co_return describe(url.FunctionArn, url.FunctionUrl);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"TargetFunctionArn", "Qualifier"});
    }

    Task<Resource> update(Call& call, const ResourceContext&, std::string, json::object, json::object after) override {
        const auto url = co_await lambda_.update_function_url_config(
            call, request_of<UpdateFunctionUrlConfigRequest>("UpdateFunctionUrlConfig",
                                                             members_of("UpdateFunctionUrlConfig", after)));
        co_return describe(url.FunctionArn, url.FunctionUrl);
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string physical_id, json::object) override {
        const auto name = parse_function_name(call, physical_id);
        DeleteFunctionUrlConfigRequest request{.FunctionName = name.name};
        if (!name.qualifier.empty()) request.Qualifier = name.qualifier;
        try {
            co_await lambda_.delete_function_url_config(call, std::move(request));
        } catch (const ResourceNotFoundException&) {
        }
    }

  private:
    static json::object members_of(std::string_view operation, const json::object& properties) {
        auto members = only_members(operation, properties, {"TargetFunctionArn"});
        members["FunctionName"] = text_of(properties, "TargetFunctionArn");
        return members;
    }
    static Resource describe(const std::string& arn, const std::string& url) {
        return {.physical_id = arn, .attributes = {{"FunctionArn", arn}, {"FunctionUrl", url}}};
    }

    Client lambda_;
};

class EventInvokeConfigResource final : public contracts::ResourceType {
  public:
    explicit EventInvokeConfigResource(contracts::Door& door) : lambda_(door) {}
    std::string_view name() const override { return "AWS::Lambda::EventInvokeConfig"; }

    Task<Resource> create(Call& call, const ResourceContext&, json::object properties) override {
        const auto config = co_await lambda_.put_function_event_invoke_config(
            call, request_of<PutFunctionEventInvokeConfigRequest>(
                      "PutFunctionEventInvokeConfig", only_members("PutFunctionEventInvokeConfig", properties)));
        co_return Resource{.physical_id = *config.FunctionArn, .attributes = {}};
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"FunctionName", "Qualifier"});
    }

    Task<Resource> update(Call& call, const ResourceContext& context, std::string, json::object,
                          json::object after) override {
        return create(call, context, std::move(after));  // putting replaces what was there
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string physical_id, json::object) override {
        const auto name = parse_function_name(call, physical_id);
        try {
            co_await lambda_.delete_function_event_invoke_config(
                call, {.FunctionName = name.name, .Qualifier = name.qualifier});
        } catch (const ResourceNotFoundException&) {
        }
    }

  private:
    Client lambda_;
};

class CodeSigningConfigResource final : public contracts::ResourceType {
  public:
    explicit CodeSigningConfigResource(contracts::Door& door) : lambda_(door) {}
    std::string_view name() const override { return "AWS::Lambda::CodeSigningConfig"; }

    Task<Resource> create(Call& call, const ResourceContext& context, json::object properties) override {
        auto members = only_members("CreateCodeSigningConfig", properties);
        members.erase("Tags");
        auto request = request_of<CreateCodeSigningConfigRequest>("CreateCodeSigningConfig", members);
        request.Tags = contracts::merged_tags(context, properties);
        const auto made = co_await lambda_.create_code_signing_config(call, std::move(request));
        co_return describe(made.CodeSigningConfig);
    }

    bool needs_replacement(const json::object&, const json::object&) const override { return false; }

    Task<Resource> update(Call& call, const ResourceContext&, std::string physical_id, json::object,
                          json::object after) override {
        auto members = only_members("UpdateCodeSigningConfig", after, {"Tags"});
        members["CodeSigningConfigArn"] = physical_id;
        const auto made = co_await lambda_.update_code_signing_config(
            call, request_of<UpdateCodeSigningConfigRequest>("UpdateCodeSigningConfig", members));
        co_return describe(made.CodeSigningConfig);
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await lambda_.delete_code_signing_config(call, {.CodeSigningConfigArn = physical_id});
        } catch (const ResourceNotFoundException&) {
        }
    }

  private:
    static Resource describe(const CodeSigningConfig& config) {
        return {.physical_id = config.CodeSigningConfigArn,
                .attributes = {{"CodeSigningConfigArn", config.CodeSigningConfigArn},
                               {"CodeSigningConfigId", config.CodeSigningConfigId}}};
    }

    Client lambda_;
};

}  // namespace

void add_further_resource_types(std::vector<std::unique_ptr<contracts::ResourceType>>& types, contracts::Door& door) {
    types.push_back(std::make_unique<LayerVersionResource>(door));
    types.push_back(std::make_unique<LayerVersionPermissionResource>(door));
    types.push_back(std::make_unique<UrlResource>(door));
    types.push_back(std::make_unique<EventInvokeConfigResource>(door));
    types.push_back(std::make_unique<CodeSigningConfigResource>(door));
}

}  // namespace cumulet::lambda
