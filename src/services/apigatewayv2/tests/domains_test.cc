// Custom domains: to which API they lead, and whom they let in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/certificate.h"
#include "base/tests/support/authority.h"
#include "contracts/s3.h"
#include "services/apigatewayv2/domains/domain.h"
#include "services/apigatewayv2/domains/domain_surface.h"
#include "services/apigatewayv2/tests/support/world.h"

namespace cumulet::apigatewayv2 {
namespace {

using namespace aws::apigatewayv2;
using testing::HasSubstr;

http::Request asked(std::string target, http::Headers headers = {}) {
    http::Request request;
    request.method = "GET";
    request.set_target(std::move(target));
    request.headers = std::move(headers);
    return request;
}

ApiMapping mapping(std::string key, std::string api, std::string stage = "prod") {
    return {.ApiId = std::move(api), .ApiMappingId = key, .ApiMappingKey = key, .Stage = std::move(stage)};
}

RoutingRule rule(std::string id, int32_t priority, std::vector<RoutingRuleCondition> conditions, bool strip = false) {
    RoutingRule rule;
    rule.RoutingRuleId = id;
    rule.Priority = priority;
    rule.Conditions = std::move(conditions);
    auto& invoke = rule.Actions.emplace().emplace_back().InvokeApi;
    invoke.ApiId = "api-" + id;
    invoke.Stage = "prod";
    invoke.StripBasePath = strip;
    return rule;
}
RoutingRuleCondition path_is(std::string path) {
    RoutingRuleCondition condition;
    condition.MatchBasePaths.emplace().AnyOf.push_back(std::move(path));
    return condition;
}
RoutingRuleCondition header_is(std::string name, std::string glob) {
    RoutingRuleCondition condition;
    condition.MatchHeaders.emplace().AnyOf.push_back({.Header = std::move(name), .ValueGlob = std::move(glob)});
    return condition;
}

TEST(Mappings, LeadByTheLongestBasePath) {
    ApiDomain domain;
    domain.mappings = {mapping("", "root"), mapping("orders", "orders"), mapping("orders/v1", "first"),
                       mapping("free", "free", "")};
    struct Row {
        std::string target, api, path, base;
    };
    const Row rows[] = {
        {"/", "root", "/", ""},
        {"/other/x", "root", "/other/x", ""},
        {"/orders", "orders", "/", "orders"},
        {"/orders/", "orders", "/", "orders"},
        {"/orders/7", "orders", "/7", "orders"},
        {"/orders/v1", "first", "/", "orders/v1"},
        {"/orders/v1/a%2Fb?x=1", "first", "/a%2Fb", "orders/v1"},
        {"/orders/v10", "orders", "/v10", "orders"},
        {"/orders%2Fv1/a", "root", "/orders%2Fv1/a", ""},
        {"/%6Frders/a", "orders", "/a", "orders"},
        {"//orders/a", "root", "//orders/a", ""},
        {"/ORDERS/a", "root", "/ORDERS/a", ""},
        {"/free/stage/a", "free", "/stage/a", "free"},
    };
    for (const auto& row : rows) {
        const auto found = find_destination(domain, "api.example.com", asked(row.target));
        ASSERT_TRUE(found && found->domain) << row.target;
        EXPECT_EQ(found->api_id, row.api) << row.target;
        EXPECT_EQ(found->path, row.path) << row.target;
        EXPECT_EQ(found->domain->base_path, row.base) << row.target;
        EXPECT_EQ(found->domain->domain_name, "api.example.com");
    }
    domain.mappings.erase(domain.mappings.begin());
    EXPECT_FALSE(find_destination(domain, "api.example.com", asked("/other")));
}

TEST(Rules, LeadByPriorityAndGoBeforeMappings) {
    ApiDomain domain;
    domain.settings.routingMode = "ROUTING_RULE_THEN_BASE_PATH_MAPPING";
    domain.mappings = {mapping("", "mapped")};
    domain.rules = {rule("both", 1, {path_is("a/b"), header_is("x-kind", "*beta")}, true),
                    rule("path", 2, {path_is("a")}, true), rule("kept", 3, {path_is("k")})};
    const auto led = [&](std::string target, http::Headers headers = {}) {
        const auto found = find_destination(domain, "d", asked(std::move(target), std::move(headers)));
        return found ? found->api_id + " " + found->path + " " + found->domain->base_path : "";
    };
    EXPECT_EQ(led("/a/b/c", {{"X-Kind", "big-beta"}}), "api-both /c a/b");
    EXPECT_EQ(led("/a/b/c", {{"X-Kind", "beta-2"}}), "api-path /b/c a");
    EXPECT_EQ(led("/k/x"), "api-kept /k/x ");
    EXPECT_EQ(led("/z"), "mapped /z ");
    domain.settings.routingMode = "ROUTING_RULE_ONLY";
    EXPECT_EQ(led("/z"), "");
    domain.settings.routingMode = "BASE_PATH_MAPPING_ONLY";
    EXPECT_EQ(led("/a/b"), "mapped /a/b ");
}

TEST(Rules, MatchValuesWithWildcardsAtTheirEnds) {
    EXPECT_TRUE(matches_glob("x", "*"));
    EXPECT_TRUE(matches_glob("", "*"));
    EXPECT_TRUE(matches_glob("beta-1", "beta*"));
    EXPECT_TRUE(matches_glob("my-beta", "*beta"));
    EXPECT_TRUE(matches_glob("my-beta-1", "*beta*"));
    EXPECT_TRUE(matches_glob("beta", "beta"));
    EXPECT_FALSE(matches_glob("beta-1", "beta"));
    EXPECT_FALSE(matches_glob("Beta", "beta"));
    EXPECT_FALSE(matches_glob("alpha", "*beta*"));
}

TEST(MappingKeys, MayHaveSegments) {
    EXPECT_EQ(mapping_key(std::nullopt), "");
    EXPECT_EQ(mapping_key("(none)"), "");
    EXPECT_EQ(mapping_key("orders/v1"), "orders/v1");
    for (const auto* wrong : {"/orders", "orders/", "a//b", "a b", "ä"})
        EXPECT_THROW(mapping_key(wrong), BadRequestException);
    EXPECT_THROW(mapping_key(std::string(301, 'a')), BadRequestException);
}

TEST(DomainNames, AreHostNames) {
    for (const auto* name : {"api.example.com", "*.example.com", "a-b.c1.io", "api.localhost"})
        EXPECT_FALSE(contracts::refuse_domain_name(name)) << name;
    for (const auto* name : {"", "api", "API.example.com", "a..b", "-a.com", "a.com.", "*.*.com", "a.*.com",
                             "x.amazonaws.com", "localhost.localstack.cloud", "a b.com", "a/b.com"})
        EXPECT_TRUE(contracts::refuse_domain_name(name)) << name;
}

/// A bucket with one object.
class FakeS3 final : public aws::s3::Api {
  public:
    Task<aws::s3::GetObjectOutput> get_object(Call&, aws::s3::GetObjectRequest request) override {
        asked = request.Bucket + "/" + request.Key + "?" + request.VersionId.value_or("");
        aws::s3::GetObjectOutput output;
        output.Body = std::make_shared<Once>(object);
        co_return output;
    }
    std::string object;
    std::string asked;

