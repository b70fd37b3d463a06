#include "services/lambda/function.h"

#include <array>

#include "base/hash.h"
#include "contracts/reflect.h"
#include "services/lambda/fault.h"
#include "services/lambda/runtimes.h"

namespace cumulet::lambda {
namespace {

using aws::lambda::FunctionConfiguration;

constexpr size_t most_environment_bytes = 4096;
constexpr std::array<std::string_view, 20> reserved_variables{"_HANDLER",
                                                              "_X_AMZN_TRACE_ID",
                                                              "AWS_DEFAULT_REGION",
                                                              "AWS_REGION",
                                                              "AWS_EXECUTION_ENV",
                                                              "AWS_LAMBDA_FUNCTION_NAME",
                                                              "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                                              "AWS_LAMBDA_FUNCTION_VERSION",
                                                              "AWS_LAMBDA_INITIALIZATION_TYPE",
                                                              "AWS_LAMBDA_LOG_GROUP_NAME",
                                                              "AWS_LAMBDA_LOG_STREAM_NAME",
                                                              "AWS_ACCESS_KEY",
                                                              "AWS_ACCESS_KEY_ID",
                                                              "AWS_SECRET_ACCESS_KEY",
                                                              "AWS_SESSION_TOKEN",
                                                              "AWS_LAMBDA_RUNTIME_API",
                                                              "LAMBDA_TASK_ROOT",
                                                              "LAMBDA_RUNTIME_DIR",
                                                              "AWS_XRAY_CONTEXT_MISSING",
                                                              "AWS_XRAY_DAEMON_ADDRESS"};

const contracts::Shape& configuration_shape() {
    static const contracts::Shape& shape = *aws::lambda::service.find("GetFunctionConfiguration")->output;
    return shape;
}

void set_environment(FunctionConfiguration& configuration, const aws::lambda::Environment& environment) {
    const auto variables = environment.Variables.value_or(std::map<std::string, std::string>());
    std::string reserved;
    json::object measured;
    for (const auto& [name, value] : variables) {
        if (std::find(reserved_variables.begin(), reserved_variables.end(), name) != reserved_variables.end()) {
            reserved += (reserved.empty() ? "" : ", ") + name;
        }
        measured[name] = value;
    }
    if (!reserved.empty()) {
        throw invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. Reserved keys used "
            "in this request: " +
            reserved);
    }
    if (const auto text = json::serialize(measured); text.size() > most_environment_bytes) {
        throw invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided exceeded the 4KB limit. String measured: " +
            text);
    }
    configuration.Environment.emplace().Variables = variables;
}

/// Changes what is asked for; only the format JSON has levels.
void set_logging(FunctionConfiguration& configuration, const aws::lambda::LoggingConfig& asked) {
    if (!configuration.LoggingConfig) configuration.LoggingConfig.emplace();
    auto& logging = *configuration.LoggingConfig;
    if (asked.LogFormat) logging.LogFormat = asked.LogFormat;
    if (asked.LogGroup) logging.LogGroup = asked.LogGroup;
    if (asked.ApplicationLogLevel) logging.ApplicationLogLevel = asked.ApplicationLogLevel;
    if (asked.SystemLogLevel) logging.SystemLogLevel = asked.SystemLogLevel;
    if (!logging.LogFormat) logging.LogFormat = "Text";
    if (!logging.LogGroup) logging.LogGroup = "/aws/lambda/" + *configuration.FunctionName;
    if (*logging.LogFormat == "JSON") {
        if (!logging.ApplicationLogLevel) logging.ApplicationLogLevel = "INFO";
        if (!logging.SystemLogLevel) logging.SystemLogLevel = "INFO";
    } else if (!asked.ApplicationLogLevel && !asked.SystemLogLevel) {
        logging.ApplicationLogLevel.reset();
        logging.SystemLogLevel.reset();
    }
}

