#include "base/rsa.h"

#include <openssl/rsa.h>

#include <stdexcept>

#include "base/openssl.h"

namespace cumulet {
namespace {

using namespace openssl;

void demand(bool success, const char* what) {
    if (!success) throw std::runtime_error(std::string("OpenSSL could not ") + what);
}

const EVP_MD* digest_of(Hasher::Algorithm algorithm) {
    switch (algorithm) {
        case Hasher::Algorithm::md5: return EVP_md5();
        case Hasher::Algorithm::sha1: return EVP_sha1();
        case Hasher::Algorithm::sha256: return EVP_sha256();
    }
    return nullptr;
}

const unsigned char* data(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

}  // namespace

struct RsaKey::Key {
    explicit Key(EVP_PKEY* key) : key(key) {}
    Key(const Key&) = delete;
    ~Key() { EVP_PKEY_free(key); }
    EVP_PKEY* key;
};

RsaKey RsaKey::generate(int bits) {
    auto* key = EVP_RSA_gen(static_cast<unsigned>(bits));
    demand(key, "make an RSA key");
    return RsaKey(std::make_shared<const Key>(key));
}

std::optional<RsaKey> RsaKey::from_pem(std::string_view pem) {
    const auto bio = reader_of(pem);
    auto* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
    if (!key) return {};
    auto owned = std::make_shared<const Key>(key);
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) return {};
    return RsaKey(std::move(owned));
}

std::string RsaKey::pem() const {
    return printed([&](BIO* bio) {
        demand(PEM_write_bio_PKCS8PrivateKey(bio, key_->key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
               "write a key");
    });
}

std::string RsaKey::sign(std::string_view bytes, Hasher::Algorithm digest) const {
    const DigestContext context(EVP_MD_CTX_new());
    demand(EVP_DigestSignInit(context.get(), nullptr, digest_of(digest), nullptr, key_->key) == 1, "start to sign");
    std::string signature(static_cast<size_t>(EVP_PKEY_get_size(key_->key)), '\0');
    size_t size = signature.size();
    demand(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data(bytes),
                          bytes.size()) == 1,
           "sign");
    signature.resize(size);
    return signature;
}

bool RsaKey::verify(std::string_view bytes, std::string_view signature, Hasher::Algorithm digest) const {
    const DigestContext context(EVP_MD_CTX_new());
    demand(EVP_DigestVerifyInit(context.get(), nullptr, digest_of(digest), nullptr, key_->key) == 1, "start to verify");
    return EVP_DigestVerify(context.get(), data(signature), signature.size(), data(bytes), bytes.size()) == 1;
}

std::string RsaKey::certificate(std::string_view name, Time from, Time until) const {
    const Certificate certificate(X509_new());
    demand(certificate != nullptr, "make a certificate");
    const auto seconds = [](Time time) { return static_cast<time_t>(epoch_millis(time) / 1000); };
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate.get()), epoch_millis(from));
    ASN1_TIME_set(X509_getm_notBefore(certificate.get()), seconds(from));
    ASN1_TIME_set(X509_getm_notAfter(certificate.get()), seconds(until));
    auto* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, data(name), static_cast<int>(name.size()), -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_set_pubkey(certificate.get(), key_->key);
    demand(X509_sign(certificate.get(), key_->key, EVP_sha256()) > 0, "sign a certificate");
    return pem_of(certificate.get());
}

}  // namespace cumulet
