// Signatures that verify by AWS's rules, shared by all subscribers of a notification.
#include <gmock/gmock.h>

#include "base/bytes.h"
#include "services/sns/certified_signer.h"
#include "services/sns/storage.h"
#include "store/memory/memory_store.h"

namespace cumulet::sns {
namespace {

struct World {
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    BlockingPool threads{0};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    CertifiedSigner signer{*store, threads, clock};
    Topic topic;
    Subscription subscription;
    Notification notification;

    World() {
        topic.account = "000000000000";
        topic.region = "us-east-1";
        topic.name = "orders";
        subscription.place = topic.place();
        subscription.topic_name = "orders";
        subscription.protocol = "sqs";
        notification.message = "hello";
        notification.base_url = "http://localhost:4566";
    }
    Signature sign() { return reactor.block_on(signer.sign({topic, subscription, notification})); }
    std::optional<SigningKey> kept_key() {
        return reactor.block_on(store->transact([](store::Transaction& tx) -> Task<std::optional<SigningKey>> {
            co_return co_await find_signing_key(tx);
        }));
    }
    bool verifies(const Signature& signature, Hasher::Algorithm digest) {
        return RsaKey::from_pem(kept_key()->key_pem)
            ->verify(text_to_sign({topic, subscription, notification}), *from_base64(signature.text), digest);
    }
};

TEST(CertifiedSigner, SignsWithSha1InTheFirstVersionAndSha256InTheSecond) {
    World world;
    const auto first = world.sign();
    EXPECT_EQ(first.version, "1");
    EXPECT_TRUE(world.verifies(first, Hasher::Algorithm::sha1));
    world.topic.attributes["SignatureVersion"] = "2";
    const auto second = world.sign();
    EXPECT_EQ(second.version, "2");
    EXPECT_TRUE(world.verifies(second, Hasher::Algorithm::sha256));
    EXPECT_EQ(first.certificate_url, second.certificate_url);
}

TEST(CertifiedSigner, ShowsItsCertificateUnderItsOwnNameOnly) {
    World world;
    const auto url = world.sign().certificate_url;
    EXPECT_THAT(url,
                testing::MatchesRegex("http://localhost:4566/_aws/sns/SimpleNotificationService-[0-9a-f]{32}\\.pem"));
    const auto get = [&](std::string path) {
        http::Request request;
        request.set_target(std::move(path));
        Call call(world.reactor, "request");
        return world.reactor.block_on(world.signer.certificate_surface().serve(call, std::move(request)));
    };
    const auto shown = get(url.substr(url.find("/_aws")));
    EXPECT_EQ(shown.status, 200);
    EXPECT_EQ(shown.body, world.kept_key()->certificate_pem);
    EXPECT_EQ(get("/_aws/sns/SimpleNotificationService-0.pem").status, 404);
}

TEST(CertifiedSigner, KeepsItsKey) {
    World world;
    const auto before = world.sign();
    CertifiedSigner restarted(*world.store, world.threads, world.clock);
    const auto after = world.reactor.block_on(restarted.sign({world.topic, world.subscription, world.notification}));
    EXPECT_EQ(before.text, after.text);
    EXPECT_EQ(before.certificate_url, after.certificate_url);
}

}  // namespace
}  // namespace cumulet::sns
