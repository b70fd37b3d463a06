// CreateAuthorizer, GetAuthorizer, GetAuthorizers, UpdateAuthorizer, DeleteAuthorizer, ResetAuthorizersCache.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html

#include "services/apigatewayv2/answers.h"
#include "services/apigatewayv2/authorizer.h"
#include "services/apigatewayv2/service.h"
#include "services/apigatewayv2/websocket/web_socket_api.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

template <typename Request>
void take_over(Authorizer& authorizer, const Request& request) {
    if (request.AuthorizerCredentialsArn) authorizer.AuthorizerCredentialsArn = request.AuthorizerCredentialsArn;
    if (request.AuthorizerPayloadFormatVersion) {
        authorizer.AuthorizerPayloadFormatVersion = request.AuthorizerPayloadFormatVersion;
    }
    if (request.AuthorizerResultTtlInSeconds) {
        authorizer.AuthorizerResultTtlInSeconds = request.AuthorizerResultTtlInSeconds;
    }
    if (request.AuthorizerUri) authorizer.AuthorizerUri = request.AuthorizerUri;
    if (request.EnableSimpleResponses) authorizer.EnableSimpleResponses = request.EnableSimpleResponses;
    if (request.IdentityValidationExpression) {
        authorizer.IdentityValidationExpression = request.IdentityValidationExpression;
    }
    if (request.JwtConfiguration) authorizer.JwtConfiguration = request.JwtConfiguration;
}

/// With what AWS assumes where the authorizer does not say. Throws for what it may not be in this API.
Authorizer checked_for(const HttpApi& api, Authorizer authorizer) {
    if (is_web_socket(api)) {
        check_web_socket_authorizer(authorizer);
        return authorizer;
    }
    authorizer = with_defaults(std::move(authorizer));
    check_authorizer(authorizer);
    return authorizer;
}

}  // namespace

Task<CreateAuthorizerResponse> Service::create_authorizer(Call& call, CreateAuthorizerRequest request) {
    Authorizer authorizer;
    authorizer.AuthorizerId = new_id(call.random(), 6);
    authorizer.AuthorizerType = request.AuthorizerType;
    authorizer.IdentitySource = request.IdentitySource;
    authorizer.Name = request.Name;
    take_over(authorizer, request);
    const auto version = call.random().next();

    const auto place = place_of(call, request.ApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        authorizer = checked_for(co_await load_api(tx, place), authorizer);
        co_await check_room<Authorizer>(tx, place);
        for (const auto& other : co_await all_items<Authorizer>(tx, place)) {
            // Unverified: the words.
            if (other.Name == authorizer.Name) throw ConflictException("Authorizer name must be unique");
        }
        save_item(tx, place, authorizer);
        save_address(tx, place, version);
    });
    co_return answer_of<CreateAuthorizerResponse>(authorizer);
}

Task<GetAuthorizerResponse> Service::get_authorizer(Call& call, GetAuthorizerRequest request) {
    const auto authorizer = co_await store_.transact([&](store::Transaction& tx) -> Task<Authorizer> {
        return load_item<Authorizer>(tx, place_of(call, request.ApiId), request.AuthorizerId);
    });
    co_return answer_of<GetAuthorizerResponse>(authorizer);
}

Task<GetAuthorizersResponse> Service::get_authorizers(Call& call, GetAuthorizersRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<Authorizer>> {
        return list_items<Authorizer>(tx, place_of(call, request.ApiId), request.MaxResults, request.NextToken);
    });
    co_return GetAuthorizersResponse{.Items = std::move(page.items), .NextToken = std::move(page.next_token)};
}

Task<UpdateAuthorizerResponse> Service::update_authorizer(Call& call, UpdateAuthorizerRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    const auto updated = co_await store_.transact([&](store::Transaction& tx) -> Task<Authorizer> {
        auto authorizer = co_await load_item<Authorizer>(tx, place, request.AuthorizerId);
        if (request.AuthorizerType && request.AuthorizerType != authorizer.AuthorizerType) {
            // Unverified: the words.
            throw BadRequestException("The type of an authorizer cannot be changed");
        }
        take(authorizer.Name, request.Name);
        if (request.IdentitySource) authorizer.IdentitySource = request.IdentitySource;
        take_over(authorizer, request);
        authorizer = checked_for(co_await load_api(tx, place), std::move(authorizer));
        save_item(tx, place, authorizer);
        save_address(tx, place, version);
        co_return authorizer;
    });
    co_return answer_of<UpdateAuthorizerResponse>(updated);
}

Task<DeleteAuthorizerResponse> Service::delete_authorizer(Call& call, DeleteAuthorizerRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<Authorizer>(tx, place, request.AuthorizerId);
        for (const auto& route : co_await all_items<Route>(tx, place)) {
            if (route.AuthorizerId == request.AuthorizerId) {
                // Unverified: the words.
                throw ConflictException(fmt::format("Cannot delete Authorizer '{}', it is referenced by route {}",
                                                    request.AuthorizerId, route.RouteKey));
            }
        }
        erase_item<Authorizer>(tx, place, request.AuthorizerId);
        save_address(tx, place, version);
    });
    co_return DeleteAuthorizerResponse{};
}

Task<ResetAuthorizersCacheResponse> Service::reset_authorizers_cache(Call& call, ResetAuthorizersCacheRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<Stage>(tx, place, request.StageName);
        save_address(tx, place, version);  // cached results name the version that they were made for
    });
    co_return ResetAuthorizersCacheResponse{};
}

}  // namespace cumulet::apigatewayv2
