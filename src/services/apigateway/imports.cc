// ImportRestApi, PutRestApi, ImportDocumentationParts.
// https://docs.aws.amazon.com/apigateway/latest/api/API_ImportRestApi.html

#include "services/apigateway/open_api.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

using TextMap = std::map<std::string, std::string>;

void check_parameters(const std::optional<TextMap>& parameters) {
    for (const auto& [name, value] : parameters.value_or(TextMap())) {
        if (name == "mode" || name == "failonwarnings") continue;  // members of their own, seen twice
        if (name == "basepath" && (value == "ignore" || value == "prepend" || value == "split")) continue;
        if (name == "ignore" && value == "documentation") continue;
        if (name == "endpointConfigurationTypes") continue;
        throw unsupported(fmt::format("imports with the parameter {}={}", name, value));
    }
}

ImportChoice choice_of(const std::optional<TextMap>& parameters) {
    ImportChoice choice;
    for (const auto& [name, value] : parameters.value_or(TextMap())) {
        if (name == "basepath" && value == "prepend") choice.base_path = BasePathUse::prepend;
        if (name == "basepath" && value == "split") choice.base_path = BasePathUse::split;
        if (name == "ignore" && value == "documentation") choice.documentation = false;
    }
    return choice;
}

void apply_endpoint_type(RestApi& api, const std::optional<TextMap>& parameters) {
    const auto given = parameters ? parameters->find("endpointConfigurationTypes") : TextMap::const_iterator();
    if (!parameters || given == parameters->end()) return;
    api.endpointConfiguration->types = {given->second};
    api.endpointConfiguration->ipAddressType = given->second == "PRIVATE" ? "dualstack" : "ipv4";
}

/// The API alone, with nothing but its root.
Definition bare(RestApi api) {
    Definition definition;
    Resource root;
    root.id = api.rootResourceId;
    root.path = "/";
    definition.resources.push_back(std::move(root));
    definition.api = std::move(api);
    return definition;
}

}  // namespace

Task<RestApi> Service::import_rest_api(Call& call, ImportRestApiRequest request) {
    check_parameters(request.parameters);
    RestApi api;
    api.id = new_id(call.random(), 10);
    api.rootResourceId = new_id(call.random(), 10);
    api.createdDate = call.now();
    api.apiKeySource = "HEADER";
    api.disableExecuteApiEndpoint = false;
    api.endpointConfiguration = {.types = {{"EDGE"}}, .ipAddressType = "ipv4"};
    apply_endpoint_type(api, request.parameters);
    auto base = bare(std::move(api));
    base.models = default_models(call.random());
    const auto definition = read_open_api(request.body, call.random(), std::move(base), choice_of(request.parameters));
    check_api(definition.api);
    const auto place = place_of(call, *definition.api.id);
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_room<RestApi>(tx, place_of(call));
        save_api(tx, place, definition.api);
        save_definition(tx, place, definition);
        save_address(tx, place, version);
    });
    co_return shown(definition.api);
}

Task<RestApi> Service::put_rest_api(Call& call, PutRestApiRequest request) {
    check_parameters(request.parameters);
    const auto mode = request.mode.value_or("merge");
    const auto place = place_of(call, request.restApiId);
    const auto version = call.random().next();
    co_return shown(co_await store_.transact([&](store::Transaction& tx) -> Task<RestApi> {
        auto base = co_await read_definition(tx, place, "");
        if (mode == "overwrite") {
            auto models = default_models(call.random());
            base = bare(std::move(base.api));
            base.models = std::move(models);
            erase_definition(tx, place);
        }
        const auto choice = choice_of(request.parameters);
        auto documentation = co_await all_items<DocumentationPart>(tx, place);
        if (choice.documentation && mode == "overwrite") {
            for (const auto& part : documentation) erase_item<DocumentationPart>(tx, place, *part.id);
        } else if (choice.documentation) {
            base.documentation = std::move(documentation);
        }
        auto definition = read_open_api(request.body, call.random(), std::move(base), choice);
        apply_endpoint_type(definition.api, request.parameters);
        check_api(definition.api);
        save_api(tx, place, definition.api);
        save_definition(tx, place, definition);
        save_address(tx, place, version);
        co_return definition.api;
    }));
}

Task<DocumentationPartIds> Service::import_documentation_parts(Call& call, ImportDocumentationPartsRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<DocumentationPartIds> {
        co_await load_api(tx, place);
        auto known = co_await all_items<DocumentationPart>(tx, place);
        for (const auto& part : known) erase_item<DocumentationPart>(tx, place, *part.id);
        if (request.mode == "overwrite") known.clear();
        const auto imported = read_documentation(request.body, call.random(), std::move(known));
        for (const auto& part : imported.parts) save_item(tx, place, part);
        co_return DocumentationPartIds{.ids = imported.ids, .warnings = {{}}};
    });
}

}  // namespace cumulet::apigateway
