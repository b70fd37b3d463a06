#include "net/tls.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "base/openssl.h"

namespace cumulet::net {
namespace {

constexpr long second_per_day = 24 * 60 * 60;
constexpr int valid_days = 825;  // what the strictest clients accept
constexpr int renew_days = 30;

using openssl::Key;
using X509Pointer = openssl::Certificate;

[[noreturn]] void fail(const std::string& what) {
    char text[256] = "";
    if (const auto code = ERR_get_error()) ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    throw TlsFailed(*text ? what + ": " + text : what);
}

std::string read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw TlsFailed("cannot read " + file.string());
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void write_file(const std::filesystem::path& file, std::string_view text, mode_t mode) {
    const auto part = file.string() + ".part";
    ::unlink(part.c_str());
    const int descriptor = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor < 0) throw TlsFailed("cannot write " + part);
    const auto written = ::write(descriptor, text.data(), text.size());
    ::close(descriptor);
    if (written != static_cast<ssize_t>(text.size()) || ::rename(part.c_str(), file.c_str()) != 0) {
        throw TlsFailed("cannot write " + file.string());
    }
}

X509Pointer parse_certificate(const std::string& pem) {
    const auto bio = openssl::reader_of(pem);
    return X509Pointer(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

bool valid_for_long(const std::string& certificate_pem) {
    const auto certificate = parse_certificate(certificate_pem);
    int days = 0;
    int seconds = 0;
    return certificate && ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) &&
           days >= renew_days;
}

void add_extension(X509* certificate, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
    if (!extension || !X509_add_ext(certificate, extension, -1)) fail("cannot make a certificate");
    X509_EXTENSION_free(extension);
}

Certificate find_or_generate(const std::filesystem::path& folder) {
    if (folder.empty()) return generate_certificate();
    const auto certificate_file = folder / "cumulet.crt";
    const auto key_file = folder / "cumulet.key";
    if (std::filesystem::exists(certificate_file) && std::filesystem::exists(key_file)) {
        Certificate found{read_file(certificate_file), read_file(key_file)};
        if (valid_for_long(found.certificate_pem)) return found;
    }
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    auto made = generate_certificate();
    write_file(key_file, made.key_pem, 0600);
    write_file(certificate_file, made.certificate_pem, 0644);
    return made;
}

void use(SSL_CTX* context, const Certificate& certificate) {
    const auto key_bio = openssl::reader_of(certificate.key_pem);
    const Key key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
    if (!key) fail("not a private key in PEM");
    const auto chain = openssl::reader_of(certificate.certificate_pem);
    const X509Pointer leaf(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
    if (!leaf) fail("not a certificate in PEM");
    if (SSL_CTX_use_certificate(context, leaf.get()) != 1) fail("cannot use the certificate");
    while (X509* next = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
        if (SSL_CTX_add0_chain_cert(context, next) != 1) fail("cannot use the certificate chain");
    }
    ERR_clear_error();  // the end of the PEM file reads as an error
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
        fail("the key does not belong to the certificate");
    }
}

// HTTP/1.1 is what is spoken here; a client that offers others too is told so, one that offers none of it goes on.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                    unsigned offered_size, void*) {
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* selected = nullptr;
    if (SSL_select_next_proto(&selected, chosen_size, ours, sizeof ours - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *chosen = selected;
    return SSL_TLSEXT_ERR_OK;
}

std::shared_ptr<TlsContext> make_context(const SSL_METHOD* method) {
    SSL_CTX* context = SSL_CTX_new(method);
    if (!context) fail("cannot set up TLS");
    auto result = std::make_shared<TlsContext>(context);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    return result;
}

}  // namespace

Certificate generate_certificate() {
    const Key key(EVP_EC_gen("P-256"));
    const X509Pointer certificate(X509_new());
    if (!key || !certificate) fail("cannot make a key");
    X509_set_version(certificate.get(), X509_VERSION_3);
    const openssl::Number serial(BN_new());
    BN_rand(serial.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
    BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate.get()));
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -second_per_day);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), (valid_days - 1) * second_per_day);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1,
                               0);
    X509_set_issuer_name(certificate.get(), name);
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate.get(), NID_subject_key_identifier, "hash");
    add_extension(certificate.get(), NID_subject_alt_name,
                  "DNS:localhost,DNS:localhost.localstack.cloud,DNS:*.localhost.localstack.cloud,"
                  "DNS:*.s3.localhost.localstack.cloud,IP:127.0.0.1,IP:::1");
    if (!X509_sign(certificate.get(), key.get(), EVP_sha256())) fail("cannot sign the certificate");

    return {openssl::pem_of(certificate.get()), openssl::printed([&](BIO* bio) {
                PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
            })};
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

std::shared_ptr<TlsContext> TlsContext::for_server(const TlsOptions& options) {
    if (options.certificate_file.empty() != options.key_file.empty()) {
        throw TlsFailed("a certificate needs a key, and a key a certificate");
    }
    auto result = make_context(TLS_server_method());
    use(result->get(), options.certificate_file.empty()
                           ? find_or_generate(options.generated_folder)
                           : Certificate{read_file(options.certificate_file), read_file(options.key_file)});
    SSL_CTX_set_alpn_select_cb(result->get(), choose_protocol, nullptr);
    return result;
}

std::shared_ptr<TlsContext> TlsContext::for_client(bool trust_any_certificate, const std::string& certificate_and_key) {
    auto result = make_context(TLS_client_method());
    SSL_CTX_set_default_verify_paths(result->get());
    SSL_CTX_set_verify(result->get(), trust_any_certificate ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
    if (!certificate_and_key.empty()) use(result->get(), {certificate_and_key, certificate_and_key});
    return result;
}

}  // namespace cumulet::net