/// A runtime's version goes with its name and with the architecture.
void set_runtime_version(FunctionConfiguration& configuration) {
    if (!configuration.Runtime) return;
    auto text = *configuration.Runtime;
    const auto& architectures = configuration.Architectures;
    if (architectures && !architectures->empty() && architectures->front() != "x86_64") text += architectures->front();
    configuration.RuntimeVersionConfig.emplace().RuntimeVersionArn =
        fmt::format("arn:aws:lambda:{}::runtime:{}", Arn::parse(*configuration.FunctionArn)->region, sha256_hex(text));
}

void set_network(FunctionConfiguration& configuration, const aws::lambda::VpcConfig& asked) {
    auto& network = configuration.VpcConfig.emplace();
    network.SubnetIds = asked.SubnetIds.value_or(std::vector<std::string>());
    network.SecurityGroupIds = asked.SecurityGroupIds.value_or(std::vector<std::string>());
    network.VpcId = "";
    network.Ipv6AllowedForDualStack = asked.Ipv6AllowedForDualStack.value_or(false);
}

/// An image brings what a runtime, a handler and layers are for packages.
template <typename Request>
void check_package_type(const FunctionConfiguration& configuration, const Request& request) {
    if (configuration.PackageType != "Image") {
        // Unverified: the words.
        if (request.ImageConfig) throw invalid("Please don't provide ImageConfig for a function with packageType Zip.");
        return;
    }
    if (request.Runtime || request.Handler || (request.Layers && !request.Layers->empty())) {
        throw invalid(
            "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.");
    }
    // Unverified: the words.
    if (request.SnapStart && request.SnapStart->ApplyOn.value_or("None") != "None")
        throw invalid("SnapStart is not supported for functions with packageType Image.");
}

void set_image_config(FunctionConfiguration& configuration, const aws::lambda::ImageConfig& asked) {
    configuration.ImageConfigResponse.reset();
    if (asked == aws::lambda::ImageConfig{}) return;
    configuration.ImageConfigResponse.emplace().ImageConfig = asked;
}

/// What CreateFunction and UpdateFunctionConfiguration have in common.
template <typename Request>
void apply(FunctionConfiguration& configuration, const Request& request) {
    check_package_type(configuration, request);
    if (request.FileSystemConfigs && !request.FileSystemConfigs->empty()) {
        throw aws::not_implemented("lambda", "CreateFunction", "FileSystemConfigs");
    }
    if (request.Runtime) {
        configuration.Runtime = request.Runtime;
        set_runtime_version(configuration);
    }
    if (request.Handler) configuration.Handler = request.Handler;
    if (request.ImageConfig) set_image_config(configuration, *request.ImageConfig);
    if (request.Description) configuration.Description = request.Description;
    if (request.Timeout) configuration.Timeout = request.Timeout;
    if (request.MemorySize) configuration.MemorySize = request.MemorySize;
    if (request.KMSKeyArn) configuration.KMSKeyArn = request.KMSKeyArn;
    if (request.EphemeralStorage) configuration.EphemeralStorage = request.EphemeralStorage;
    if (request.Environment) set_environment(configuration, *request.Environment);
    if (request.VpcConfig) set_network(configuration, *request.VpcConfig);
    if (request.LoggingConfig) set_logging(configuration, *request.LoggingConfig);
    if (request.TracingConfig)
        configuration.TracingConfig.emplace().Mode = request.TracingConfig->Mode.value_or("PassThrough");
    if (request.SnapStart) {
        auto& snap_start = configuration.SnapStart.emplace();
        snap_start.ApplyOn = request.SnapStart->ApplyOn.value_or("None");
        snap_start.OptimizationStatus = "Off";
        if (snap_start.ApplyOn == "PublishedVersions" && !has_snap_start(configuration.Runtime.value_or(""))) {
            throw invalid(fmt::format("{} is not supported for SnapStart enabled functions.", *configuration.Runtime));
        }
    }
    if (request.DeadLetterConfig && request.DeadLetterConfig->TargetArn) {
        configuration.DeadLetterConfig = request.DeadLetterConfig;
        if (request.DeadLetterConfig->TargetArn->empty()) configuration.DeadLetterConfig.reset();
    }
}

}  // namespace

