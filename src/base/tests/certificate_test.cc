#include "base/certificate.h"

#include <gtest/gtest.h>

#include "base/tests/support/authority.h"

namespace cumulet {
namespace {

using Kind = Issued::Kind;

constexpr std::chrono::sys_seconds begin(1'795'000'000s);
constexpr Time now(begin + std::chrono::days(30));
constexpr size_t four = 4;

TEST(Certificates, SayWhoTheyAreAndHowLong) {
    const Issued authority("Root", Kind::authority, std::chrono::sys_seconds(1'559'046'602s));
    const Issued client("client", Kind::client, std::chrono::sys_seconds(1'559'046'602s), &authority);
    const auto facts = read_certificate(client.pem());
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->pem, client.pem());
    EXPECT_EQ(facts->subject, "CN=client,O=Example,C=US");
    EXPECT_EQ(facts->issuer, "CN=Root,O=Example,C=US");
    EXPECT_EQ(facts->serial.substr(0, 3), "a1:");
    EXPECT_EQ(facts->not_before, "May 28 12:30:02 2019 GMT");
    EXPECT_EQ(facts->not_after, "May 27 12:30:02 2020 GMT");
    EXPECT_FALSE(read_certificate("no certificate"));
    EXPECT_FALSE(read_certificate("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
}

TEST(Certificates, AreVouchedForByTheChainInTheTruststore) {
    const Issued root("Root", Kind::authority, begin);
    const Issued middle("Middle", Kind::authority, begin, &root);
    const Issued client("client", Kind::client, begin, &middle);
    const Issued stranger("Root", Kind::authority, begin);
    const Issued self("self", Kind::client, begin);
    struct Row {
        const char* name;
        std::string shown, trusted, refusal;
        Time at = now;
    };
    const Row rows[] = {
        {"by both", client.pem(), root.pem() + middle.pem(), ""},
        {"by the root only", client.pem(), root.pem(), "Could not find issuer for certificate"},
        {"by another of the same name", middle.pem(), stranger.pem(), "certificate signature failure"},
        {"by nobody", client.pem(), "", "Could not find issuer for certificate"},
        {"by itself", self.pem(), root.pem(), "self signed certificate"},
        {"by itself, which is trusted", self.pem(), self.pem(), ""},
        {"too late", client.pem(), root.pem() + middle.pem(), "certificate has expired", now + std::chrono::days(365)},
        {"nothing", "", root.pem(), "Could not find issuer for certificate"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(refuse_certificate(row.shown, row.trusted, four, row.at).value_or(""), row.refusal) << row.name;
    }
}

TEST(Certificates, AreNotVouchedForOverTooManyAuthorities) {
    std::vector<Issued> chain{Issued("0", Kind::authority, begin)};
    std::string trusted = chain.front().pem();
    for (int i = 1; i < 6; ++i) {
        chain.emplace_back(std::to_string(i), Kind::authority, begin, &chain.back());
        trusted += chain.back().pem();
    }
    const Issued of_four("client", Kind::client, begin, &chain[3]);
    const Issued of_six("client", Kind::client, begin, &chain[5]);
    EXPECT_FALSE(refuse_certificate(of_four.pem(), trusted, four, now));
    EXPECT_TRUE(refuse_certificate(of_six.pem(), trusted, four, now));
}

TEST(Certificates, OfBrokenDigestsAreRefused) {
    const Issued root("Root", Kind::authority, begin);
    const Issued client("client", Kind::client, begin, &root, EVP_sha1());
    EXPECT_EQ(refuse_certificate(client.pem(), root.pem(), four, now),
              "Client cert using an insecure Signature Algorithm");
}

TEST(Bundles, TellWhatCannotVouch) {
    const Issued root("Root", Kind::authority, begin);
    const Issued client("client", Kind::client, begin, &root);
    const Issued old("Old", Kind::authority, begin - std::chrono::days(800));
    const auto bundle = inspect_bundle(root.pem() + client.pem() + old.pem(), 10, now);
    EXPECT_EQ(bundle.count, 3u);
    EXPECT_FALSE(bundle.damaged);
    EXPECT_EQ(bundle.unusable, (std::vector<std::string>{"CN=client,O=Example,C=US", "CN=Old,O=Example,C=US"}));
    EXPECT_EQ(inspect_bundle(root.pem() + root.pem(), 1, now).count, 1u);
    EXPECT_EQ(inspect_bundle("text", 10, now).count, 0u);
    auto broken = root.pem();
    broken.replace(60, 8, "////////");
    EXPECT_TRUE(inspect_bundle(broken, 10, now).damaged);
}

}  // namespace
}  // namespace cumulet
