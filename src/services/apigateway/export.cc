// GetExport.
// https://docs.aws.amazon.com/apigateway/latest/api/API_GetExport.html

#include "contracts/document_text.h"
#include "contracts/execute_api.h"
#include "services/apigateway/open_api_export.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr std::string_view json_type = "application/json";
constexpr std::string_view yaml_type = "application/yaml";

struct Exported {
    Definition definition;
    ExportPlace place;
};

/// What a stage serves, with the documentation that it names, or else that is being edited.
Task<Exported> read_exported(store::Transaction& tx, Place place, std::string stage_name) {
    co_await load_api(tx, place);
    const auto stage = co_await load_item<Stage>(tx, place, stage_name);
    Exported exported{.definition = co_await read_definition(tx, place, *stage.deploymentId), .place = {}};
    exported.place.stage = stage_name;
    exported.place.documentation_version = stage.documentationVersion.value_or("");
    exported.definition.documentation = co_await all_items<DocumentationPart>(
        tx, stage.documentationVersion ? place_of_version(place, *stage.documentationVersion) : place);
    const auto deployment = co_await find_item<Deployment>(tx, place, *stage.deploymentId);
    if (deployment && deployment->createdDate) exported.place.version = format_iso8601(*deployment->createdDate);
    co_return exported;
}

}  // namespace

Task<ExportResponse> Service::get_export(Call& call, GetExportRequest request) {
    const auto choice = read_export_choice(request.exportType, request.parameters);
    const auto accepts = request.accepts.value_or(std::string(json_type));
    const bool yaml = accepts.starts_with(yaml_type);
    // Unverified: the words.
    if (!yaml && !accepts.starts_with(json_type) && accepts != "*/*")
        throw BadRequestException("Invalid content type specified: " + accepts);
    auto exported = co_await store_.transact([&](store::Transaction& tx) -> Task<Exported> {
        return read_exported(tx, place_of(call, request.restApiId), request.stageName);
    });
    exported.place.host = contracts::api_domain_name(call, request.restApiId);
    exported.place.tls = call.tls;
    const auto document = export_open_api(exported.definition, choice, exported.place);
    ExportResponse response;
    response.contentType = yaml ? yaml_type : json_type;
    response.contentDisposition = fmt::format("attachment; filename=\"{}_{}.{}\"", request.exportType,
                                              exported.place.version, yaml ? "yaml" : "json");
    response.body = yaml ? contracts::write_yaml(document) : json::serialize(document);
    co_return response;
}

}  // namespace cumulet::apigateway
