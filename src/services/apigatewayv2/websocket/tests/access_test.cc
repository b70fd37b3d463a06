// By what WebSocket APIs are entered: API keys and custom domains.

#include <gmock/gmock.h>

#include "services/apigatewayv2/domains/domain_surface.h"
#include "services/apigatewayv2/websocket/tests/chat.h"

namespace cumulet::apigatewayv2 {
namespace {

using namespace aws::apigatewayv2;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ApiKeys, LetConnectionsInAndCountMessages) {
    Chat chat;
    CreateRouteRequest keyed;
    keyed.ApiKeyRequired = true;
    chat.to("$connect", chat.function(), false, keyed);
    chat.to("ask", chat.function(), false, keyed);
    chat.deploy();
    const struct {
        const char* key;
        int status;
        const char* message;
    } rows[] = {{"", 403, "Forbidden"},
                {"wrong", 403, "Forbidden"},
                {"slow", 429, "Too Many Requests"},
                {"used", 429, "Limit Exceeded"}};
    for (const auto& row : rows) {
        const auto refused = chat.handshake("/prod", {{"X-Api-Key", row.key}});
        EXPECT_EQ(refused.status, row.status) << row.key;
        EXPECT_THAT(refused.body, HasSubstr(row.message));
    }
    const auto socket = chat.connect("/prod", {{"X-Api-Key", "open"}});
    EXPECT_EQ(chat.event_at("/requestContext/identity/apiKey"), R"("open")");
    EXPECT_EQ(chat.event_at("/requestContext/identity/apiKeyId"), R"("id-of-open")");
    chat.keys.uses.clear();
    chat.say(socket, R"({"action":"ask"})");
    EXPECT_THAT(chat.keys.uses, ElementsAre("open " + chat.api + "/prod ask"));
}

TEST(ApiKeys, MayComeFromTheAuthorizer) {
    Chat chat;
    UpdateApiRequest change;
    change.ApiId = chat.api;
    change.ApiKeySelectionExpression = "$context.authorizer.usageIdentifierKey";
    chat.run(chat.service.update_api(chat.call, change));
    CreateAuthorizerRequest authorizer;
    authorizer.ApiId = chat.api;
    authorizer.Name = "door";
    authorizer.AuthorizerType = "REQUEST";
    authorizer.AuthorizerUri =
        fmt::format("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations", orders_arn);
    CreateRouteRequest keyed;
    keyed.ApiKeyRequired = true;
    keyed.AuthorizationType = "CUSTOM";
    keyed.AuthorizerId = chat.run(chat.service.create_authorizer(chat.call, authorizer)).AuthorizerId;
    chat.to("$connect", chat.integration_to(chat.integration_of("MOCK")), false, keyed);
    chat.deploy();
    for (const auto* key : {"open", "wrong"}) {
        chat.lambda.payload = fmt::format(
            R"({{"principalId":"ada","usageIdentifierKey":"{}","policyDocument":{{"Version":"2012-10-17","Statement":[
                {{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}}]}}}})",
            key);
        EXPECT_EQ(chat.handshake().status, std::string_view(key) == "open" ? 101 : 403) << key;
    }
}

TEST(CustomDomain, LeadsToTheStageOfItsMapping) {
    Chat chat;
    chat.to("$connect", chat.function());
    chat.to("$default", chat.function(), true);
    chat.deploy();
    CreateDomainNameRequest domain;
    domain.DomainName = "chat.example.com";
    auto& configuration = domain.DomainNameConfigurations.emplace().emplace_back();
    configuration.CertificateArn = "arn:aws:acm:us-east-1:000000000000:certificate/a";
    configuration.EndpointType = "REGIONAL";
    chat.run(chat.service.create_domain_name(chat.call, domain));
    DomainSurface named(chat.domains, chat.front);
    const auto ask = [&](std::string target, bool connects) {
        http::Request request;
        request.method = connects ? "GET" : "POST";
        request.set_target(std::move(target));
        request.headers = {{"Host", "chat.example.com:4566"}};
        if (connects) {
            for (const auto& [name, value] :
                 {std::pair("Upgrade", "websocket"), std::pair("Connection", "Upgrade"),
                  std::pair("Sec-WebSocket-Version", "13"), std::pair("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")})
                request.headers.add(name, value);
        }
        return chat.run(named.serve(chat.call, std::move(request)));
    };
    for (const std::string key : {"", "rooms/v1"}) {
        CreateApiMappingRequest mapping;
        mapping.DomainName = "chat.example.com";
        mapping.ApiId = chat.api;
        mapping.Stage = "prod";
        if (!key.empty()) mapping.ApiMappingKey = key;
        const auto made = chat.run(chat.service.create_api_mapping(chat.call, mapping));
        const auto base = key.empty() ? "" : "/" + key;
        EXPECT_EQ(ask(base.empty() ? "/" : base, true).status, 101) << key;
        EXPECT_EQ(chat.event_at("/requestContext/domainName"), R"("chat.example.com")");
        EXPECT_EQ(chat.event_at("/requestContext/stage"), R"("prod")");
        EXPECT_EQ(ask(base + "/", true).status, 101) << key;
        EXPECT_EQ(ask(base + "/prod", true).status, 403) << key;
        ask(base + "/@connections/id%3D", false);
        EXPECT_EQ(chat.wire.asked, fmt::format("execute-api  /@connections/{}%2Fprod%2Fid%3D ", chat.api)) << key;
        chat.run(chat.service.delete_api_mapping(chat.call, {*made.ApiMappingId, "chat.example.com"}));
        EXPECT_EQ(ask(base.empty() ? "/" : base, true).status, 403) << key;
    }
}

TEST(CustomDomain, IsLeftWhereTheApisOwnAddressIsDisabled) {
    Chat chat;
    chat.to("$default", chat.function());
    chat.deploy();
    UpdateApiRequest change;
    change.ApiId = chat.api;
    change.DisableExecuteApiEndpoint = true;
    chat.run(chat.service.update_api(chat.call, change));
    EXPECT_EQ(chat.handshake().status, 404);
}

}  // namespace
}  // namespace cumulet::apigatewayv2
