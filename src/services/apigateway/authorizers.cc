// CreateAuthorizer, GetAuthorizer, GetAuthorizers, UpdateAuthorizer, DeleteAuthorizer.
// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html

#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr int32_t longest_ttl_seconds = 3600;
constexpr int32_t usual_ttl_seconds = 300;

constexpr PatchRule rules[] = {
    {"/name", "replace"},
    {"/type", "replace"},
    {"/authorizerUri", "replace"},
    {"/authorizerCredentials", "replace"},
    {"/identitySource", "replace"},
    {"/identityValidationExpression", "replace"},
    {"/authorizerResultTtlInSeconds", "replace", Patched::number},
    {"/authType", "replace"},
    {"/providerARNs", "add remove", Patched::valued_element},
};
constexpr PatchTable table{rules};

// Unverified: these words, but for the first.
void check_authorizer(const Authorizer& authorizer) {
    if (authorizer.type == "COGNITO_USER_POOLS") {
        if (!authorizer.providerARNs || authorizer.providerARNs->empty())
            throw BadRequestException("COGNITO_USER_POOLS authorizers must have at least one provider ARN");
    } else {
        const auto uri = Arn::parse(authorizer.authorizerUri.value_or(""));
        if (!uri) throw BadRequestException("Authorizer Uri must be a valid ARN");
        if (authorizer.type == "TOKEN" && authorizer.identitySource.value_or("").contains(','))
            throw BadRequestException("Invalid identity source: a TOKEN authorizer has exactly one header");
    }
    const auto ttl = authorizer.authorizerResultTtlInSeconds.value_or(usual_ttl_seconds);
    if (ttl < 0 || ttl > longest_ttl_seconds)
        throw BadRequestException("Invalid value for Authorizer Result TTL, must be between 0 and 3600");
    if (authorizer.type == "REQUEST" && ttl > 0 && authorizer.identitySource.value_or("").empty())
        throw BadRequestException("Identity source is required for REQUEST authorizers with caching enabled");
    if (authorizer.identitySource) {
        std::string_view rest = *authorizer.identitySource;
        while (!rest.empty()) {
            const auto end = std::min(rest.find(','), rest.size());
            auto source = rest.substr(0, end);
            while (source.starts_with(' ')) source.remove_prefix(1);
            if (!source.starts_with("method.request.header.") && !source.starts_with("method.request.querystring.") &&
                !source.starts_with("stageVariables.") && !source.starts_with("context."))
                throw BadRequestException("Invalid identity source specified: " + std::string(source));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
}

}  // namespace

Task<Authorizer> Service::create_authorizer(Call& call, CreateAuthorizerRequest request) {
    Authorizer authorizer;
    authorizer.id = new_id(call.random(), 6);
    authorizer.name = request.name;
    authorizer.type = request.type;
    authorizer.providerARNs = request.providerARNs;
    authorizer.authType =
        request.authType.value_or(request.type == "COGNITO_USER_POOLS" ? "cognito_user_pools" : "custom");
    authorizer.authorizerUri = request.authorizerUri;
    authorizer.authorizerCredentials = request.authorizerCredentials;
    authorizer.identitySource = request.identitySource;
    if (!authorizer.identitySource && request.type != "REQUEST")
        authorizer.identitySource = "method.request.header.Authorization";
    authorizer.identityValidationExpression = request.identityValidationExpression;
    authorizer.authorizerResultTtlInSeconds = request.authorizerResultTtlInSeconds;
    if (!authorizer.authorizerResultTtlInSeconds && request.type != "COGNITO_USER_POOLS")
        authorizer.authorizerResultTtlInSeconds = usual_ttl_seconds;
    check_authorizer(authorizer);

    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_api(tx, place);
        co_await check_room<Authorizer>(tx, place);
        for (const auto& other : co_await all_items<Authorizer>(tx, place)) {
            if (other.name == authorizer.name)
                throw BadRequestException("Authorizer name must be unique. Authorizer " + request.name +
                                          " already exists in this RestApi.");
        }
        save_item(tx, place, authorizer);
    });
    co_return authorizer;
}

Task<Authorizer> Service::get_authorizer(Call& call, GetAuthorizerRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Authorizer> {
        return load_item<Authorizer>(tx, place_of(call, request.restApiId), request.authorizerId);
    });
}

Task<Authorizers> Service::get_authorizers(Call& call, GetAuthorizersRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<Authorizer>> {
        co_await load_api(tx, place_of(call, request.restApiId));
        co_return co_await list_items<Authorizer>(tx, place_of(call, request.restApiId), request.limit,
                                                  request.position);
    });
    co_return Authorizers{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<Authorizer> Service::update_authorizer(Call& call, UpdateAuthorizerRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Authorizer> {
        const auto before = co_await load_item<Authorizer>(tx, place, request.authorizerId);
        auto authorizer = patched(before, "GetAuthorizer", table, request.patchOperations);
        check_authorizer(authorizer);
        save_item(tx, place, authorizer);
        co_return authorizer;
    });
}

Task<DeleteAuthorizerResponse> Service::delete_authorizer(Call& call, DeleteAuthorizerRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<Authorizer>(tx, place, request.authorizerId);
        const auto definition = co_await read_definition(tx, place, "");
        for (const auto& resource : definition.resources) {
            for (const auto& [name, method] : resource.resourceMethods.value_or(std::map<std::string, Method>())) {
                // Unverified: the words.
                if (method.authorizerId == request.authorizerId)
                    throw ConflictException(fmt::format("Cannot delete authorizer '{}', is referenced in method: {}/{}",
                                                        request.authorizerId, *resource.path, name));
            }
        }
        erase_item<Authorizer>(tx, place, request.authorizerId);
    });
    co_return DeleteAuthorizerResponse{};
}

}  // namespace cumulet::apigateway
