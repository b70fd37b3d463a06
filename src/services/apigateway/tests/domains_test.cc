// Custom domains as REST APIs know them, over a book of domains that is kept elsewhere.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/apigateway/tests/support/world.h"

namespace cumulet::apigateway {
namespace {

using namespace aws::apigateway;
using contracts::ApiDomain;
using testing::HasSubstr;

class FakeDomains final : public contracts::ApiDomains {
  public:
    Task<bool> create(Call&, ApiDomain domain) override {
        const auto name = *domain.settings.domainName;
        co_return kept.emplace(name, std::move(domain)).second;
    }
    Task<std::optional<ApiDomain>> find(Call&, std::string name) override {
        const auto found = kept.find(name);
        co_return found == kept.end() ? std::nullopt : std::optional(found->second);
    }
    Task<std::vector<ApiDomain>> list(Call&) override {
        std::vector<ApiDomain> all;
        for (const auto& [name, domain] : kept) all.push_back(domain);
        co_return all;
    }
    Task<std::optional<ApiDomain>> edit(Call&, std::string name, Change change) override {
        const auto found = kept.find(name);
        if (found == kept.end()) co_return std::nullopt;
        auto changed = found->second;
        change(changed);
        found->second = changed;
        co_return changed;
    }
    Task<bool> erase(Call&, std::string name) override { co_return kept.erase(name) > 0; }
    Task<contracts::Truststore> read_truststore(Call&, std::string uri, std::optional<std::string>) override {
        co_return contracts::Truststore{.certificates_pem = "pem of " + uri};
    }
    Task<std::vector<std::string>> mapped_to(Call&, std::string api_id, std::optional<std::string> stage) override {
        std::vector<std::string> names;
        for (const auto& [name, domain] : kept) {
            for (const auto& mapping : domain.mappings)
                if (mapping.ApiId == api_id && (!stage || mapping.Stage == *stage)) names.push_back(name);
        }
        co_return names;
    }
    std::map<std::string, ApiDomain> kept;
};

struct Named : World {
    FakeDomains domains;
    Service named{*store, nullptr, {.domains = &domains}};

