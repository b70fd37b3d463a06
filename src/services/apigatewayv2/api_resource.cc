// AWS::ApiGatewayV2::Api for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-api.html

#include "base/hash.h"
#include "contracts/document_text.h"
#include "contracts/s3.h"
#include "runtime/byte_stream.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/resource_types.h"

namespace cumulet::apigatewayv2 {
namespace {

using namespace aws::apigatewayv2;

constexpr size_t largest_document_bytes = 6 << 20;

class ApiResource final : public contracts::ResourceType {
  public:
    explicit ApiResource(contracts::Door& door) : gateway_(door), s3_(door) {}
    std::string_view name() const override { return "AWS::ApiGatewayV2::Api"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        auto tags = contracts::merged_tags(context, properties);
        auto id = tags.contains(std::string(custom_id_tag)) ? tags[std::string(custom_id_tag)]
                                                            : sha256_hex(context.client_token).substr(0, 10);
        const bool derived = !tags.contains(std::string(custom_id_tag));
        if (derived) tags[std::string(derived_id_tag)] = id;
        bool made_before = false;
        try {
            if (has_body(properties)) {
                auto document = co_await read_body(call, properties);
                add_tags(document, tags);
                ImportApiRequest request;
                request.Body = json::serialize(document);
                request.Basepath = base_path(properties);
                request.FailOnWarnings = fails_on_warnings(properties);
                id = (co_await gateway_.import_api(call, std::move(request))).ApiId.value_or("");
            } else {
                auto request = request_of<CreateApiRequest>(
                    "CreateApi", without(properties, {"Tags", "FailOnWarnings", "BasePath"}));
                request.Tags = tags;
                id = (co_await gateway_.create_api(call, std::move(request))).ApiId.value_or("");
            }
        } catch (const ConflictException&) {
            if (!derived) throw;
            made_before = true;  // by this step's first try
        }
        if (has_body(properties) || made_before) co_await apply_properties(call, id, properties);
        co_return co_await describe(call, std::move(id));
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"ProtocolType"}) ||
               removed(before, after, {"Target", "CredentialsArn"}) ||
               (!before.contains("Target") && after.contains("Target"));
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        if (has_body(after)) {
            ReimportApiRequest request;
            request.ApiId = physical_id;
            request.Body = json::serialize(co_await read_body(call, after));
            request.Basepath = base_path(after);
            request.FailOnWarnings = fails_on_warnings(after);
            co_await gateway_.reimport_api(call, std::move(request));
        } else if (removed(before, after, {"CorsConfiguration"})) {
            co_await gateway_.delete_cors_configuration(call, {physical_id});
        }
        for (const auto* gone : {"Description", "Version"}) {
            if (removed(before, after, {gone}) && !has_body(after)) after[gone] = "";
        }
        co_await apply_properties(call, physical_id, after);
        co_await replace_tags(call, gateway_, api_arn(call, physical_id), contracts::merged_tags(context, after));
        co_return co_await describe(call, std::move(physical_id));
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await gateway_.delete_api(call, {physical_id});
        } catch (const NotFoundException&) {
            // gone already
        }
    }

  private:
    static bool has_body(const json::object& properties) {
        return properties.contains("Body") || properties.contains("BodyS3Location");
    }
    static std::optional<std::string> base_path(const json::object& properties) {
        if (!properties.contains("BasePath")) return std::nullopt;
        return std::string(string_or(properties, "BasePath"));
    }

    static std::optional<bool> fails_on_warnings(const json::object& properties) {
        const auto* value = properties.if_contains("FailOnWarnings");
        if (!value) return std::nullopt;
        return *value == true || *value == "true";
    }

    static void add_tags(json::object& document, const std::map<std::string, std::string>& tags) {
        auto& list = document["tags"];
        if (!list.is_array()) list.emplace_array();
        for (const auto& [key, value] : tags) {
            list.as_array().push_back(json::object{{"name", key}, {"x-amazon-apigateway-tag-value", value}});
        }
    }

    /// The document, which stands in the template or lies in a bucket.
    Task<json::object> read_body(Call& call, json::object properties) {
        std::string text;
        if (const auto* body = properties.if_contains("Body")) {
            if (body->is_object()) co_return body->as_object();
            text = body->is_string() ? std::string(body->as_string()) : "";
        } else {
            const auto& location = properties.at("BodyS3Location");
            if (!location.is_object()) throw BadRequestException("BodyS3Location must be an object");
            aws::s3::GetObjectRequest request;
            request.Bucket = string_or(location.as_object(), "Bucket");
            request.Key = string_or(location.as_object(), "Key");
            if (location.as_object().contains("Version"))
                request.VersionId = string_or(location.as_object(), "Version");
            if (location.as_object().contains("Etag")) request.IfMatch = string_or(location.as_object(), "Etag");
            auto object = co_await s3_.get_object(call, std::move(request));
            text = co_await read_all(std::move(object.Body), largest_document_bytes);
        }
        auto document = contracts::parse_document(text);
        if (!document || !document->is_object()) throw BadRequestException("Body must be an OpenAPI 3 document");
        co_return std::move(document->as_object());
    }

    /// What the template says beside the document.
    Task<void> apply_properties(Call& call, std::string id, json::object properties) {
        auto members = without(std::move(properties),
                               {"Body", "BodyS3Location", "BasePath", "FailOnWarnings", "ProtocolType", "Tags"});
        members["ApiId"] = std::move(id);
        co_await gateway_.update_api(call, request_of<UpdateApiRequest>("UpdateApi", members));
    }

    Task<contracts::Resource> describe(Call& call, std::string id) {
        const auto api = co_await gateway_.get_api(call, {id});
        co_return contracts::Resource{.physical_id = id,
                                      .attributes = {{"ApiId", id},
                                                     {"ApiEndpoint", api.ApiEndpoint.value_or("")},
                                                     {"ExecuteApiArn", call.arn("execute-api", id)}}};
    }

    aws::apigatewayv2::Client gateway_;
    aws::s3::Client s3_;
};

}  // namespace

std::unique_ptr<contracts::ResourceType> api_resource(contracts::Door& door) {
    return std::make_unique<ApiResource>(door);
}

}  // namespace cumulet::apigatewayv2
