// Models and request validators: create, get, list, update, delete; GetModelTemplate.
// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateModel.html

#include "contracts/model_schema.h"
#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr PatchRule model_rules[] = {{"/description", "replace"}, {"/schema", "replace"}};
constexpr PatchTable model_table{model_rules};

constexpr PatchRule validator_rules[] = {{"/name", "replace"},
                                         {"/validateRequestParameters", "replace", Patched::flag},
                                         {"/validateRequestBody", "replace", Patched::flag}};
constexpr PatchTable validator_table{validator_rules};

/// Throws ConflictException if a method asks for the model, or another model refers to it.
void check_unused(const Definition& definition, const std::string& name) {
    for (const auto& resource : definition.resources) {
        for (const auto& [http_method, method] : resource.resourceMethods.value_or(std::map<std::string, Method>())) {
            const auto uses = [&](const std::optional<std::map<std::string, std::string>>& models) {
                return models && std::ranges::any_of(*models, [&](const auto& model) { return model.second == name; });
            };
            const bool answered =
                method.methodResponses && std::ranges::any_of(*method.methodResponses, [&](const auto& response) {
                    return uses(response.second.responseModels);
                });
            const auto where = fmt::format("{}/{}", *resource.path, http_method);
            if (uses(method.requestModels))
                throw ConflictException(
                    fmt::format("Cannot delete model '{}', is referenced in method request: {}", name, where));
            if (answered)
                throw ConflictException(
                    fmt::format("Cannot delete model '{}', is referenced in method response: {}", name, where));
        }
    }
}

void check_model_name(const std::string& name) {
    if (name.empty()) throw BadRequestException("Model name must be non-empty");
    if (!std::ranges::all_of(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)); }))
        throw BadRequestException("Model name must be alphanumeric: " + name);
}

std::map<std::string, std::string> schemas_of(const std::vector<Model>& models) {
    std::map<std::string, std::string> schemas;
    for (const auto& model : models) schemas[*model.name] = model.schema.value_or("");
    return schemas;
}

void check_validator(const RequestValidator& validator) {
    if (validator.name == "") throw BadRequestException("Request Validator name cannot be blank");
}

}  // namespace

Task<Model> Service::create_model(Call& call, CreateModelRequest request) {
    Model model;
    model.id = new_id(call.random(), 6);
    model.name = request.name;
    model.description = request.description;
    model.schema = request.schema;
    model.contentType = request.contentType;
    check_model_name(request.name);
    check_model_schema(request.schema);

    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_api(tx, place);
        if (co_await find_item<Model>(tx, place, request.name))
            throw ConflictException("Model name already exists for this REST API");
        co_await check_room<Model>(tx, place);
        save_item(tx, place, model);
    });
    co_return model;
}

Task<Model> Service::get_model(Call& call, GetModelRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Model> {
        auto model = co_await load_item<Model>(tx, place, request.modelName);
        if (request.flatten.value_or(false)) {
            model.schema = contracts::flattened_schema(model.schema.value_or(""),
                                                       schemas_of(co_await all_items<Model>(tx, place)));
        }
        co_return model;
    });
}

Task<Template> Service::get_model_template(Call& call, GetModelTemplateRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Template> {
        const auto model = co_await load_item<Model>(tx, place, request.modelName);
        co_return Template{.value = contracts::sample_template(model.schema.value_or(""),
                                                               schemas_of(co_await all_items<Model>(tx, place)))};
    });
}

Task<Models> Service::get_models(Call& call, GetModelsRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<Model>> {
        co_await load_api(tx, place_of(call, request.restApiId));
        co_return co_await list_items<Model>(tx, place_of(call, request.restApiId), request.limit, request.position);
    });
    co_return Models{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<Model> Service::update_model(Call& call, UpdateModelRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Model> {
        const auto before = co_await load_item<Model>(tx, place, request.modelName);
        auto model = patched(before, "GetModel", model_table, request.patchOperations);
        check_model_schema(model.schema);
        save_item(tx, place, model);
        co_return model;
    });
}

Task<DeleteModelResponse> Service::delete_model(Call& call, DeleteModelRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<Model>(tx, place, request.modelName);
        check_unused(co_await read_definition(tx, place, ""), request.modelName);
        erase_item<Model>(tx, place, request.modelName);
    });
    co_return DeleteModelResponse{};
}

Task<RequestValidator> Service::create_request_validator(Call& call, CreateRequestValidatorRequest request) {
    RequestValidator validator;
    validator.id = new_id(call.random(), 6);
    validator.name = request.name;
    validator.validateRequestBody = request.validateRequestBody.value_or(false);
    validator.validateRequestParameters = request.validateRequestParameters.value_or(false);
    check_validator(validator);

    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (!co_await find_item<RestApi>(tx, place_of(call), request.restApiId))
            throw BadRequestException("Invalid REST API identifier specified");
        co_await check_room<RequestValidator>(tx, place);
        save_item(tx, place, validator);
    });
    co_return validator;
}

Task<RequestValidator> Service::get_request_validator(Call& call, GetRequestValidatorRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<RequestValidator> {
        return load_item<RequestValidator>(tx, place_of(call, request.restApiId), request.requestValidatorId);
    });
}

Task<RequestValidators> Service::get_request_validators(Call& call, GetRequestValidatorsRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<RequestValidator>> {
        co_await load_api(tx, place_of(call, request.restApiId));
        co_return co_await list_items<RequestValidator>(tx, place_of(call, request.restApiId), request.limit,
                                                        request.position);
    });
    co_return RequestValidators{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<RequestValidator> Service::update_request_validator(Call& call, UpdateRequestValidatorRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<RequestValidator> {
        const auto before = co_await load_item<RequestValidator>(tx, place, request.requestValidatorId);
        auto validator = patched(before, "GetRequestValidator", validator_table, request.patchOperations);
        check_validator(validator);
        save_item(tx, place, validator);
        co_return validator;
    });
}

Task<DeleteRequestValidatorResponse> Service::delete_request_validator(Call& call,
                                                                       DeleteRequestValidatorRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<RequestValidator>(tx, place, request.requestValidatorId);
        erase_item<RequestValidator>(tx, place, request.requestValidatorId);
    });
    co_return DeleteRequestValidatorResponse{};
}

}  // namespace cumulet::apigateway
