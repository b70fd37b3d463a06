#include "services/apigateway/stage.h"

#include <charconv>

#include "contracts/access_log.h"
#include "services/apigateway/rest_api.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr PatchRule rules[] = {
    {"/deploymentId", "replace copy"},
    {"/description", "replace"},
    {"/cacheClusterEnabled", "replace", Patched::flag},
    {"/cacheClusterSize", "replace"},
    {"/clientCertificateId", "replace"},
    {"/documentationVersion", "replace"},
    {"/tracingEnabled", "replace", Patched::flag},
    {"/webAclArn", "replace"},
    {"/accessLogSettings", "remove"},
    {"/accessLogSettings/destinationArn", "replace add remove"},
    {"/accessLogSettings/format", "replace add remove"},
    {"/variables", "copy"},
    {"/variables/{name}", "replace add remove"},
    {"/canarySettings", "remove"},
    {"/canarySettings/percentTraffic", "replace add", Patched::real},
    {"/canarySettings/deploymentId", "replace"},
    {"/canarySettings/useStageCache", "replace add", Patched::flag},
    {"/canarySettings/stageVariableOverrides/{name}", "replace add remove"},
};
constexpr PatchTable table{rules, PatchWords::names_path};

struct SettingPath {
    std::string_view path;
    std::string_view member;
    Patched kind;
};
constexpr SettingPath setting_paths[] = {
    {"metrics/enabled", "metricsEnabled", Patched::flag},
    {"logging/loglevel", "loggingLevel", Patched::text},
    {"logging/dataTrace", "dataTraceEnabled", Patched::flag},
    {"throttling/burstLimit", "throttlingBurstLimit", Patched::number},
    {"throttling/rateLimit", "throttlingRateLimit", Patched::real},
    {"caching/enabled", "cachingEnabled", Patched::flag},
    {"caching/ttlInSeconds", "cacheTtlInSeconds", Patched::number},
    {"caching/dataEncrypted", "cacheDataEncrypted", Patched::flag},
    {"caching/requireAuthorizationForCacheControl", "requireAuthorizationForCacheControl", Patched::flag},
    {"caching/unauthorizedCacheControlHeaderStrategy", "unauthorizedCacheControlHeaderStrategy", Patched::text},
};

MethodSetting default_setting() {
    MethodSetting setting;
    setting.metricsEnabled = false;
    setting.dataTraceEnabled = false;
    setting.throttlingBurstLimit = 5000;
    setting.throttlingRateLimit = 10'000;
    setting.cachingEnabled = false;
    setting.cacheTtlInSeconds = 300;
    setting.cacheDataEncrypted = false;
    setting.requireAuthorizationForCacheControl = true;
    setting.unauthorizedCacheControlHeaderStrategy = "SUCCEED_WITH_RESPONSE_HEADER";
    return setting;
}

/// The key of a method's settings: "pets/{id}/GET", "*/*".
std::string setting_key(std::string_view resource_path, std::string_view http_method) {
    if (resource_path.starts_with('/')) resource_path.remove_prefix(1);
    return fmt::format("{}/{}", resource_path, http_method);
}

bool is_method(std::string_view text) {
    constexpr std::string_view methods[] = {"GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY", "*"};
    return std::ranges::find(methods, text) != std::end(methods);
}

[[noreturn]] void refuse_setting(std::string_view path) {
    constexpr std::string_view settings[] = {"metrics/enabled",
                                             "logging/dataTrace",
                                             "logging/loglevel",
                                             "throttling/burstLimit",
                                             "throttling/rateLimit",
                                             "caching/ttlInSeconds",
                                             "caching/enabled",
                                             "caching/dataEncrypted",
                                             "caching/requireAuthorizationForCacheControl",
                                             "caching/unauthorizedCacheControlHeaderStrategy"};
    // AWS leaves out separators after these.
    const auto block = [&](std::string_view prefix, std::string_view joint) {
        std::string text;
        for (const auto setting : settings) {
            const bool unseparated = setting == "throttling/burstLimit" || setting == "throttling/rateLimit";
            text += fmt::format("{}{}{}", prefix, setting, unseparated ? joint : ", ");
        }
        return text;
    };
    throw BadRequestException(fmt::format(
        "Invalid method setting path: {}. Must be one of: [/deploymentId, /description, /cacheClusterEnabled, "
        "/cacheClusterSize, /clientCertificateId, /accessLogSettings, /accessLogSettings/destinationArn, "
        "/accessLogSettings/format, {}{}/variables/{{variable_name}}, /tracingEnabled]",
        path, block("/{resourcePath}/{httpMethod}/", ""), block("/*/*/", " ")));
}

json::value setting_value(const SettingPath& setting, const PatchOperation& patch) {
    const auto text = patch.value.value_or("");
    if (setting.kind == Patched::flag) return text == "true";
    if (setting.member == "loggingLevel" && text != "OFF" && text != "ERROR" && text != "INFO") {
        // Unverified: the words.
        throw BadRequestException(
            fmt::format("Invalid logging level specified: {}. Must be one of: OFF, ERROR, INFO", text));
    }
    if (setting.member == "cacheTtlInSeconds") {
        int ttl = -1;
        std::from_chars(text.data(), text.data() + text.size(), ttl);
        if (ttl < 0 || ttl > 3600)
            throw BadRequestException("Invalid cache TTL, must be between 0 and 3600");  // Unverified: the words.
    }
    return json::string(text);
}

