#include "contracts/token_issuers.h"

#include <gtest/gtest.h>

#include "contracts/tests/support/token_signer.h"

namespace cumulet::contracts {
namespace {

/// An issuer's site that counts who asks.
class FakeIssuer final : public HttpSender {
  public:
    Task<std::optional<http::Response>> send(std::string origin, http::Request request, Sending) override {
        asked.push_back(origin + request.target);
        if (down) throw std::runtime_error("connection refused");
        if (silent) co_return std::nullopt;
        http::Response response;
        if (request.target == "/pool/.well-known/openid-configuration") {
            response.body = configuration;
        } else if (request.target == "/keys") {
            response.body = keys;
        } else {
            response.status = 404;
        }
        co_return response;
    }

    std::string configuration = R"({"jwks_uri": "https://keys.example:8443/keys"})";
    std::string keys;
    bool down = false;
    bool silent = false;
    std::vector<std::string> asked;
};

struct World {
    Clock clock{Time(1'795'395'300s)};
    Reactor reactor{clock, Random(1)};
    FakeIssuer site;
    TokenIssuers issuers{&site};
    TokenSigner signer{"first"};

    World() { site.keys = signer.key_set(); }
    bool verify(const std::string& token, std::string issuer = "https://id.example/pool") {
        return reactor.block_on(issuers.verify(std::move(issuer), *Jwt::parse(token), reactor.now()));
    }
    void advance(Duration by) { reactor.block_on(clock.advance(by)); }
};

TEST(TokenIssuers, FindKeysWhereTheConfigurationSays) {
    World world;
    EXPECT_TRUE(world.verify(world.signer.sign({{"sub", "ada"}})));
    EXPECT_EQ(world.site.asked, (std::vector<std::string>{"https://id.example/pool/.well-known/openid-configuration",
                                                          "https://keys.example:8443/keys"}));
    EXPECT_FALSE(world.verify(TokenSigner("first").sign({{"sub", "eve"}})));  // another key of the same name
    EXPECT_EQ(world.site.asked.size(), 2u);
}

TEST(TokenIssuers, TakeASlashAtTheEndOfAnIssuerForNothing) {
    World world;
    EXPECT_TRUE(world.verify(world.signer.sign({}), "https://id.example/pool/"));
}

TEST(TokenIssuers, TrustNoTokenWhereTheIssuerDoesNotAnswer) {
    World world;
    const auto token = world.signer.sign({});
    world.site.down = true;
    EXPECT_FALSE(world.verify(token));
    world.site.down = false;
    world.site.silent = true;
    EXPECT_FALSE(world.verify(token));
    world.site.silent = false;
    for (const auto* configuration : {"", "[]", "{}", R"({"jwks_uri": 7})", R"({"jwks_uri": "file:///keys"})"}) {
        world.site.configuration = configuration;
        EXPECT_FALSE(world.verify(token)) << configuration;
    }
    world.site.configuration = R"({"jwks_uri": "https://keys.example/keys"})";
    world.site.keys = "nonsense";
    EXPECT_FALSE(world.verify(token));
    world.site.keys = world.signer.key_set();
    EXPECT_TRUE(world.verify(token));
}

TEST(TokenIssuers, FetchKeysAnewForATokenOfANewKeyButNotForEach) {
    World world;
    EXPECT_TRUE(world.verify(world.signer.sign({})));
    const TokenSigner second("second");
    world.site.keys = second.key_set();
    EXPECT_FALSE(world.verify(second.sign({})));
    EXPECT_EQ(world.site.asked.size(), 2u);
    world.advance(10s);
    EXPECT_TRUE(world.verify(second.sign({})));
    EXPECT_EQ(world.site.asked.size(), 4u);
}

TEST(TokenIssuers, ForgetKeysAfterTwoHours) {
    World world;
    EXPECT_TRUE(world.verify(world.signer.sign({})));
    world.site.keys = TokenSigner("first").key_set();
    world.advance(2h - 1s);
    EXPECT_TRUE(world.verify(world.signer.sign({})));
    world.advance(1s);
    EXPECT_FALSE(world.verify(world.signer.sign({})));
}

TEST(HttpTarget, IsAnOriginAndAPath) {
    const auto parsed = HttpTarget::parse("https://id.example:8443/pool?x=1#end");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->origin, "https://id.example:8443");
    EXPECT_EQ(parsed->target, "/pool?x=1");
    EXPECT_EQ(HttpTarget::parse("http://id.example")->target, "/");
    EXPECT_EQ(HttpTarget::parse("http://id.example?x=1")->target, "/?x=1");
    for (const auto* url : {"", "id.example", "ftp://id.example/", "https://", "https:///x", "https://a b/",
                            "https://user@id.example/", "https://id.example/a b", "https://id.example/\r\nX: y"})
        EXPECT_FALSE(HttpTarget::parse(url)) << url;
}

}  // namespace
}  // namespace cumulet::contracts