  private:
    class Once final : public ByteStream {
      public:
        explicit Once(std::string bytes) : bytes_(std::move(bytes)) {}
        Task<std::optional<std::string>> read() override {
            if (bytes_.empty()) co_return std::nullopt;
            co_return std::exchange(bytes_, "");
        }
        void cancel() override { bytes_.clear(); }

      private:
        std::string bytes_;
    };
};

struct Named : World {
    FakeS3 s3;
    DomainSurface named{domains, surface};

    Named() { door.add(aws::s3::service, s3); }

    void domain(const std::string& name, std::optional<MutualTlsAuthenticationInput> mutual = std::nullopt) {
        CreateDomainNameRequest request;
        request.DomainName = name;
        request.DomainNameConfigurations.emplace().push_back(
            {.CertificateArn = "arn:aws:acm:us-east-1:000000000000:certificate/1", .EndpointType = "REGIONAL"});
        request.MutualTlsAuthentication = std::move(mutual);
        run(service.create_domain_name(call, request));
    }
    void map(const std::string& name, const std::string& key, const std::string& api, std::string stage_name) {
        CreateApiMappingRequest request;
        request.DomainName = name;
        request.ApiId = api;
        request.ApiMappingKey = key;
        request.Stage = std::move(stage_name);
        run(service.create_api_mapping(call, request));
    }
    http::Response visit(const std::string& host, std::string target, std::string certificate = "") {
        auto request = asked(std::move(target), {{"Host", host}});
        if (!certificate.empty()) request.headers.add(std::string(client_certificate_field), std::move(certificate));
        return run(named.serve(call, std::move(request)));
    }
};

TEST(CustomDomains, TellFunctionsByWhichNameTheyWereCalled) {
    Named world;
    const auto api = world.quick_api();
    world.domain("api.example.com");
    world.map("api.example.com", "shop/v1", api, "$default");
    EXPECT_EQ(world.visit("API.example.com:4566", "/shop/v1/orders/7").status, 200);
    const auto event = world.lambda.event();
    EXPECT_EQ(event.at("rawPath").as_string(), "/shop/v1/orders/7");
    const auto& context = event.at("requestContext").as_object();
    EXPECT_EQ(context.at("domainName").as_string(), "api.example.com");
    EXPECT_EQ(context.at("domainPrefix").as_string(), "api");
    EXPECT_EQ(context.at("stage").as_string(), "$default");
    EXPECT_FALSE(context.contains("authentication"));
    EXPECT_EQ(world.visit("api.example.com", "/elsewhere").status, 403);
    EXPECT_TRUE(world.run(world.named.answers("api.example.com")));
    EXPECT_FALSE(world.run(world.named.answers("www.example.com")));
}

TEST(CustomDomains, ReachAnApiWhoseOwnEndpointIsOff) {
    Named world;
    const auto api = world.quick_api();
    UpdateApiRequest off;
    off.ApiId = api;
    off.DisableExecuteApiEndpoint = true;
    world.run(world.service.update_api(world.call, off));
    world.domain("*.example.com");
    world.map("*.example.com", "", api, "$default");
    EXPECT_EQ(world.get(api, "/x").status, 404);
    EXPECT_EQ(world.visit("any.example.com", "/x").status, 200);
}

TEST(CustomDomains, FollowTheirChangesAtOnce) {
    Named world;
    const auto api = world.quick_api();
    world.domain("api.example.com");
    EXPECT_EQ(world.visit("api.example.com", "/x").status, 403);
    world.map("api.example.com", "", api, "$default");
    EXPECT_EQ(world.visit("api.example.com", "/x").status, 200);
    EXPECT_THROW(world.run(world.service.delete_api(world.call, {api})), BadRequestException);
    world.run(world.service.delete_domain_name(world.call, {"api.example.com"}));
    EXPECT_EQ(world.visit("api.example.com", "/x").status, 403);
    world.run(world.service.delete_api(world.call, {api}));
}

TEST(MutualTls, LetsInWhomTheTruststoreVouchesFor) {
    Named world;
    const auto from = std::chrono::floor<std::chrono::seconds>(world.call.now()) - std::chrono::days(1);
    const Issued root("Root", Issued::Kind::authority, from);
    const Issued client("client", Issued::Kind::client, from, &root);
    const Issued stranger("stranger", Issued::Kind::client, from);
    world.s3.object = root.pem();
    world.domain("api.example.com",
                 MutualTlsAuthenticationInput{.TruststoreUri = "s3://trust/roots.pem", .TruststoreVersion = "7"});
    EXPECT_EQ(world.s3.asked, "trust/roots.pem?7");
    const auto api = world.quick_api();
    world.map("api.example.com", "", api, "$default");

    EXPECT_TRUE(world.run(world.named.asks_certificate("api.example.com")));
    EXPECT_EQ(world.visit("api.example.com", "/x").status, 403);
    EXPECT_EQ(world.visit("api.example.com", "/x", stranger.pem()).status, 403);
    EXPECT_TRUE(world.lambda.requests.empty());
    EXPECT_EQ(world.visit("api.example.com", "/x", client.pem()).status, 200);
    const auto event = world.lambda.event();
    EXPECT_FALSE(event.at("headers").as_object().contains(client_certificate_field));
    const auto& shown = event.at("requestContext").at("authentication").at("clientCert").as_object();
    EXPECT_EQ(shown.at("clientCertPem").as_string(), client.pem());
    EXPECT_EQ(shown.at("subjectDN").as_string(), "CN=client,O=Example,C=US");
    EXPECT_EQ(shown.at("issuerDN").as_string(), "CN=Root,O=Example,C=US");
    EXPECT_TRUE(shown.at("validity").as_object().contains("notAfter"));
    world.run(world.clock.advance(std::chrono::days(400)));
    EXPECT_EQ(world.visit("api.example.com", "/x", client.pem()).status, 403);

    UpdateDomainNameRequest off;
    off.DomainName = "api.example.com";
    off.MutualTlsAuthentication.emplace().TruststoreUri = "";
    EXPECT_FALSE(world.run(world.service.update_domain_name(world.call, off)).MutualTlsAuthentication);
    EXPECT_FALSE(world.run(world.named.asks_certificate("api.example.com")));
    EXPECT_EQ(world.visit("api.example.com", "/x").status, 200);
}

TEST(MutualTls, NeedsATruststoreThatCanBeRead) {
    Named world;
    const auto refused = [&](std::string uri) -> std::string {
        try {
            world.domain("api.example.com", MutualTlsAuthenticationInput{.TruststoreUri = std::move(uri)});
        } catch (const aws::Error& error) {
            return error.code;
        }
        return "";
    };
    world.s3.object = "no certificates";
    EXPECT_EQ(refused("s3://trust/roots.pem"), "BadRequestException");
    EXPECT_EQ(refused("https://trust/roots.pem"), "BadRequestException");
    EXPECT_EQ(refused("s3://trust"), "BadRequestException");
}

}  // namespace
}  // namespace cumulet::apigatewayv2
