// AWS::ApiGateway::RestApi for CloudFormation.

#include "base/hash.h"
#include "contracts/error.h"
#include "contracts/s3.h"
#include "runtime/byte_stream.h"
#include "services/apigateway/resource_types.h"
#include "services/apigateway/rest_api.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr size_t largest_document_bytes = 6 << 20;

class RestApiResource final : public contracts::ResourceType {
  public:
    explicit RestApiResource(contracts::Door& door) : gateway_(door), s3_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::RestApi"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        auto tags = contracts::merged_tags(context, properties);
        const auto custom = tags.find(std::string(custom_id_tags[0]));
        const bool derived = custom == tags.end();
        auto id = derived ? sha256_hex(context.client_token).substr(0, 10) : custom->second;
        if (derived) tags[std::string(derived_id_tag)] = id;
        auto plain = plain_properties(properties);
        if (!plain.contains("Name")) plain["Name"] = context.generated_name;
        auto request = request_of<CreateRestApiRequest>("CreateRestApi", plain);
        request.tags = std::move(tags);
        try {
            id = *(co_await gateway_.create_rest_api(call, std::move(request))).id;
        } catch (const ConflictException&) {
            if (!derived) throw;  // else it was made by this step's first try
        }
        if (co_await put_body(call, id, properties)) co_await patch(call, id, {}, properties);
        co_return co_await describe(call, std::move(id));
    }

    bool needs_replacement(const json::object&, const json::object&) const override { return false; }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        const bool reimported =
            contracts::any_differs(before, after, document_properties) && co_await put_body(call, physical_id, after);
        co_await patch(call, physical_id, reimported ? json::object() : before, after);
        co_await replace_tags(call, gateway_, "/restapis/" + physical_id, contracts::merged_tags(context, after));
        co_return co_await describe(call, std::move(physical_id));
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await gateway_.delete_rest_api(call, {physical_id});
        } catch (const NotFoundException&) {
            // gone already
        }
    }

  private:
    static json::object plain_properties(const json::object& properties) {
        auto plain = without(properties, {"Body", "BodyS3Location", "Tags", "Mode", "FailOnWarnings", "Parameters"});
        if (const auto* source = plain.if_contains("ApiKeySourceType")) {
            plain["apiKeySource"] = *source;
            plain.erase("ApiKeySourceType");
        }
        return plain;
    }

    /// What the template says beside the document has the last word.
    Task<void> patch(Call& call, std::string id, json::object before, json::object after) {
        auto patches = patches_for(before, after,
                                   {{"Name", "/name"},
                                    {"Description", "/description"},
                                    {"Version", "/version"},
                                    {"Policy", "/policy"},
                                    {"ApiKeySourceType", "/apiKeySource"},
                                    {"MinimumCompressionSize", "/minimumCompressionSize"},
                                    {"DisableExecuteApiEndpoint", "/disableExecuteApiEndpoint"},
                                    {"SecurityPolicy", "/securityPolicy"},
                                    {"EndpointAccessMode", "/endpointAccessMode"}});
        patch_named_elements(patches, before, after, "BinaryMediaTypes", "/binaryMediaTypes/");
        patch_endpoint(patches, object_of(before, "EndpointConfiguration"), object_of(after, "EndpointConfiguration"));
        if (patches.empty()) co_return;
        UpdateRestApiRequest request{.restApiId = std::move(id)};
        request.patchOperations = std::move(patches);
        co_await gateway_.update_rest_api(call, std::move(request));
    }

    static constexpr std::initializer_list<std::string_view> document_properties = {"Body", "BodyS3Location", "Mode",
                                                                                    "Parameters", "FailOnWarnings"};

    /// False if the template has no document.
    Task<bool> put_body(Call& call, std::string id, json::object properties) {
        PutRestApiRequest request{.restApiId = std::move(id), .mode = "overwrite"};
        if (const auto* body = properties.if_contains("Body")) {
            request.body = body->is_string() ? std::string(body->as_string()) : json::serialize(*body);
        } else if (const auto* location = properties.if_contains("BodyS3Location")) {
            request.body = co_await read_object(call, location->as_object());
        } else {
            co_return false;
        }
        if (properties.contains("FailOnWarnings"))
            request.failOnWarnings = text_of(properties, "FailOnWarnings") == "true";
        if (properties.contains("Mode")) request.mode = text_of(properties, "Mode");
        if (const auto* parameters = properties.if_contains("Parameters"); parameters && parameters->is_object()) {
            request.parameters.emplace();
            for (const auto& [name, value] : parameters->as_object())
                (*request.parameters)[std::string(name)] = text_of(parameters->as_object(), name);
        }
        co_await gateway_.put_rest_api(call, std::move(request));
        co_return true;
    }

    Task<std::string> read_object(Call& call, json::object location) {
        aws::s3::GetObjectRequest request;
        request.Bucket = text_of(location, "Bucket");
        request.Key = text_of(location, "Key");
        if (location.contains("Version")) request.VersionId = text_of(location, "Version");
        if (location.contains("ETag")) request.IfMatch = text_of(location, "ETag");
        const auto object = co_await s3_.get_object(call, std::move(request));
        co_return co_await read_all(object.Body, largest_document_bytes);
    }

    Task<contracts::Resource> describe(Call& call, std::string id) {
        const auto api = co_await gateway_.get_rest_api(call, {id});
        contracts::Resource resource{.physical_id = id, .attributes = {}};
        resource.attributes["RestApiId"] = id;
        resource.attributes["RootResourceId"] = api.rootResourceId.value_or("");
        co_return resource;
    }

    Client gateway_;
    aws::s3::Client s3_;
};

}  // namespace

void add_api_types(Types& types, contracts::Door& door) { types.push_back(std::make_unique<RestApiResource>(door)); }

}  // namespace cumulet::apigateway
