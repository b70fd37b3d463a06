// AWS::Lambda::Function, Permission and EventSourceMapping for CloudFormation: the properties are mostly the members of
// the operations' requests.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html

#include <zip.h>

#include "services/lambda/fault.h"
#include "services/lambda/resource_properties.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

using contracts::Resource;
using contracts::ResourceContext;

/// A package with one file: a template may hold a function's source text.
std::string package_of_source(const std::string& source, std::string_view runtime) {
    const char* name = runtime.starts_with("python") ? "index.py" : "index.js";
    zip_error_t error;
    zip_error_init(&error);
    auto* target = zip_source_buffer_create(nullptr, 0, 0, &error);
    zip_source_keep(target);
    auto* archive = zip_open_from_source(target, ZIP_TRUNCATE, &error);
    const auto index =
        zip_file_add(archive, name, zip_source_buffer(archive, source.data(), source.size(), 0), ZIP_FL_ENC_UTF_8);
    zip_file_set_external_attributes(archive, static_cast<zip_uint64_t>(index), 0, ZIP_OPSYS_UNIX, 0100644U << 16);
    // The same source gives the same package.
    zip_file_set_dostime(archive, static_cast<zip_uint64_t>(index), 0, 0x21, 0);
    zip_close(archive);
    std::string bytes;
    zip_source_open(target);
    zip_stat_t size;
    if (zip_source_stat(target, &size) == 0) {
        bytes.resize(size.size);
        zip_source_read(target, bytes.data(), bytes.size());
    }
    zip_source_close(target);
    zip_source_free(target);
    return bytes;
}

/// A template's Code, with inline source text made a package.
FunctionCode code_of(const json::object& properties) {
    FunctionCode code;
    const auto* given = properties.if_contains("Code");
    if (!given || !given->is_object()) return code;
    const auto& members = given->as_object();
    if (const auto* source = members.if_contains("ZipFile"); source && source->is_string()) {
        code.ZipFile = package_of_source(std::string(source->as_string()), string_or(properties, "Runtime"));
    }
    const auto take = [&](std::optional<std::string>& member, std::string_view name) {
        if (const auto text = string_or(members, name); !text.empty()) member = text;
    };
    take(code.S3Bucket, "S3Bucket");
    take(code.S3Key, "S3Key");
    take(code.S3ObjectVersion, "S3ObjectVersion");
    take(code.S3ObjectStorageMode, "S3ObjectStorageMode");
    take(code.ImageUri, "ImageUri");
    take(code.SourceKMSKeyArn, "SourceKMSKeyArn");
    return code;
}

class FunctionResource final : public contracts::ResourceType {
  public:
    explicit FunctionResource(contracts::Door& door) : lambda_(door) {}
    std::string_view name() const override { return "AWS::Lambda::Function"; }

