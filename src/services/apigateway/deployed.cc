#include "services/apigateway/deployed.h"

#include <charconv>

#include "services/apigateway/stage.h"

namespace cumulet::apigateway {
namespace {

using TextMap = std::map<std::string, std::string>;

constexpr size_t most_kept = 1024;

Templates compile_templates(const std::optional<TextMap>& sources) {
    Templates templates;
    for (const auto& [type, source] : sources.value_or(TextMap()))
        templates.emplace(type, velocity::Template::parse(source));
    return templates;
}

CompiledResponse compile_response(const IntegrationResponse& response) {
    CompiledResponse compiled{.response = response, .pattern = {}, .templates = {}};
    const auto& status = *response.statusCode;
    std::from_chars(status.data(), status.data() + status.size(), compiled.status);
    const auto pattern = response.selectionPattern.value_or("");
    // Java's dot does not match the end of a line, as RE2's does not.
    if (!pattern.empty()) compiled.pattern = std::make_shared<const re2::RE2>(pattern, re2::RE2::Quiet);
    compiled.templates = compile_templates(response.responseTemplates);
    return compiled;
}

template <typename T>
std::optional<T> find_by_id(const std::vector<T>& items, const std::optional<std::string>& id) {
    if (!id) return std::nullopt;
    const auto found = std::ranges::find(items, id, &T::id);
    return found == items.end() ? std::nullopt : std::optional(*found);
}

CompiledMethod compile_method(const Definition& definition, const Stage& stage, const Resource& resource,
                              const Method& method) {
    CompiledMethod compiled;
    compiled.resource_id = *resource.id;
    compiled.resource_path = *resource.path;
    compiled.method = method;
    compiled.settings = settings_of(stage, compiled.resource_path, *method.httpMethod);
    compiled.validator = find_by_id(definition.validators, method.requestValidatorId);
    compiled.authorizer = find_by_id(definition.authorizers, method.authorizerId);
    const auto schema_of = [&](std::string_view name) -> std::optional<std::string> {
        for (const auto& model : definition.models)
            if (model.name == name) return model.schema;
        return std::nullopt;
    };
    for (const auto& [type, name] : method.requestModels.value_or(TextMap())) {
        if (const auto schema = schema_of(name))
            compiled.models.emplace(type, contracts::JsonSchema::parse(*schema, schema_of));
    }
    if (!method.methodIntegration) return compiled;
    compiled.integration = *method.methodIntegration;
    compiled.request_templates = compile_templates(compiled.integration.requestTemplates);
    const auto& responses = compiled.integration.integrationResponses;
    if (responses) {
        for (const auto& [status, response] : *responses) compiled.responses.push_back(compile_response(response));
    }
    return compiled;
}

TextMap merged(TextMap variables, const std::optional<TextMap>& overrides) {
    for (const auto& [name, value] : overrides.value_or(TextMap())) variables[name] = value;
    return variables;
}

Task<DeployedStage> compile_stage(store::Transaction& tx, Place place, Stage stage) {
    DeployedStage deployed;
    const auto variables = stage.variables.value_or(TextMap());
    const auto read = [&](const std::optional<std::string>& id) {
        return read_definition(tx, place, id.value_or("none"));
    };
    deployed.main = compile_definition(co_await read(stage.deploymentId), stage, variables);
    deployed.main.deployment_id = stage.deploymentId.value_or("");
    if (const auto& canary = stage.canarySettings) {
        deployed.canary = compile_definition(co_await read(canary->deploymentId), stage,
                                             merged(variables, canary->stageVariableOverrides));
        deployed.canary->deployment_id = canary->deploymentId.value_or("");
    }
    deployed.client_certificate = co_await certificate_and_key(tx, place, stage.clientCertificateId);
    deployed.stage = std::move(stage);
    co_return deployed;
}

Task<std::shared_ptr<const DeployedApi>> compile(store::Transaction& tx, Address address) {
    auto deployed = std::make_shared<DeployedApi>();
    deployed->address = address;
    deployed->api = co_await load_api(tx, address.place);
    for (auto& stage : co_await all_items<Stage>(tx, address.place)) {
        const auto name = *stage.stageName;
        deployed->stages.emplace(name, co_await compile_stage(tx, address.place, std::move(stage)));
    }
    co_return deployed;
}

}  // namespace

DeployedDefinition compile_definition(Definition definition, const Stage& stage,
                                      std::map<std::string, std::string> variables) {
    DeployedDefinition deployed;
    deployed.variables = std::move(variables);
    for (const auto& resource : definition.resources) {
        for (const auto& [name, method] : resource.resourceMethods.value_or(std::map<std::string, Method>())) {
            deployed.routes.add(*resource.path, name, deployed.methods.size());
            deployed.methods.push_back(compile_method(definition, stage, resource, method));
        }
    }
    for (auto& response : definition.responses) {
        const auto type = *response.responseType;
        deployed.responses.emplace(type, std::move(response));
    }
    deployed.api = std::move(definition.api);
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
        keep(deployed);
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
    const auto& id = api->address.place.owner;
    by_id_[id] = std::move(api);
}

}  // namespace cumulet::apigateway
