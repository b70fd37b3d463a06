// Certificates and TLS contexts. Includes OpenSSL through Asio: for the files of this folder only.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "net/server.h"

namespace cumulet::net {

struct TlsFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What a handshake starts from: certificate and key of a server, or whom a client trusts. Shared by all threads.
class TlsContext {
  public:
    /// Loads the files, or finds or generates a self-signed certificate. Throws TlsFailed with the reason.
    static std::shared_ptr<TlsContext> for_server(const TlsOptions& options);
    /// `certificate_and_key` in PEM is shown to servers that ask for one; "" for none. Throws TlsFailed.
    static std::shared_ptr<TlsContext> for_client(bool trust_any_certificate, const std::string& certificate_and_key);

    explicit TlsContext(SSL_CTX* context) : context_(context) {}
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    SSL_CTX* get() { return context_; }

  private:
    SSL_CTX* context_;
};

struct Certificate {
    std::string certificate_pem;
    std::string key_pem;
};
/// A self-signed certificate (P-256) for localhost, *.localhost.localstack.cloud, 127.0.0.1 and ::1, for 825 days from
/// now: the system's time, by which its checkers go.
Certificate generate_certificate();

}  // namespace cumulet::net