    Task<Resource> create(Call& call, const ResourceContext& context, json::object properties) override {
        auto members = only_members("CreateFunction", properties, own_properties);
        members.erase("Code");
        members.erase("Tags");
        members.erase("Publish");
        if (!members.contains("FunctionName")) members["FunctionName"] = context.generated_name;
        members.insert_or_assign("Code", json::object());
        auto request = request_of<CreateFunctionRequest>("CreateFunction", members);
        request.Code = code_of(properties);
        auto& tags = request.Tags.emplace(contracts::merged_tags(context, properties));
        tags.emplace("aws:cloudformation:stack-name", context.stack_name);
        tags.emplace("aws:cloudformation:stack-id", context.stack_id);
        tags.emplace("aws:cloudformation:logical-id", context.logical_id);
        const auto function = request.FunctionName;
        try {
            co_await lambda_.create_function(call, std::move(request));
        } catch (const ResourceConflictException&) {
            if (properties.contains("FunctionName")) throw;
        }
        // If it exists and the name is this resource's own, an earlier try of the same step made it.
        if (properties.contains("ReservedConcurrentExecutions")) co_await reserve(call, function, properties);
        co_await set_further(call, function, json::object(), properties);
        co_return describe(co_await lambda_.get_function_configuration(call, {.FunctionName = function}));
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"FunctionName", "PackageType"});
    }

    Task<Resource> update(Call& call, const ResourceContext& context, std::string physical_id, json::object before,
                          json::object after) override {
        if (contracts::any_differs(before, after, {"Code", "Architectures"})) {
            auto code = code_of(after);
            UpdateFunctionCodeRequest request{.FunctionName = physical_id,
                                              .ZipFile = std::move(code.ZipFile),
                                              .S3Bucket = std::move(code.S3Bucket),
                                              .S3Key = std::move(code.S3Key),
                                              .S3ObjectVersion = std::move(code.S3ObjectVersion),
                                              .S3ObjectStorageMode = std::move(code.S3ObjectStorageMode),
                                              .ImageUri = std::move(code.ImageUri),
                                              .SourceKMSKeyArn = std::move(code.SourceKMSKeyArn)};
            if (const auto* list = after.if_contains("Architectures"); list && list->is_array()) {
                auto& architectures = request.Architectures.emplace();
                for (const auto& each : list->as_array()) architectures.push_back(std::string(each.as_string()));
            }
            co_await lambda_.update_function_code(call, std::move(request));
        }
        co_await update_tags(call, context, physical_id, before, after);
        if (contracts::any_differs(before, after, {"ReservedConcurrentExecutions"}))
            co_await reserve(call, physical_id, after);
        auto members =
            only_members("UpdateFunctionConfiguration", after,
                         {"ReservedConcurrentExecutions", "Code", "Tags", "Architectures", "PackageType",
                          "FunctionName", "RecursiveLoop", "RuntimeManagementConfig", "CodeSigningConfigArn"});
        co_await set_further(call, physical_id, before, after);
        members["FunctionName"] = physical_id;
        // What the template names no longer goes back to its default.
        for (const auto& [name, initial] : defaults()) {
            if (before.contains(name) && !members.contains(name)) members[name] = initial;
        }
        co_return describe(co_await lambda_.update_function_configuration(
            call, request_of<UpdateFunctionConfigurationRequest>("UpdateFunctionConfiguration", members)));
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await lambda_.delete_function(call, {.FunctionName = physical_id});
        } catch (const ResourceNotFoundException&) {
        }
    }

  private:
    /// Properties that operations of their own set.
    static constexpr std::initializer_list<std::string_view> own_properties{"ReservedConcurrentExecutions",
                                                                            "RecursiveLoop", "RuntimeManagementConfig"};

    Task<void> set_further(Call& call, std::string function, json::object before, json::object after) {
        if (contracts::any_differs(before, after, {"RecursiveLoop"})) {
            const auto loop = text_of(after, "RecursiveLoop");
            co_await lambda_.put_function_recursion_config(
                call, {.FunctionName = function, .RecursiveLoop = loop.empty() ? "Terminate" : loop});
        }
        if (contracts::any_differs(before, after, {"RuntimeManagementConfig"})) {
            json::object members{{"UpdateRuntimeOn", "Auto"}};
            if (const auto* given = after.if_contains("RuntimeManagementConfig"); given && given->is_object()) {
                members = given->as_object();
            }
            members["FunctionName"] = function;
            co_await lambda_.put_runtime_management_config(
                call, request_of<PutRuntimeManagementConfigRequest>("PutRuntimeManagementConfig", members));
        }
        if (before.empty() || !contracts::any_differs(before, after, {"CodeSigningConfigArn"})) co_return;
        if (const auto arn = text_of(after, "CodeSigningConfigArn"); !arn.empty()) {
            co_await lambda_.put_function_code_signing_config(call,
                                                              {.CodeSigningConfigArn = arn, .FunctionName = function});
        } else {
            co_await lambda_.delete_function_code_signing_config(call, {.FunctionName = function});
        }
    }

    static json::object defaults() {
        return {{"Description", ""},
                {"Timeout", 3},
                {"MemorySize", 128},
                {"Environment", json::object{{"Variables", json::object()}}},
                {"TracingConfig", json::object{{"Mode", "PassThrough"}}},
                {"DeadLetterConfig", json::object{{"TargetArn", ""}}},
                {"EphemeralStorage", json::object{{"Size", 512}}},
                {"ImageConfig", json::object()},
                {"Layers", json::array()},
                {"SnapStart", json::object{{"ApplyOn", "None"}}}};
    }

    static Resource describe(const FunctionConfiguration& configuration) {
        return {.physical_id = *configuration.FunctionName, .attributes = {{"Arn", *configuration.FunctionArn}}};
    }

    Task<void> reserve(Call& call, std::string function, const json::object& properties) {
        if (!properties.contains("ReservedConcurrentExecutions")) {
            co_await lambda_.delete_function_concurrency(call, {.FunctionName = function});
            co_return;
        }
        co_await lambda_.put_function_concurrency(
            call, request_of<PutFunctionConcurrencyRequest>(
                      "PutFunctionConcurrency",
                      {{"FunctionName", function},
                       {"ReservedConcurrentExecutions", properties.at("ReservedConcurrentExecutions")}}));
    }

    Task<void> update_tags(Call& call, const ResourceContext& context, std::string physical_id,
                           const json::object& before, const json::object& after) {
        const auto old_tags = contracts::merged_tags(context, before);
        auto new_tags = contracts::merged_tags(context, after);
        if (old_tags == new_tags) co_return;
        const auto arn = call.arn("lambda", "function:" + physical_id);
        UntagResourceRequest untag{.Resource = arn};
        for (const auto& [key, value] : old_tags) {
            if (!new_tags.contains(key)) untag.TagKeys.push_back(key);
        }
        if (!untag.TagKeys.empty()) co_await lambda_.untag_resource(call, std::move(untag));
        if (!new_tags.empty()) co_await lambda_.tag_resource(call, {.Resource = arn, .Tags = std::move(new_tags)});
    }

    Client lambda_;
};

