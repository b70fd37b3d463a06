#include "services/sns/certified_signer.h"

#include "base/bytes.h"
#include "services/sns/storage.h"

namespace cumulet::sns {
namespace {

constexpr std::string_view common_name = "sns.amazonaws.com";
constexpr auto certificate_life = std::chrono::years(20);

std::string path_of(std::string_view certificate) {
    return fmt::format("{}{}.pem", CertifiedSigner::path_prefix, sha256_hex(certificate).substr(0, 32));
}

}  // namespace

Task<Signature> CertifiedSigner::sign(Parcel parcel) {
    const auto version = parcel.topic.signature_version();
    const auto own = co_await identity();
    Signature signature{.version = version, .certificate_url = parcel.notification.base_url + own->path};
    auto text = text_to_sign(parcel);
    const auto digest = version + sha256(text);
    const auto guard = co_await locks_.lock(digest);
    if (auto known_text = known(digest)) {
        signature.text = std::move(*known_text);
        co_return signature;
    }
    const auto algorithm = version == "2" ? Hasher::Algorithm::sha256 : Hasher::Algorithm::sha1;
    signature.text = to_base64(co_await threads_.run([&] { return own->key.sign(text, algorithm); }));
    remember(digest, signature.text);
    co_return signature;
}

Task<http::Response> CertifiedSigner::serve(Call& call, http::Request request) {
    const auto own = co_await identity();
    http::Response response;
    if (request.path != own->path) {
        response.status = 404;
        co_return response;
    }
    response.headers.add("Content-Type", "application/x-pem-file");
    response.body = own->certificate;
    co_return response;
}

std::optional<std::string> CertifiedSigner::known(const std::string& digest) {
    const std::lock_guard lock(mutex_);
    const auto found = signatures_.find(digest);
    if (found == signatures_.end()) return {};
    return found->second;
}

void CertifiedSigner::remember(const std::string& digest, std::string signature) {
    const std::lock_guard lock(mutex_);
    if (signatures_.size() >= most_remembered) signatures_.clear();
    signatures_.emplace(digest, std::move(signature));
}

Task<std::shared_ptr<const CertifiedSigner::Identity>> CertifiedSigner::identity() {
    {
        const std::lock_guard lock(mutex_);
        if (identity_) co_return identity_;
    }
    const auto guard = co_await locks_.lock("key");
    {
        const std::lock_guard lock(mutex_);
        if (identity_) co_return identity_;
    }
    auto found = co_await load_or_make();
    const std::lock_guard lock(mutex_);
    co_return identity_ = std::move(found);
}

Task<std::shared_ptr<const CertifiedSigner::Identity>> CertifiedSigner::load_or_make() {
    auto kept = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<std::optional<SigningKey>> { co_return co_await find_signing_key(tx); });
    if (!kept) {
        const auto made = co_await threads_.run([now = clock_.now()] {
            const auto key = RsaKey::generate();
            return SigningKey{key.pem(), key.certificate(common_name, now, now + certificate_life)};
        });
        // Another process may have been faster: its key is the cloud's.
        kept = co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<SigningKey>> {
            if (auto theirs = co_await find_signing_key(tx)) co_return theirs;
            save_signing_key(tx, made);
            co_return made;
        });
    }
    const auto key = RsaKey::from_pem(kept->key_pem);
    if (!key) throw std::runtime_error("SNS's stored signing key is damaged");
    auto path = path_of(kept->certificate_pem);
    co_return std::make_shared<const Identity>(*key, std::move(kept->certificate_pem), std::move(path));
}

}  // namespace cumulet::sns
