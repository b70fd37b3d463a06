// RSA keys: a signature verifies with its key only, and a key comes back from its text.
#include "base/rsa.h"

#include <gtest/gtest.h>

namespace cumulet {
namespace {

using enum Hasher::Algorithm;

TEST(RsaKey, SignsAndVerifies) {
    const auto key = RsaKey::generate(1024);
    for (const auto digest : {sha1, sha256}) {
        const auto signature = key.sign("hello", digest);
        EXPECT_EQ(signature.size(), 128u);
        EXPECT_TRUE(key.verify("hello", signature, digest));
        EXPECT_FALSE(key.verify("hellO", signature, digest));
        EXPECT_FALSE(RsaKey::generate(1024).verify("hello", signature, digest));
    }
    EXPECT_FALSE(key.verify("hello", key.sign("hello", sha1), sha256));
}

TEST(RsaKey, ComesBackFromItsText) {
    const auto key = RsaKey::generate(1024);
    const auto again = RsaKey::from_pem(key.pem());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->sign("hello", sha256), key.sign("hello", sha256));
    EXPECT_FALSE(RsaKey::from_pem("-----BEGIN PRIVATE KEY-----"));
}

TEST(RsaKey, MakesACertificateOfItself) {
    const auto key = RsaKey::generate(1024);
    const Time from(1'700'000'000s);
    const auto text = key.certificate("sns.amazonaws.com", from, from + std::chrono::days(365));
    EXPECT_TRUE(text.starts_with("-----BEGIN CERTIFICATE-----\n"));
    EXPECT_NE(text, key.certificate("sns.amazonaws.com", from, from + std::chrono::days(366)));
}

}  // namespace
}  // namespace cumulet