std::string Function::text() const {
    json::object record{{"configuration", contracts::to_json(configuration_shape(), &configuration)},
                        {"code", code_blob},
                        {"unzipped", unzipped_bytes}};
    if (!hot_folder.empty()) record["hot_folder"] = hot_folder;
    if (image) record["image"] = to_json(*image);
    if (!tags.empty()) {
        json::object each;
        for (const auto& [key, value] : tags) each[key] = value;
        record["tags"] = std::move(each);
    }
    if (last_version) record["last_version"] = last_version;
    if (reserved_concurrency) record["reserved_concurrency"] = *reserved_concurrency;
    if (!code_signing.empty()) record["code_signing"] = code_signing;
    if (recursive_loop != "Terminate") record["recursive_loop"] = recursive_loop;
    if (update_runtime_on != "Auto") record["update_runtime_on"] = update_runtime_on;
    if (!runtime_version_arn.empty()) record["runtime_version_arn"] = runtime_version_arn;
    record["build"] = build;
    return json::serialize(record);
}

Function Function::parse(std::string_view text) {
    const auto record = json::parse(text).as_object();
    Function function;
    contracts::from_json(configuration_shape(), &function.configuration, record.at("configuration"));
    function.code_blob = string_or(record, "code");
    function.hot_folder = string_or(record, "hot_folder");
    if (const auto* image = record.if_contains("image")) function.image = image_from_json(*image);
    if (const auto* size = record.if_contains("unzipped")) function.unzipped_bytes = size->as_int64();
    function.code_signing = string_or(record, "code_signing");
    function.recursive_loop = string_or(record, "recursive_loop", "Terminate");
    function.update_runtime_on = string_or(record, "update_runtime_on", "Auto");
    function.runtime_version_arn = string_or(record, "runtime_version_arn");
    function.build = string_or(record, "build", *function.configuration.RevisionId);
    if (const auto* tags = record.if_contains("tags")) {
        for (const auto& [key, value] : tags->as_object()) function.tags[key] = value.as_string();
    }
    if (const auto* number = record.if_contains("last_version")) function.last_version = number->as_int64();
    if (const auto* number = record.if_contains("reserved_concurrency")) {
        function.reserved_concurrency = static_cast<int32_t>(number->as_int64());
    }
    return function;
}

Function new_function(const Call& call, const FunctionName& name, const aws::lambda::CreateFunctionRequest& request) {
    if (request.DurableConfig) throw aws::not_implemented("lambda", "CreateFunction", "DurableConfig");
    if (request.CapacityProviderConfig)
        throw aws::not_implemented("lambda", "CreateFunction", "CapacityProviderConfig");
    if (request.TenancyConfig) throw aws::not_implemented("lambda", "CreateFunction", "TenancyConfig");
    if (request.PublishTo) throw aws::not_implemented("lambda", "CreateFunction", "PublishTo");
    const bool packaged = request.PackageType.value_or("Zip") == "Zip";
    if (packaged && (!request.Runtime || (!request.Handler && !request.Runtime->starts_with("provided")))) {
        throw invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.");
    }
    Function function{.configuration = {},
                      .code_blob = {},
                      .hot_folder = {},
                      .image = {},
                      .tags = request.Tags.value_or(std::map<std::string, std::string>())};
    auto& configuration = function.configuration;
    configuration.FunctionName = name.name;
    configuration.FunctionArn = name.unqualified_arn();
    configuration.Role = request.Role;
    configuration.Version = latest;
    configuration.PackageType = request.PackageType.value_or("Zip");
    configuration.Description = "";
    configuration.Timeout = 3;
    configuration.MemorySize = 128;
    configuration.EphemeralStorage.emplace().Size = 512;
    configuration.Architectures = request.Architectures.value_or(std::vector<std::string>{"x86_64"});
    configuration.TracingConfig.emplace().Mode = "PassThrough";
    configuration.SnapStart.emplace().ApplyOn = "None";
    configuration.SnapStart->OptimizationStatus = "Off";
    configuration.State = "Active";
    configuration.LastUpdateStatus = "Successful";
    set_logging(configuration, {});
    apply(configuration, request);
    return function;
}