    DomainName domain(std::string type = "REGIONAL", std::string name = "api.example.com") {
        CreateDomainNameRequest request{.domainName = std::move(name)};
        auto& arn = type == "REGIONAL" ? request.regionalCertificateArn : request.certificateArn;
        arn = "arn:aws:acm:us-east-1:000000000000:certificate/1";
        request.endpointConfiguration.emplace().types.emplace().push_back(type);
        return run(named.create_domain_name(call, request));
    }
    BasePathMapping map(std::optional<std::string> base_path, std::optional<std::string> stage = std::nullopt) {
        CreateBasePathMappingRequest request{.domainName = "api.example.com"};
        request.restApiId = api;
        request.basePath = std::move(base_path);
        request.stage = std::move(stage);
        return run(named.create_base_path_mapping(call, request));
    }
    template <typename Error, typename Request>
    std::string refused(Request request) {
        try {
            request();
        } catch (const Error& error) {
            return error.message;
        }
        return "not refused";
    }
};

TEST(BasePathMappings, HaveOneSegmentOrNone) {
    Named world;
    world.domain();
    EXPECT_EQ(world.map(std::nullopt).basePath, "(none)");
    EXPECT_EQ(world.map("orders").basePath, "orders");
    EXPECT_EQ(world.domains.kept.at("api.example.com").mappings.front().ApiMappingKey, "");
    EXPECT_EQ(world.refused<ConflictException>([&] { world.map("(none)"); }),
              "Base path already exists for this domain name");
    EXPECT_THAT(world.refused<BadRequestException>([&] { world.map("a/b"); }), HasSubstr("use API Gateway V2"));
    EXPECT_EQ(world.refused<BadRequestException>([&] { world.map("x", "nowhere"); }),
              "Invalid stage identifier specified");
}

TEST(BasePathMappings, KeepTheirApi) {
    Named world;
    world.domain();
    world.map("orders");
    EXPECT_EQ(
        world.refused<BadRequestException>([&] { world.run(world.named.delete_rest_api(world.call, {world.api})); }),
        fmt::format("Deleting RestApi {} failed. Please remove all base path mappings related to the RestApi in "
                    "your domains: api.example.com.",
                    world.api));
    world.run(
        world.named.delete_base_path_mapping(world.call, {.domainName = "api.example.com", .basePath = "orders"}));
    world.run(world.named.delete_rest_api(world.call, {world.api}));
}

TEST(Domains, HaveTheTargetsOfTheirKind) {
    Named world;
    EXPECT_THAT(*world.domain().regionalDomainName, testing::MatchesRegex("d-[a-z0-9]+\\.execute-api\\..*"));
    const auto edge = world.domain("EDGE", "edge.example.com");
    EXPECT_THAT(*edge.distributionDomainName, testing::EndsWith(".cloudfront.net"));
    EXPECT_FALSE(edge.regionalDomainName);
    const auto hidden = world.domain("PRIVATE", "hidden.example.com");
    EXPECT_THAT(*hidden.domainNameArn, testing::EndsWith(":/domainnames/hidden.example.com+" + *hidden.domainNameId));
    EXPECT_THROW(world.run(world.named.get_domain_name(world.call, {.domainName = "hidden.example.com"})),
                 NotFoundException);
    EXPECT_EQ(world.refused<BadRequestException>([&] { world.domain(); }),
              "The domain name you provided already exists.");
}

TEST(Domains, ReadTheirTruststoreAgainWhenItChanges) {
    Named world;
    world.domain();
    UpdateDomainNameRequest request{.domainName = "api.example.com"};
    const auto patch = [&](std::string path, std::string value) {
        PatchOperation operation;
        operation.op = "replace";
        operation.path = std::move(path);
        operation.value = std::move(value);
        request.patchOperations.emplace().assign(1, operation);
        return world.run(world.named.update_domain_name(world.call, request));
    };
    EXPECT_EQ(patch("/mutualTlsAuthentication/truststoreUri", "s3://a/b").mutualTlsAuthentication->truststoreUri,
              "s3://a/b");
    EXPECT_EQ(world.domains.kept.at("api.example.com").truststore, "pem of s3://a/b");
    EXPECT_FALSE(patch("/mutualTlsAuthentication/truststoreUri", "").mutualTlsAuthentication);
    EXPECT_EQ(world.domains.kept.at("api.example.com").truststore, "");
    EXPECT_THROW(patch("/policy", "{}"), aws::Error);
}

TEST(CustomDomains, ReachTheStageThatTheirMappingSays) {
    World world;
    world.integration = {.type = "MOCK"};
    world.integration.requestTemplates.emplace()["application/json"] = R"({"statusCode": 200})";
    world.response("200", "",
                   "$context.domainName $context.domainPrefix $context.customDomain.basePathMatched $context.path "
                   "$context.stage $input.params('id')");
    world.deploy("/pets/{id}", "GET");
    const auto answer = [&](contracts::DomainMatch match, std::string path) {
        http::Request request;
        request.method = "GET";
        request.set_target("/shop" + path);
        request.headers.add("Host", "api.example.com");
        contracts::ApiDestination destination{.api_id = world.api, .path = path, .by_host = true};
        match.domain_name = "api.example.com";
        destination.domain = std::move(match);
        return world.run(world.surface.serve_api(world.call, std::move(request), std::move(destination)));
    };
    EXPECT_EQ(answer({.base_path = "shop", .stage = "prod"}, "/pets/7").body,
              "api.example.com api shop /shop/pets/7 prod 7");
    EXPECT_EQ(answer({.base_path = "shop"}, "/prod/pets/7").body, "api.example.com api shop /shop/prod/pets/7 prod 7");
    EXPECT_EQ(answer({.stage = "prod"}, "/pets/7").body, "api.example.com api (none) /shop/pets/7 prod 7");
    EXPECT_EQ(answer({.stage = "nowhere"}, "/pets/7").status, 403);
    EXPECT_EQ(answer({}, "/pets/7").status, 403);
}

}  // namespace
}  // namespace cumulet::apigateway
