// Answers to endpoints that ask for a user and a password.
#include "services/sns/http_authentication.h"

#include <gmock/gmock.h>

#include "base/hash.h"
#include "services/sns/subscription.h"

namespace cumulet::sns {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

http::Request request_of(std::string method, std::string target, std::string body = "") {
    http::Request request{.method = std::move(method), .body = std::move(body)};
    request.set_target(std::move(target));
    return request;
}

std::string answer(std::string challenge, std::string_view credentials, const http::Request& request,
                   std::string_view client_nonce) {
    const http::Headers headers{{"WWW-Authenticate", std::move(challenge)}};
    return authorization_for(challenges_of(headers), credentials, request, client_nonce).value_or("none");
}

TEST(Challenges, AreReadFromOneFieldOrMore) {
    const http::Headers headers{
        {"WWW-Authenticate", R"(Newauth realm="a, \"b\"", type=1, BASIC realm = "x", Negotiate)"},
        {"www-authenticate", R"(Digest REALM="y",nonce="n==")"},
        {"WWW-Authenticate", ""}};
    const auto challenges = challenges_of(headers);
    std::vector<std::string> schemes;
    for (const auto& challenge : challenges) schemes.push_back(challenge.scheme);
    ASSERT_THAT(schemes, ElementsAre("newauth", "basic", "negotiate", "digest"));
    EXPECT_EQ(challenges[0].parameter("realm"), "a, \"b\"");
    EXPECT_EQ(challenges[0].parameter("type"), "1");
    EXPECT_EQ(challenges[1].parameter("realm"), "x");
    EXPECT_EQ(challenges[3].parameter("realm"), "y");
    EXPECT_EQ(challenges[3].parameter("nonce"), "n==");
    EXPECT_EQ(challenges[3].parameter("qop"), "");
}

// RFC 2617, section 3.5
TEST(Digest, AnswersTheExampleOfItsFirstSpecification) {
    EXPECT_EQ(answer(R"(Digest realm="testrealm@host.com", qop="auth,auth-int", )"
                     R"(nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41")",
                     "Mufasa:Circle Of Life", request_of("GET", "/dir/index.html"), "0a4f113b"),
              R"(Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", )"
              R"(uri="/dir/index.html", response="6629fae49393a05397450978507c4ef1", )"
              R"(opaque="5ccc069c403ebaf9f0171e9517f40e41", qop=auth, nc=00000001, cnonce="0a4f113b")");
}

// RFC 7616, section 3.9.1, which offers both
TEST(Digest, PrefersTheStrongerHash) {
    const std::string rest =
        R"(realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", )"
        R"(opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")";
    const auto sha256 = "Digest algorithm=SHA-256, " + rest;
    const auto md5 = "Digest algorithm=MD5, " + rest;
    constexpr auto nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    const auto request = request_of("GET", "/dir/index.html");
    const auto stronger =
        AllOf(HasSubstr("response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""),
              HasSubstr("algorithm=SHA-256"));
    EXPECT_THAT(answer(sha256 + ", " + md5, "Mufasa:Circle of Life", request, nonce), stronger);
    EXPECT_THAT(answer(md5 + ", " + sha256, "Mufasa:Circle of Life", request, nonce), stronger);
    EXPECT_THAT(answer("Basic realm=\"x\", " + md5, "Mufasa:Circle of Life", request, nonce),
                HasSubstr("response=\"8ca523f5e9506fed4657c9700eebdbec\""));
}

TEST(Digest, KnowsItsOlderAndStricterForms) {
    const auto request = request_of("POST", "/", "hello");
    const auto secret = md5_hex("ann:r:pw");
    EXPECT_THAT(answer(R"(Digest realm="r", nonce="n")", "ann:pw", request, "c"),
                HasSubstr("response=\"" + md5_hex(secret + ":n:" + md5_hex("POST:/")) + "\""));
    EXPECT_THAT(answer(R"(Digest realm="r", nonce="n", qop="auth-int")", "ann:pw", request, "c"),
                HasSubstr("response=\"" +
                          md5_hex(secret + ":n:00000001:c:auth-int:" + md5_hex("POST:/:" + md5_hex("hello"))) + "\""));
    EXPECT_THAT(answer(R"(Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess)", "ann:pw", request, "c"),
                HasSubstr("response=\"" +
                          md5_hex(md5_hex(secret + ":n:c") + ":n:00000001:c:auth:" + md5_hex("POST:/")) + "\""));
    EXPECT_EQ(answer(R"(Digest realm="r", nonce="n", qop="later")", "ann:pw", request, "c"), "none");
    EXPECT_EQ(answer(R"(Digest realm="r", nonce="n", algorithm=SHA-512-256)", "ann:pw", request, "c"), "none");
    EXPECT_EQ(answer("Negotiate", "ann:pw", request, "c"), "none");
}

TEST(Basic, ShowsAUserWithoutAPasswordToo) {
    const auto request = request_of("POST", "/");
    EXPECT_EQ(answer("Basic realm=\"r\"", "Aladdin:open sesame", request, ""), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_EQ(answer("Basic", "ann", request, ""), "Basic YW5uOg==");
}

TEST(Subscription, ShowsNoPassword) {
    const std::pair<std::string, std::string> rows[] = {
        {"https://example.com/a:b@c", "https://example.com/a:b@c"},
        {"https://ann@example.com/", "https://ann@example.com/"},
        {"https://ann:secret@example.com/a", "https://ann:****@example.com/a"},
        {"https://ann:se:c@ret@example.com:8080", "https://ann:****@example.com:8080"},
        {"https://example.com:8080/?x=@", "https://example.com:8080/?x=@"},
    };
    for (const auto& [endpoint, shown] : rows) {
        Subscription subscription;
        subscription.protocol = "https";
        subscription.endpoint = endpoint;
        EXPECT_EQ(subscription.shown_endpoint(), shown);
    }
}

}  // namespace
}  // namespace cumulet::sns
