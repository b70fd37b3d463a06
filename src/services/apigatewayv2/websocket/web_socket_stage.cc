#include "services/apigatewayv2/websocket/web_socket_stage.h"

#include "services/apigatewayv2/http_api.h"

namespace cumulet::apigatewayv2 {
namespace {

Templates compile_templates(const std::optional<std::map<std::string, std::string>>& sources) {
    Templates templates;
    if (!sources) return templates;
    for (const auto& [key, source] : *sources) {
        // What cannot be parsed was refused when it was written.
        if (auto parsed = velocity::Template::parse(source)) templates.emplace(key, std::move(*parsed));
    }
    return templates;
}

CompiledIntegrationResponse compile_response(IntegrationResponse response) {
    CompiledIntegrationResponse compiled;
    const std::string_view key = response.IntegrationResponseKey;
    if (key != default_route) {
        compiled.pattern =
            std::make_shared<const re2::RE2>(std::string(key.substr(1, key.size() - 2)), re2::RE2::Quiet);
    }
    compiled.templates = compile_templates(response.ResponseTemplates);
    compiled.response = std::move(response);
    return compiled;
}

}  // namespace

Models read_models(const Route& route, const Definition& definition) {
    const auto schema_of = [&](std::string_view name) -> std::optional<std::string> {
        const auto* found = find_model(definition.models, name);
        return found ? found->Schema : std::nullopt;
    };
    Models models;
    for (const auto& [key, name] : route.RequestModels.value_or(std::map<std::string, std::string>())) {
        const auto schema = schema_of(name);
        models.emplace(key, schema ? contracts::JsonSchema::parse(*schema, schema_of)
                                   : std::unexpected(fmt::format("There is no model {}", name)));
    }
    return models;
}

WebSocketRoute compile_web_socket_route(const Route& route, RoutedTo to, std::vector<IntegrationResponse> responses,
                                        const Definition& definition) {
    WebSocketRoute compiled;
    compiled.models = read_models(route, definition);
    if (to.integration) compiled.request_templates = compile_templates(to.integration->RequestTemplates);
    compiled.route = route;
    compiled.to = std::move(to);
    for (auto& response : responses) compiled.responses.push_back(compile_response(std::move(response)));
    return compiled;
}

}  // namespace cumulet::apigatewayv2