aws::lambda::InvalidParameterValueException no_signed_images() {
    // Unverified: the words.
    return invalid("Code signing is not supported for functions with packageType Image.");
}

void configure(Function& function, const aws::lambda::UpdateFunctionConfigurationRequest& request) {
    if (request.Role) function.configuration.Role = request.Role;
    apply(function.configuration, request);
}

void set_code(Function& function, const Package& package,
              const std::optional<std::vector<std::string>>& architectures) {
    function.code_blob = package.blob;
    function.hot_folder = package.hot_folder;
    function.image = package.image;
    function.configuration.State = "Active";  // whatever became of the image before
    function.configuration.StateReason.reset();
    function.configuration.StateReasonCode.reset();
    function.unzipped_bytes = package.unzipped_bytes;
    function.configuration.CodeSha256 = package.sha256;
    function.configuration.CodeSize = package.size_bytes;
    if (architectures && !architectures->empty()) {
        function.configuration.Architectures = architectures;
        set_runtime_version(function.configuration);
    }
}

void touch(Function& function, std::string revision, Time now) {
    function.build = revision;
    function.configuration.LastModified = format_modified(now);
    revise(function, std::move(revision));
}

void revise(Function& function, std::string revision) { function.configuration.RevisionId = std::move(revision); }

void check_revision(const Function& function, const std::optional<std::string>& seen) {
    if (!seen || *seen == function.revision()) return;
    throw user_fault<aws::lambda::PreconditionFailedException>(
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve "
        "the "
        "latest Revision Id");
}

Function publish(const Function& current, int64_t number, const std::optional<std::string>& description) {
    Function version{.configuration = current.configuration,
                     .code_blob = current.code_blob,
                     .hot_folder = current.hot_folder,
                     .image = current.image,
                     .unzipped_bytes = current.unzipped_bytes};
    version.build = current.build;
    version.configuration.Version = std::to_string(number);
    version.configuration.FunctionArn = fmt::format("{}:{}", *current.configuration.FunctionArn, number);
    if (description) version.configuration.Description = description;
    if (auto& snap_start = version.configuration.SnapStart; snap_start && snap_start->ApplyOn == "PublishedVersions") {
        snap_start->OptimizationStatus = "On";
    }
    return version;
}

bool same_as(const Function& version, const Function& current) {
    if (version.build == current.build) return true;
    auto a = version.configuration;
    auto b = current.configuration;
    for (auto* each : {&a, &b}) {
        each->Version.reset();
        each->FunctionArn.reset();
        each->RevisionId.reset();
        each->LastModified.reset();
        if (each->SnapStart) each->SnapStart->OptimizationStatus.reset();
    }
    return a == b;
}

aws::lambda::FunctionConfiguration listed(const Function& function) {
    auto shown = function.configuration;
    shown.State.reset();
    shown.StateReason.reset();
    shown.StateReasonCode.reset();
    shown.LastUpdateStatus.reset();
    shown.LastUpdateStatusReason.reset();
    shown.LastUpdateStatusReasonCode.reset();
    shown.RuntimeVersionConfig.reset();
    return shown;
}

std::string format_modified(Time time) {
    auto text = format_iso8601_millis(time);
    text.pop_back();
    return text + "+0000";
}

}  // namespace cumulet::lambda
