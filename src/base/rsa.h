// RSA keys (OpenSSL): PKCS #1 v1.5 signatures, and certificates that a key makes of itself.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/time.h"

namespace cumulet {

/// A private key. Copies share it; any thread may use one. A signature of 2048 bits costs 0.25 ms.
class RsaKey {
  public:
    /// Draws from OpenSSL's random numbers. Takes some 100 ms.
    static RsaKey generate(int bits = 2048);
    /// Nothing unless `pem` is a private RSA key.
    static std::optional<RsaKey> from_pem(std::string_view pem);

    /// PKCS #8, unencrypted.
    std::string pem() const;
    /// The raw signature.
    std::string sign(std::string_view bytes, Hasher::Algorithm digest) const;
    bool verify(std::string_view bytes, std::string_view signature, Hasher::Algorithm digest) const;
    /// A certificate in PEM whose subject and issuer have the common name `name`, signed by the key itself.
    std::string certificate(std::string_view name, Time from, Time until) const;

  private:
    struct Key;
    explicit RsaKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
    std::shared_ptr<const Key> key_;
};

}  // namespace cumulet