class PermissionResource final : public contracts::ResourceType {
  public:
    explicit PermissionResource(contracts::Door& door) : lambda_(door) {}
    std::string_view name() const override { return "AWS::Lambda::Permission"; }

    Task<Resource> create(Call& call, const ResourceContext& context, json::object properties) override {
        auto members = only_members("AddPermission", properties);
        members["StatementId"] = context.generated_name;
        const auto request = request_of<AddPermissionRequest>("AddPermission", members);
        try {
            co_await lambda_.add_permission(call, request);
        } catch (const ResourceConflictException&) {
            // An earlier try of the same step added the statement.
        }
        co_return Resource{.physical_id = request.StatementId, .attributes = {{"Id", request.StatementId}}};
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return before != after;
    }

    Task<Resource> update(Call& call, const ResourceContext&, std::string physical_id, json::object,
                          json::object) override {
        co_return Resource{.physical_id = physical_id, .attributes = {{"Id", physical_id}}};
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string physical_id, json::object properties) override {
        try {
            co_await lambda_.remove_permission(
                call, {.FunctionName = text_of(properties, "FunctionName"), .StatementId = physical_id});
        } catch (const ResourceNotFoundException&) {
        }
    }

  private:
    Client lambda_;
};

class EventSourceMappingResource final : public contracts::ResourceType {
  public:
    explicit EventSourceMappingResource(contracts::Door& door) : lambda_(door) {}
    std::string_view name() const override { return "AWS::Lambda::EventSourceMapping"; }

    Task<Resource> create(Call& call, const ResourceContext& context, json::object properties) override {
        auto request = request_of<CreateEventSourceMappingRequest>(
            "CreateEventSourceMapping", only_members("CreateEventSourceMapping", without_tags(properties)));
        request.Tags = contracts::merged_tags(context, properties);
        const auto function = request.FunctionName;
        const auto source = request.EventSourceArn;
        try {
            co_return describe(co_await lambda_.create_event_source_mapping(call, std::move(request)));
        } catch (const ResourceConflictException&) {
        }
        auto list =
            co_await lambda_.list_event_source_mappings(call, {.EventSourceArn = source, .FunctionName = function});
        if (!list.EventSourceMappings || list.EventSourceMappings->empty()) {
            throw user_fault<ResourceConflictException>("The event source mapping exists already.");
        }
        co_return describe(list.EventSourceMappings->front());
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after,
                                      {"EventSourceArn", "StartingPosition", "StartingPositionTimestamp"});
    }

    Task<Resource> update(Call& call, const ResourceContext&, std::string physical_id, json::object before,
                          json::object after) override {
        auto members = only_members("UpdateEventSourceMapping", without_tags(after),
                                    {"EventSourceArn", "StartingPosition", "StartingPositionTimestamp"});
        members["UUID"] = physical_id;
        for (const auto& [name, initial] : json::object{{"BatchSize", from_stream(after) ? 100 : 10},
                                                        {"MaximumBatchingWindowInSeconds", 0},
                                                        {"Enabled", true},
                                                        {"FunctionResponseTypes", json::array()},
                                                        {"FilterCriteria", json::object()},
                                                        {"ScalingConfig", json::object()},
                                                        {"ParallelizationFactor", 1},
                                                        {"MaximumRecordAgeInSeconds", -1},
                                                        {"MaximumRetryAttempts", -1},
                                                        {"BisectBatchOnFunctionError", false},
                                                        {"TumblingWindowInSeconds", 0},
                                                        {"MetricsConfig", {{"Metrics", json::array()}}},
                                                        {"ProvisionedPollerConfig", json::object()},
                                                        {"DestinationConfig", {{"OnFailure", json::object()}}}}) {
            if (before.contains(name) && !members.contains(name)) members[name] = initial;
        }
        co_return describe(co_await lambda_.update_event_source_mapping(
            call, request_of<UpdateEventSourceMappingRequest>("UpdateEventSourceMapping", members)));
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await lambda_.delete_event_source_mapping(call, {.UUID = physical_id});
        } catch (const ResourceNotFoundException&) {
        }
    }

  private:
    static bool from_stream(const json::object& properties) {
        const auto source = Arn::parse(string_or(properties, "EventSourceArn"));
        return source && source->service == "dynamodb";
    }
    static json::object without_tags(json::object properties) {
        properties.erase("Tags");
        return properties;
    }
    static Resource describe(const EventSourceMappingConfiguration& configuration) {
        return {.physical_id = *configuration.UUID,
                .attributes = {{"Id", *configuration.UUID},
                               {"EventSourceMappingArn", configuration.EventSourceMappingArn.value_or("")}}};
    }

    Client lambda_;
};

}  // namespace

std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door) {
    std::vector<std::unique_ptr<contracts::ResourceType>> types;
    types.push_back(std::make_unique<FunctionResource>(door));
    types.push_back(std::make_unique<PermissionResource>(door));
    types.push_back(std::make_unique<EventSourceMappingResource>(door));
    add_published_resource_types(types, door);
    add_further_resource_types(types, door);
    return types;
}

}  // namespace cumulet::lambda
