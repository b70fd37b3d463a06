#include "services/apigatewayv2/deployed.h"

#include "services/apigatewayv2/http_api.h"

namespace cumulet::apigatewayv2 {
namespace {

using aws::apigatewayv2::RouteSettings;

constexpr size_t most_kept = 1024;

using Variables = std::map<std::string, std::string>;

Variables variables_of(const Stage& stage) { return stage.StageVariables.value_or(Variables()); }

/// The function that a URI names, without one if it names none.
FunctionTarget target_of(const std::string& uri, const std::string& role, const Variables& variables) {
    FunctionTarget target{.function = {}, .qualifier = {}, .role = role};
    const auto whole = with_stage_variables(uri, variables);
    auto function = whole ? function_of(*whole) : std::nullopt;
    if (!function) return target;
    // arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]
    if (std::ranges::count(*function, ':') == 7) {
        const auto colon = function->rfind(':');
        target.qualifier = function->substr(colon + 1);
        function->resize(colon);
    }
    target.function = std::move(*function);
    return target;
}

Authorization authorization_of(const Route& route, const Definition& definition, const Variables& variables) {
    Authorization authorization;
    authorization.type = route.AuthorizationType.value_or("NONE");
    authorization.scopes = route.AuthorizationScopes.value_or(std::vector<std::string>());
    const auto found = std::ranges::find(definition.authorizers, route.AuthorizerId, &Authorizer::AuthorizerId);
    if (!route.AuthorizerId || found == definition.authorizers.end()) return authorization;
    authorization.authorizer = std::make_shared<const Authorizer>(*found);
    authorization.function =
        target_of(found->AuthorizerUri.value_or(""), found->AuthorizerCredentialsArn.value_or(""), variables);
    return authorization;
}

RoutedTo route_to(const Route& route, const Integration* integration, const Variables& variables) {
    RoutedTo routed;
    routed.route_key = route.RouteKey;
    if (!integration) return routed;
    routed.payload_version = integration->PayloadFormatVersion.value_or("2.0");
    routed.timeout = std::chrono::milliseconds(integration->TimeoutInMillis.value_or(longest_timeout_ms));
    routed.integration = std::make_shared<const Integration>(*integration);
    const auto uri = integration->IntegrationUri.value_or("");
    routed.uri = with_stage_variables(uri, variables).value_or("");
    if (integration->IntegrationType.value_or("").starts_with("AWS")) {
        routed.target = target_of(uri, integration->CredentialsArn.value_or(""), variables);
    }
    return routed;
}

contracts::LogLevel log_level_of(const RouteSettings& settings) {
    return contracts::log_level_of(settings.LoggingLevel.value_or("OFF"), settings.DataTraceEnabled.value_or(false));
}

/// The stage's settings for a route: its own, each over the stage's usual one.
void apply_settings(const Stage& stage, RoutedTo& routed) {
    RouteSettings settings = stage.DefaultRouteSettings.value_or(RouteSettings());
    if (stage.RouteSettings) {
        const auto own = stage.RouteSettings->find(routed.route_key);
        if (own != stage.RouteSettings->end()) {
            const auto& over = own->second;
            if (over.DataTraceEnabled) settings.DataTraceEnabled = over.DataTraceEnabled;
            if (over.LoggingLevel) settings.LoggingLevel = over.LoggingLevel;
            if (over.DetailedMetricsEnabled) settings.DetailedMetricsEnabled = over.DetailedMetricsEnabled;
            if (over.ThrottlingBurstLimit) settings.ThrottlingBurstLimit = over.ThrottlingBurstLimit;
            if (over.ThrottlingRateLimit) settings.ThrottlingRateLimit = over.ThrottlingRateLimit;
        }
    }
    routed.log_level = log_level_of(settings);
    routed.detailed_metrics = settings.DetailedMetricsEnabled.value_or(false);
    if (!settings.ThrottlingRateLimit && !settings.ThrottlingBurstLimit) return;
    auto& limits = routed.limits.emplace();
    limits.rate_per_second = settings.ThrottlingRateLimit.value_or(limits.rate_per_second);
    limits.burst = settings.ThrottlingBurstLimit.value_or(limits.burst);
}

Task<std::shared_ptr<const DeployedApi>> compile(store::Transaction& tx, Address address) {
    const auto api = co_await find_api(tx, address.place);
    if (!api) co_return nullptr;
    auto deployed = std::make_shared<DeployedApi>();
    deployed->address = address;
    deployed->endpoint_disabled = api->DisableExecuteApiEndpoint.value_or(false);
    deployed->cors = api->CorsConfiguration;
    if (api->ProtocolType == "WEBSOCKET") {
        deployed->web_socket = {.route_selection = api->RouteSelectionExpression,
                                .api_key_selection = api->ApiKeySelectionExpression.value_or(""),
                                .stages = {}};
    }
    const auto live = co_await live_definition(tx, address.place);
    for (const auto& stage : co_await all_items<Stage>(tx, address.place)) {
        Definition snapshot;
        const bool current = stage.AutoDeploy.value_or(false);
        if (!current && stage.DeploymentId) snapshot = co_await find_snapshot(tx, address.place, *stage.DeploymentId);
        const auto& definition = current ? live : snapshot;
        if (deployed->web_socket) {
            deployed->web_socket->stages.emplace(stage.StageName, compile_web_socket_stage(stage, definition));
        } else {
            deployed->stages.emplace(stage.StageName, compile_stage(stage, definition));
        }
    }
    co_return deployed;
}

}  // namespace

namespace {

/// Calls `take` with each route and what stands behind it.
template <typename Take>
void compile_routes(const Stage& stage, const Definition& definition, const Variables& variables, Take take) {
    std::map<std::string, const Integration*> integrations;
    for (const auto& integration : definition.integrations)
        integrations[integration.IntegrationId.value_or("")] = &integration;
    for (const auto& route : definition.routes) {
        const auto found = route.Target ? integrations.find(integration_id_of(*route.Target)) : integrations.end();
        auto routed = route_to(route, found == integrations.end() ? nullptr : found->second, variables);
        routed.authorization = authorization_of(route, definition, variables);
        apply_settings(stage, routed);
        take(route, std::move(routed));
    }
}

template <typename Part>
std::vector<Part> parts_of(const std::map<std::string, std::vector<Part>>& by_owner, const std::string& owner_id) {
    const auto found = by_owner.find(owner_id);
    return found == by_owner.end() ? std::vector<Part>() : found->second;
}

}  // namespace

DeployedStage compile_stage(const Stage& stage, const Definition& definition) {
    DeployedStage deployed{
        .name = stage.StageName, .variables = variables_of(stage), .routes = {}, .access_log = stage.AccessLogSettings};
    compile_routes(stage, definition, deployed.variables,
                   [&](const Route&, RoutedTo routed) { deployed.routes.add(std::move(routed)); });
    return deployed;
}

WebSocketStage compile_web_socket_stage(const Stage& stage, const Definition& definition) {
    WebSocketStage deployed{
        .name = stage.StageName, .variables = variables_of(stage), .routes = {}, .access_log = stage.AccessLogSettings};
    deployed.log_level = log_level_of(stage.DefaultRouteSettings.value_or(RouteSettings()));
    compile_routes(stage, definition, deployed.variables, [&](const Route& route, RoutedTo routed) {
        const auto integration_id = routed.integration ? routed.integration->IntegrationId.value_or("") : "";
        auto compiled = compile_web_socket_route(
            route, std::move(routed), parts_of(definition.integration_responses, integration_id), definition);
        const auto answers = parts_of(definition.route_responses, route.RouteId.value_or(""));
        compiled.two_way = route.RouteResponseSelectionExpression.value_or("") == default_route && !answers.empty();
        deployed.routes.emplace(route.RouteKey, std::move(compiled));
    });
    return deployed;
}

Task<std::shared_ptr<const DeployedApi>> DeployedApis::find(std::string api_id) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::shared_ptr<const DeployedApi>> {
        const auto address = co_await find_address(tx, api_id);
        if (!address) co_return nullptr;
        auto deployed = known(api_id, address->version);
        if (deployed) co_return deployed;
        deployed = co_await compile(tx, *address);
        // Kept before the commit: a conflict would mean another version, which this is then not taken for.
        if (deployed) keep(deployed);
        co_return deployed;
    });
}

std::shared_ptr<const DeployedApi> DeployedApis::known(const std::string& api_id, uint64_t version) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(api_id);
    return found != by_id_.end() && found->second->address.version == version ? found->second : nullptr;
}

void DeployedApis::keep(std::shared_ptr<const DeployedApi> api) {
    const std::lock_guard lock(mutex_);
    if (by_id_.size() >= most_kept) by_id_.clear();
    const auto& id = api->address.place.api_id;
    by_id_[id] = std::move(api);
}

}  // namespace cumulet::apigatewayv2