/// AWS takes a path of two segments that it does not know for that of a method.
[[noreturn]] void refuse_removal(std::string_view path) {
    throw BadRequestException(fmt::format(
        "Cannot remove method setting {} because there is no method setting for this method ", path.substr(1)));
}

/// "/{resourcePath}/{httpMethod}/…", and "/{resourcePath}/{httpMethod}" to remove what was set. False if it is none.
bool patch_setting(json::object& record, const PatchOperation& patch, const std::vector<std::string>& segments) {
    if (segments.size() != 2 && segments.size() != 4) return false;
    if (!is_method(segments[1])) return false;
    const auto key = setting_key(segments[0], segments[1]);
    auto& settings = record["methodSettings"];
    if (!settings.is_object()) settings.emplace_object();
    if (segments.size() == 2) {
        if (patch.op != "remove") refuse_setting(*patch.path);
        settings.as_object().erase(key);
        return true;
    }
    const auto name = segments[2] + "/" + segments[3];
    const auto found = std::ranges::find(setting_paths, std::string_view(name), &SettingPath::path);
    if (found == std::end(setting_paths)) refuse_setting(*patch.path);
    if (patch.op != "replace" && patch.op != "add")
        throw BadRequestException("Invalid patch operation specified. Must be one of: [replace]");
    auto& setting = settings.as_object()[key];
    if (!setting.is_object()) {
        const auto fresh = default_setting();
        const auto& shape = *aws::apigateway::service.find("GetStage")->output;
        const auto& map = *std::ranges::find(shape.members, "methodSettings", &contracts::Member::name)->shape;
        setting = contracts::to_json(*map.element, &fresh);
    }
    setting.as_object()[found->member] = setting_value(*found, patch);
    return true;
}

bool is_known(std::string_view path) {
    const auto segments = split_pointer(path);
    return std::ranges::any_of(rules, [&](const PatchRule& rule) {
        const auto pattern = split_pointer(rule.path);
        if (pattern.size() != segments.size()) return false;
        for (size_t i = 0; i < pattern.size(); ++i)
            if (!pattern[i].starts_with('{') && pattern[i] != segments[i]) return false;
        return true;
    });
}

}  // namespace

Stage new_stage(std::string name, std::string deployment_id, Time now) {
    Stage stage;
    stage.stageName = std::move(name);
    stage.deploymentId = std::move(deployment_id);
    stage.cacheClusterEnabled = false;
    stage.cacheClusterStatus = "NOT_AVAILABLE";
    stage.methodSettings.emplace();
    stage.tracingEnabled = false;
    stage.createdDate = stage.lastUpdatedDate = now;
    return stage;
}

void settle_stage(Stage& stage) {
    const bool cached = stage.cacheClusterEnabled.value_or(false);
    stage.cacheClusterStatus = cached ? "AVAILABLE" : "NOT_AVAILABLE";
    if (cached && !stage.cacheClusterSize) stage.cacheClusterSize = "0.5";
    if (stage.canarySettings) {
        auto& canary = *stage.canarySettings;
        if (!canary.deploymentId) canary.deploymentId = stage.deploymentId;
        if (!canary.percentTraffic) canary.percentTraffic = 0;
        if (!canary.useStageCache) canary.useStageCache = false;
    }
    if (stage.clientCertificateId == "") stage.clientCertificateId.reset();
    if (!stage.methodSettings) stage.methodSettings.emplace();
    const auto& log = stage.accessLogSettings;
    if (log && log->destinationArn && !contracts::log_group_of(*log->destinationArn))
        throw unsupported("access logs to " + *log->destinationArn);
    check_stage(stage);
}

Stage patched_stage(const Stage& stage, const Patches& patches) {
    const auto& shape = *aws::apigateway::service.find("GetStage")->output;
    auto json = contracts::to_json(shape, &stage);
    for (const auto& patch : patches.value_or(std::vector<PatchOperation>())) {
        const auto path = patch.path.value_or("");
        if (patch_setting(json.as_object(), patch, split_pointer(path))) continue;
        if (!is_known(path)) {
            if (patch.op == "remove" && split_pointer(path).size() == 2) refuse_removal(path);
            refuse_setting(path);
        }
        if (patch.op == "add" && path == "/canarySettings/deploymentId")
            throw BadRequestException("Invalid add operation with path: " + path);
        // The variables of the canary are added to the stage's.
        if (patch.op == "copy" && path == "/variables") {
            const auto* canary = json.as_object().if_contains("canarySettings");
            const auto* overrides = canary ? find(*canary, "stageVariableOverrides") : nullptr;
            auto& variables = json.as_object()["variables"];
            if (!variables.is_object()) variables.emplace_object();
            if (overrides && overrides->is_object())
                for (const auto& [name, value] : overrides->as_object()) variables.as_object()[name] = value;
            continue;
        }
        apply_patches(json.as_object(), table, std::vector{patch});
    }
    Stage result;
    contracts::from_json(shape, &result, json);
    settle_stage(result);
    return result;
}

MethodSetting settings_of(const Stage& stage, std::string_view resource_path, std::string_view http_method) {
    if (stage.methodSettings) {
        for (const auto& key : {setting_key(resource_path, http_method), std::string("*/*")}) {
            const auto found = stage.methodSettings->find(key);
            if (found != stage.methodSettings->end()) return found->second;
        }
    }
    return default_setting();
}

}  // namespace cumulet::apigateway
