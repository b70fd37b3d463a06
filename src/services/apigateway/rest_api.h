// What a REST API may be made of. Pure: no I/O.
#pragma once

#include <string>
#include <string_view>

#include "contracts/apigateway.h"
#include "runtime/call.h"
#include "services/apigateway/storage.h"

namespace cumulet::apigateway {

/// Tags by which a caller chooses an API's id; the second is CloudFormation's, and is not kept.
inline constexpr std::string_view custom_id_tags[] = {"_custom_id_", "ms-custom-id"};
inline constexpr std::string_view derived_id_tag = "aws:cumulet:api-id";
inline constexpr int32_t longest_timeout_ms = 29'000;
inline constexpr int32_t longest_stream_ms = 900'000;

inline bool contains(const std::vector<std::string>& texts, std::string_view text) {
    return std::ranges::find(texts, text) != texts.end();
}

/// 501 that names what is not built.
aws::Error unsupported(std::string_view what);

std::string new_id(Random& random, size_t length);
/// The id that `tags` ask for; nothing if they ask for none. Throws BadRequestException for what cannot be an id.
std::optional<std::string> wanted_id(std::map<std::string, std::string>& tags);
/// The models that every API begins with.
std::vector<Model> default_models(Random& random);

/// As AWS shows an API: its policy as the text between the quotes of a JSON string.
RestApi shown(RestApi api);

// Throw BadRequestException for what AWS refuses.
void check_api(const RestApi& api);
void check_path_part(std::string_view part);
/// May `part` be a child of `parent` beside `siblings`? Also throws ConflictException.
void check_sibling(const Resource& parent, const std::vector<Resource>& siblings, const Resource& child);
void check_http_method(std::string_view method);
void check_method(const Method& method, const Definition& definition);
void check_integration(const Integration& integration);
void check_integration_response(const IntegrationResponse& response, const Method& method);
void check_model_schema(const std::optional<std::string>& schema);
void check_stage_name(std::string_view name);
void check_stage(const Stage& stage);
/// Every method has an integration, and there is one.
void check_deployable(const Definition& definition);

/// "/pets" and "{id}" give "/pets/{id}".
std::string path_below(const std::string& parent, const std::string& part);
/// Sets every path anew from parents and parts.
void name_paths(std::vector<Resource>& resources);
/// The ids of `id` and of all below it.
std::vector<std::string> subtree_of(const std::vector<Resource>& resources, const std::string& id);

}  // namespace cumulet::apigateway
