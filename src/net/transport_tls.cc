#include "net/transport_tls.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/openssl.h"

namespace cumulet::net {
namespace {

constexpr size_t record_bytes = 16 << 10;

/// Who is trusted depends on the host that a request is for, which is known later.
int accept_any_certificate(int, X509_STORE_CTX*) { return 1; }

/// A session that began without a certificate is not taken up again, and none is kept.
void ask_certificate(SSL* session) {
    static constexpr unsigned char asked[] = "certificate asked";
    SSL_set_verify(session, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any_certificate);
    SSL_set_session_id_context(session, asked, sizeof asked - 1);
    SSL_set_options(session, SSL_OP_NO_TICKET);
    SSL_set_num_tickets(session, 0);
}

}  // namespace

// Where Tls is complete, so that transport.cc need not read Asio's TLS.
Transport::Transport(EventLoop& loop, Socket socket) : loop_(loop), socket_(std::move(socket)) {
    boost::system::error_code ignored;
    socket_.native_non_blocking(true, ignored);
    loop_.watch(*this);
}

Transport::~Transport() { loop_.unwatch(*this); }

Task<void> Transport::read_tls(Operation& operation, char* into, size_t size_bytes) {
    co_await operation.run(
        [&](Operation::Done done) { tls_->stream.async_read_some(asio::buffer(into, size_bytes), std::move(done)); });
    if (operation.error == asio::ssl::error::stream_truncated) operation.error = asio::error::eof;
}

Task<void> Transport::write_tls(std::array<std::string_view, 3> pieces, std::chrono::milliseconds limit) {
    if (pieces[0].size() + pieces[1].size() + pieces[2].size() <= record_bytes) {
        tls_->joined.clear();
        for (const auto piece : pieces) tls_->joined += piece;
        pieces = {tls_->joined, "", ""};
    }
    for (auto piece : pieces) {
        while (!piece.empty()) {
            Operation operation(write_memory_);
            write_due_ = loop_.due(limit);
            co_await operation.run([&](Operation::Done done) {
                tls_->stream.async_write_some(asio::buffer(piece.data(), piece.size()), std::move(done));
            });
            check_write(operation);
            piece.remove_prefix(operation.bytes);
        }
    }
}

Task<void> Transport::accept_tls(TlsContext& context, std::string received, Tick due, bool asks_certificate) {
    tls_ = std::make_unique<Tls>(socket_, context);
    if (asks_certificate) ask_certificate(tls_->stream.native_handle());
    Operation operation(read_memory_);
    read_due_ = due;
    co_await operation.run([&](Operation::Done done) {
        tls_->stream.async_handshake(asio::ssl::stream_base::server, asio::buffer(received), std::move(done));
    });
    check_handshake(operation);
    if (operation.bytes != received.size()) throw TlsFailed("bytes behind the handshake");
}

std::string Transport::peer_certificate() const {
    X509* certificate = tls_ ? SSL_get0_peer_certificate(tls_->stream.native_handle()) : nullptr;
    return certificate ? openssl::pem_of(certificate) : "";
}

std::string Transport::tls_session() const {
    if (!tls_) return "";
    const SSL* session = tls_->stream.native_handle();
    return std::string(SSL_get_version(session)) + ' ' + SSL_CIPHER_standard_name(SSL_get_current_cipher(session));
}

Task<void> Transport::connect_tls(TlsContext& context, std::string host, Tick due) {
    tls_ = std::make_unique<Tls>(socket_, context);
    SSL* session = tls_->stream.native_handle();
    in6_addr address;
    if (inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
    } else {
        SSL_set_tlsext_host_name(session, host.c_str());
        SSL_set1_host(session, host.c_str());
    }
    Operation operation(read_memory_);
    read_due_ = due;
    co_await operation.run(
        [&](Operation::Done done) { tls_->stream.async_handshake(asio::ssl::stream_base::client, std::move(done)); });
    check_handshake(operation);
}

void Transport::check_handshake(const Operation& operation) {
    read_due_ = 0;
    if (!operation.error) return;
    if (std::exchange(read_expired_, false)) throw TooSlow();
    throw TlsFailed(operation.error.message());
}

}  // namespace cumulet::net
