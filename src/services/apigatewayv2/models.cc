// CreateModel, GetModel, GetModels, GetModelTemplate, UpdateModel, DeleteModel.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-models.html

#include "contracts/model_schema.h"
#include "services/apigatewayv2/answers.h"
#include "services/apigatewayv2/service.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

template <typename Answer>
Answer answer_of(const Model& model) {
    Answer answer;
    answer.ContentType = model.ContentType;
    answer.Description = model.Description;
    answer.ModelId = model.ModelId;
    answer.Name = model.Name;
    answer.Schema = model.Schema;
    return answer;
}

// Unverified: the words, of all here.
void check_model(const Model& model) {
    const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)); };
    if (model.Name.empty() || !std::ranges::all_of(model.Name, fits))
        throw BadRequestException(fmt::format("Model name must be alphanumeric: {}", model.Name));
    const auto parsed = parse_json(model.Schema.value_or(""), 64);
    if (!parsed || !parsed->is_object()) throw BadRequestException("Invalid model schema specified");
}

Task<void> check_name_free(store::Transaction& tx, Place place, Model model) {
    for (const auto& each : co_await all_items<Model>(tx, std::move(place))) {
        if (each.Name == model.Name && each.ModelId != model.ModelId)
            throw ConflictException(fmt::format("Model with name {} already exists", model.Name));
    }
}

}  // namespace

Task<CreateModelResponse> Service::create_model(Call& call, CreateModelRequest request) {
    Model model;
    model.ContentType = request.ContentType.value_or("application/json");
    model.Description = request.Description;
    model.ModelId = new_id(call.random(), 6);
    model.Name = request.Name;
    model.Schema = request.Schema;
    check_model(model);
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_api(tx, place);
        co_await check_room<Model>(tx, place);
        co_await check_name_free(tx, place, model);
        save_item(tx, place, model);
        save_address(tx, place, version);
    });
    co_return answer_of<CreateModelResponse>(model);
}

Task<GetModelResponse> Service::get_model(Call& call, GetModelRequest request) {
    const auto model = co_await store_.transact([&](store::Transaction& tx) -> Task<Model> {
        return load_item<Model>(tx, place_of(call, request.ApiId), request.ModelId);
    });
    co_return answer_of<GetModelResponse>(model);
}

Task<GetModelsResponse> Service::get_models(Call& call, GetModelsRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<Model>> {
        return list_items<Model>(tx, place_of(call, request.ApiId), request.MaxResults, request.NextToken);
    });
    co_return GetModelsResponse{.Items = std::move(page.items), .NextToken = std::move(page.next_token)};
}

Task<GetModelTemplateResponse> Service::get_model_template(Call& call, GetModelTemplateRequest request) {
    const auto sample = co_await store_.transact([&](store::Transaction& tx) -> Task<std::string> {
        const auto place = place_of(call, request.ApiId);
        const auto model = co_await load_item<Model>(tx, place, request.ModelId);
        std::map<std::string, std::string> schemas;
        for (const auto& each : co_await all_items<Model>(tx, place)) schemas[each.Name] = each.Schema.value_or("");
        co_return contracts::sample_template(model.Schema.value_or(""), schemas);
    });
    co_return GetModelTemplateResponse{.Value = sample};
}

Task<UpdateModelResponse> Service::update_model(Call& call, UpdateModelRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    const auto updated = co_await store_.transact([&](store::Transaction& tx) -> Task<Model> {
        auto model = co_await load_item<Model>(tx, place, request.ModelId);
        take(model.ContentType, request.ContentType);
        take(model.Description, request.Description);
        take(model.Name, request.Name);
        take(model.Schema, request.Schema);
        check_model(model);
        co_await check_name_free(tx, place, model);
        save_item(tx, place, model);
        save_address(tx, place, version);
        co_return model;
    });
    co_return answer_of<UpdateModelResponse>(updated);
}

Task<DeleteModelResponse> Service::delete_model(Call& call, DeleteModelRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<Model>(tx, place, request.ModelId);
        erase_item<Model>(tx, place, request.ModelId);
        save_address(tx, place, version);
    });
    co_return DeleteModelResponse{};
}

}  // namespace cumulet::apigatewayv2
