// An API as requests find it: compiled once per version, then only read, from any thread.
#pragma once

#include <re2/re2.h>

#include <mutex>
#include <unordered_map>

#include "contracts/json_schema.h"
#include "services/apigateway/routing.h"
#include "services/apigateway/storage.h"
#include "velocity/template.h"

namespace cumulet::apigateway {

/// A template, or why it cannot be read.
using CompiledTemplate = std::expected<velocity::Template, std::string>;
using Templates = std::map<std::string, CompiledTemplate, std::less<>>;  ///< by content type

struct CompiledResponse {
    IntegrationResponse response;
    int status = 200;
    std::shared_ptr<const re2::RE2> pattern;  ///< nullptr for the default
    Templates templates;
};

struct CompiledMethod {
    std::string resource_id;
    std::string resource_path;
    Method method;
    Integration integration;
    aws::apigateway::MethodSetting settings;
    std::optional<RequestValidator> validator;
    std::map<std::string, std::expected<contracts::JsonSchema, std::string>> models;  ///< by content type
    std::optional<Authorizer> authorizer;
    Templates request_templates;
    std::vector<CompiledResponse> responses;
};

/// One deployment, with the variables that a stage gives it.
struct DeployedDefinition {
    std::string deployment_id;
    std::map<std::string, std::string> variables;
    RestApi api;
    std::vector<CompiledMethod> methods;
    RoutingTable routes;
    std::map<std::string, GatewayResponse, std::less<>> responses;  ///< by type, that the API has of its own
};

struct DeployedStage {
    Stage stage;
    std::string client_certificate;  ///< PEM with its key, "" for none
    DeployedDefinition main;
    std::optional<DeployedDefinition> canary;
};

struct DeployedApi {
    Address address;
    RestApi api;  ///< as it is now
    std::map<std::string, DeployedStage, std::less<>> stages;
};

DeployedDefinition compile_definition(Definition definition, const Stage& stage,
                                      std::map<std::string, std::string> variables);

/// The APIs that were asked for lately. A request costs one read of the store, of the version.
class DeployedApis {
  public:
    explicit DeployedApis(store::Store& store) : store_(store) {}
    /// nullptr if there is no API of that id.
    Task<std::shared_ptr<const DeployedApi>> find(std::string api_id);

  private:
    std::shared_ptr<const DeployedApi> known(const std::string& api_id, uint64_t version) const;
    void keep(std::shared_ptr<const DeployedApi> api);

    store::Store& store_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<const DeployedApi>> by_id_;
};

}  // namespace cumulet::apigateway
