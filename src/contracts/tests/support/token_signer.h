// An issuer of JSON Web Tokens for tests: one key of the curve P-256, made anew for each.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "base/bytes.h"
#include "base/json.h"

namespace cumulet::contracts {

class TokenSigner {
  public:
    explicit TokenSigner(std::string key_id) : key_id_(std::move(key_id)), key_(EVP_EC_gen("P-256"), EVP_PKEY_free) {
        if (!key_) throw std::runtime_error("OpenSSL could not make a key");
    }

    /// {"keys": [...]} with its public key.
    std::string key_set() const {
        unsigned char point[65];
        size_t size = 0;
        EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &size);
        if (size != sizeof(point)) throw std::runtime_error("OpenSSL could not tell a key's point");
        const std::string_view bytes(reinterpret_cast<const char*>(point), size);
        const json::object key{{"kty", "EC"},
                               {"crv", "P-256"},
                               {"kid", key_id_},
                               {"x", encoded(bytes.substr(1, 32))},
                               {"y", encoded(bytes.substr(33))}};
        return json::serialize(json::object{{"keys", json::array{key}}});
    }

    std::string sign(const json::object& claims) const {
        return sign({{"alg", "ES256"}, {"kid", key_id_}, {"typ", "JWT"}}, claims);
    }
    std::string sign(const json::object& header, const json::object& claims) const {
        const auto text = encoded(json::serialize(header)) + "." + encoded(json::serialize(claims));
        return text + "." + encoded(signature(text));
    }

    static std::string encoded(std::string_view bytes) {
        auto text = to_base64(bytes);
        while (text.ends_with('=')) text.pop_back();
        for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
        return text;
    }

  private:
    /// The two numbers of an ECDSA signature, 32 bytes each.
    std::string signature(const std::string& text) const {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        unsigned char der[80];
        size_t size = sizeof(der);
        if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
            EVP_DigestSign(context.get(), der, &size, reinterpret_cast<const unsigned char*>(text.data()),
                           text.size()) != 1)
            throw std::runtime_error("OpenSSL could not sign");
        const unsigned char* at = der;
        const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> both(
            d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)), ECDSA_SIG_free);
        std::string raw(64, '\0');
        auto* out = reinterpret_cast<unsigned char*>(raw.data());
        BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), out, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), out + 32, 32);
        return raw;
    }

    std::string key_id_;
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace cumulet::contracts
