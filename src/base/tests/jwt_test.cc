// Tokens and keys were made by Node.js's crypto, for claims that are current on 2026-11-23 between 00:50 and 01:55.

#include "base/jwt.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace cumulet {
namespace {

constexpr std::string_view keys =
    "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"snSQqRv-qRm_PEFa1WAWCy-Mrk1jvR-03e7ADYIBrTlnXDqo9eELRrjGtGBESL4E_RRLaLyZr"
    "1_NJjtw0kb124fAEMY7OTqbwKO0ufOwZPnRkwBdtMTYWPCZwd4b9g4jXT5-dK12xwCHiZ_9U3RRXyOMMR095h0kLJRy8xo4Sgyxt"
    "GrsxhCHrNiO5PJ3AeemjD6qBGOP1Of1CHTT-Umy77powyM4uNEq2yBfOMJQUIOUS_Z1LOChEdQZc6KGvawv-T31rV417Reimw6xr"
    "CfE8V-0Dge9I20b0Upy3YUzlV7Xo8wfSshdijk47tcXkhamEnWNXD_nMy9G4l3CLrqVnQ\",\"e\":\"AQAB\",\"kid\":\"r1\",\"use\":\""
    "sig\",\"alg\":\"RS256\"},{\"kty\":\"EC\",\"x\":\"Hwd8ugtmWbB4Cjw3lb4kNbHFvIjcZTJde9ZzhDW2mFk\",\"y\":"
    "\"5sJSrWC8GwtK1"
    "WPjrNVUkry1oWyU6xPecT46_hh44RA\",\"crv\":\"P-256\",\"kid\":\"e1\",\"use\":\"sig\"},{\"kty\":\"oct\",\"k\":"
    "\"AAAA\",\"kid\":"
    "\"o1\"}]}";
constexpr std::string_view rs256 =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InIxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlL3Bvb2xf"
    "MSIsInN1YiI6ImFkYSIsImF1ZCI6WyJzaG9wIl0sImNsaWVudF9pZCI6IndlYiIsInNjb3BlIjoicmVhZCB3cml0ZSIsImV4cCI6"
    "MTc5NTM5ODkwMCwibmJmIjoxNzk1Mzk1MDAwfQ.MGw4uVAZj8UUMnoSW7Abj-zAOQKnGQgeox3NGoSYfH-1QViADh6VjwPVEpL-3"
    "bpzDs1k1Z8-XSxExrPuyH3-ws0jnNV_22hMwLoYoHckEFnJ4Xm0M7RgfbGPzXrFQPh5gaf87DNMoJKv63Rbe3Zx1OSB0Q5Ejpkgq"
    "Du_6u4RyWEPAejsqJsQmj1pfRQJc6iCOVt0KczxduK9Zrd27Rsm3vJNc0vuhLcg2H8vymCdfs21liYasL0HafQOYaV1Bvw2ihbSZ"
    "r-pzYgjIulb-qHSC0bbCShW1ZhLgkuHOM3SArdsIMfTy-CISmkFOXKM4TDAmH2a-8JBC6xEEPtKAl9pVg";
constexpr std::string_view es256 =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImUxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlL3Bvb2xf"
    "MSIsInN1YiI6ImFkYSIsImF1ZCI6WyJzaG9wIl0sImNsaWVudF9pZCI6IndlYiIsInNjb3BlIjoicmVhZCB3cml0ZSIsImV4cCI6"
    "MTc5NTM5ODkwMCwibmJmIjoxNzk1Mzk1MDAwfQ._4dfiNLnfuwHiYm2Q5-vlgYMP3R9lGC_pX0p2Ce0SqMjwfCsDWP-sR3V5tTZi"
    "wPhYNcx2APrl_kxQ1qHvoquSA";
constexpr std::string_view none =
    "eyJhbGciOiJub25lIiwia2lkIjoicjEifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlL3Bvb2xfMSIsInN1YiI6ImFkY"
    "SIsImF1ZCI6WyJzaG9wIl0sImNsaWVudF9pZCI6IndlYiIsInNjb3BlIjoicmVhZCB3cml0ZSIsImV4cCI6MTc5NTM5ODkwMCwib"
    "mJmIjoxNzk1Mzk1MDAwfQ.";

const Time now = *parse_iso8601("2026-11-23T00:55:00Z");

bool verified(std::string_view token) {
    const auto parsed = Jwt::parse(token);
    return parsed && JsonWebKeys::parse(keys)->verify(*parsed);
}

TEST(Jwt, IsReadWithItsClaims) {
    const auto token = Jwt::parse(rs256);
    ASSERT_TRUE(token);
    EXPECT_EQ(token->claims.at("sub"), "ada");
    EXPECT_EQ(token->scopes(), (std::vector<std::string>{"read", "write"}));
    EXPECT_TRUE(token->in_scope({"delete", "write"}));
    EXPECT_TRUE(token->in_scope({}));
    EXPECT_FALSE(token->in_scope({"delete"}));
    EXPECT_EQ(token->audiences(), (std::vector<std::string>{"shop", "web"}));
    EXPECT_EQ(token->time("exp"), *parse_iso8601("2026-11-23T01:55:00Z"));
}

TEST(Jwt, IsCurrentBetweenItsTimes) {
    const auto token = *Jwt::parse(rs256);
    EXPECT_TRUE(token.current(now));
    EXPECT_FALSE(token.current(now - 6min));
    EXPECT_FALSE(token.current(*parse_iso8601("2026-11-23T01:55:00Z")));
    EXPECT_TRUE(token.current(*parse_iso8601("2026-11-23T01:55:00Z"), 30s));
    auto endless = token;
    endless.claims.erase("exp");
    EXPECT_FALSE(endless.current(now));
    auto odd = token;
    odd.claims["exp"] = "never";
    EXPECT_FALSE(odd.current(now));
    odd.claims["exp"] = 1e300;
    EXPECT_FALSE(odd.current(now));
}

TEST(Jwt, IsVerifiedByItsIssuersKeys) {
    EXPECT_TRUE(verified(rs256));
    EXPECT_TRUE(verified(es256));
}

TEST(Jwt, IsRefusedWhereAnythingWasChanged) {
    EXPECT_FALSE(verified(none));
    std::string other(rs256);
    other[other.find('.') + 5] ^= 1;
    EXPECT_FALSE(verified(other));
    other = rs256;
    other.back() = other.back() == 'A' ? 'Q' : 'A';
    EXPECT_FALSE(verified(other));
    // A header that names another algorithm than the key's.
    const auto rest = rs256.substr(rs256.find('.'));
    for (const auto* header : {R"({"alg":"HS256","kid":"r1"})", R"({"alg":"RS512","kid":"r1"})",
                               R"({"alg":"RS256","kid":"e1"})", R"({"alg":"RS256","kid":"o1"})", R"({"kid":"r1"})"}) {
        auto encoded = to_base64(header);
        while (encoded.ends_with('=')) encoded.pop_back();
        EXPECT_FALSE(verified(encoded + std::string(rest))) << header;
    }
}

TEST(Jwt, IsNothingWhereItIsMalformed) {
    for (const auto* text : {"", ".", "..", "a.b", "a.b.c.d", "e30.e30", "e30.e30.=", "W10.e30.AA", "e30.bm8.AA"})
        EXPECT_FALSE(Jwt::parse(text)) << text;
    EXPECT_FALSE(Jwt::parse(std::string(Jwt::max_bytes + 1, 'a')));
    EXPECT_FALSE(JsonWebKeys::parse("[]"));
    EXPECT_FALSE(JsonWebKeys::parse("nonsense"));
    EXPECT_TRUE(JsonWebKeys::parse(R"({"keys": [{"kty": "RSA", "n": "AA", "e": "AQAB"}]})"));
}

}  // namespace
}  // namespace cumulet
