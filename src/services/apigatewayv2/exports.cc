// ExportApi: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-exports-specification.html

#include "contracts/document_text.h"
#include "contracts/execute_api.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/open_api_export.h"
#include "services/apigatewayv2/service.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

/// What the stage serves.
Task<Definition> served_by(store::Transaction& tx, Place place, Stage stage) {
    if (stage.AutoDeploy.value_or(false)) co_return co_await live_definition(tx, place);
    if (!stage.DeploymentId) co_return Definition{};
    co_return co_await find_snapshot(tx, place, *stage.DeploymentId);
}

// Unverified: the words.
void check(const ExportApiRequest& request) {
    if (request.Specification != "OAS30") throw BadRequestException("Invalid specification: it must be OAS30");
    if (request.OutputType != "JSON" && request.OutputType != "YAML")
        throw BadRequestException("Invalid outputType: it must be JSON or YAML");
    if (request.ExportVersion.value_or("1.0") != "1.0")
        throw BadRequestException("Invalid exportVersion: it must be 1.0");
}

}  // namespace

Task<ExportApiResponse> Service::export_api(Call& call, ExportApiRequest request) {
    check(request);
    const auto exported = co_await store_.transact([&](store::Transaction& tx) -> Task<ExportedApi> {
        const auto place = place_of(call, request.ApiId);
        ExportedApi result;
        result.api = co_await load_api(tx, place);
        if (result.api.ProtocolType != "HTTP") throw BadRequestException("Only HTTP APIs can be exported");
        result.stage_name = request.StageName.value_or("");
        if (result.stage_name.empty()) {
            result.definition = co_await live_definition(tx, place);
        } else {
            result.definition = co_await served_by(tx, place, co_await load_item<Stage>(tx, place, result.stage_name));
        }
        // By name, since ids mean nothing outside.
        std::ranges::sort(result.definition.routes, {}, &Route::RouteKey);
        std::ranges::sort(result.definition.authorizers, {}, &Authorizer::Name);
        result.endpoint = contracts::api_endpoint(call, request.ApiId);
        result.with_extensions = request.IncludeExtensions.value_or(true);
        co_return result;
    });
    const json::value document = write_open_api(exported);
    const bool yaml = request.OutputType == "YAML";
    co_return ExportApiResponse{.body = yaml ? contracts::write_yaml(document) : json::serialize(document)};
}

}  // namespace cumulet::apigatewayv2
