#include "net/client_hello.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <memory>

namespace cumulet::net {
namespace {

/// What OpenSSL's client says first.
std::string hello_for(const char* server_name) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context.get()), SSL_free);
    BIO* sent = BIO_new(BIO_s_mem());
    SSL_set_bio(session.get(), BIO_new(BIO_s_mem()), sent);
    if (server_name) SSL_set_tlsext_host_name(session.get(), server_name);
    SSL_connect(session.get());
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(sent, &bytes);
    return {bytes, static_cast<size_t>(size)};
}

TEST(ClientHello, NamesTheServer) {
    const auto hello = hello_for("API.example.com");
    EXPECT_EQ(hello_bytes(hello), hello.size());
    EXPECT_EQ(read_server_name(hello), "api.example.com");
    EXPECT_EQ(read_server_name(hello_for(nullptr)), "");
}

TEST(ClientHello, IsWaitedForAsLongAsItIs) {
    const auto hello = hello_for("api.example.com");
    EXPECT_EQ(hello_bytes(hello.substr(0, 4)), 5u);
    EXPECT_EQ(hello_bytes(hello.substr(0, 5)), hello.size());
    EXPECT_EQ(hello_bytes("\x16\x03\x01\xff\xff"), 65'540u);
}

TEST(ClientHello, CutOrChangedAnywhereNamesNobodyElse) {
    const auto hello = hello_for("api.example.com");
    for (size_t size = 0; size < hello.size(); ++size) {
        const auto name = read_server_name(hello.substr(0, size));
        EXPECT_TRUE(name.empty() || name == "api.example.com") << size;
    }
    for (size_t at = 0; at < hello.size(); ++at) {
        auto changed = hello;
        changed[at] = static_cast<char>(changed[at] ^ 0xff);
        EXPECT_LE(read_server_name(changed).size(), hello.size()) << at;
    }
}

}  // namespace
}  // namespace cumulet::net
