// Signs with an RSA key that the cloud makes once and keeps, and shows the certificate by which anyone may check.
// docs/decisions tells why it is done so and what it costs.
#pragma once

#include <unordered_map>

#include "base/rsa.h"
#include "contracts/client.h"
#include "runtime/blocking_pool.h"
#include "services/sns/signer.h"
#include "store/store.h"

namespace cumulet::sns {

class CertifiedSigner final : public Signer, private contracts::Surface {
  public:
    /// Where the certificate is: "/_aws/sns/SimpleNotificationService-<digest>.pem".
    static constexpr std::string_view path_prefix = "/_aws/sns/SimpleNotificationService-";

    CertifiedSigner(store::Store& store, BlockingPool& threads, Clock& clock)
        : store_(store), threads_(threads), clock_(clock) {}

    /// Signs a text once for all subscribers who get it, on a thread of the pool.
    Task<Signature> sign(Parcel parcel) override;
    /// Shows the certificate below `path_prefix`.
    contracts::Surface& certificate_surface() { return *this; }

  private:
    Task<http::Response> serve(Call& call, http::Request request) override;

    struct Identity {
        RsaKey key;
        std::string certificate;
        std::string path;
    };
    Task<std::shared_ptr<const Identity>> identity();
    Task<std::shared_ptr<const Identity>> load_or_make();
    std::optional<std::string> known(const std::string& digest);
    void remember(const std::string& digest, std::string signature);

    static constexpr size_t most_remembered = 4096;

    store::Store& store_;
    BlockingPool& threads_;
    Clock& clock_;
    KeyedLocks locks_;  // by digest: subscribers of one notification wait for one signature
    std::mutex mutex_;
    std::shared_ptr<const Identity> identity_;
    std::unordered_map<std::string, std::string> signatures_;  // Base64 by digest of version and text
};

}  // namespace cumulet::sns
