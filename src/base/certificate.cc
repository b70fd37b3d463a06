#include "base/certificate.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/openssl.h"

namespace cumulet {
namespace {

using namespace openssl;

using Store = Owned<X509_STORE, X509_STORE_free>;
using StoreContext = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;

constexpr size_t most_trusted = 1000;

Certificate next_certificate(BIO* bio) { return Certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr)); }

std::string name_text(const X509_NAME* name) {
    return printed([&](BIO* bio) { X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253); });
}

std::string serial_text(const X509* certificate) {
    const Number number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
    std::string bytes(static_cast<size_t>(BN_num_bytes(number.get())), '\0');
    BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(bytes.data()));
    std::string text;
    for (const unsigned char byte : bytes) text += fmt::format("{}{:02x}", text.empty() ? "" : ":", byte);
    return text.empty() ? "00" : text;
}

time_t seconds_of(Time time) { return static_cast<time_t>(epoch_millis(time) / 1000); }

bool valid_at(const X509* certificate, Time now) {
    auto at = seconds_of(now);
    return X509_cmp_time(X509_get0_notBefore(certificate), &at) < 0 &&
           X509_cmp_time(X509_get0_notAfter(certificate), &at) > 0;
}

/// Nothing that is broken today may vouch for anybody.
bool weakly_signed(X509* certificate) {
    int digest = NID_undef;
    int security_bits = 0;
    if (!X509_get_signature_info(certificate, &digest, nullptr, &security_bits, nullptr)) return true;
    return digest == NID_md5 || digest == NID_sha1 || security_bits < 80;
}

std::string refusal(int error) {
    switch (error) {
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return "Could not find issuer for certificate";
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return "self signed certificate";
        default: return X509_verify_cert_error_string(error);
    }
}

}  // namespace

std::optional<CertificateFacts> read_certificate(std::string_view pem) {
    const auto certificate = next_certificate(reader_of(pem).get());
    ERR_clear_error();
    if (!certificate) return std::nullopt;
    const auto* x509 = certificate.get();
    CertificateFacts facts;
    facts.pem = pem_of(certificate.get());
    facts.subject = name_text(X509_get_subject_name(x509));
    facts.issuer = name_text(X509_get_issuer_name(x509));
    facts.serial = serial_text(x509);
    facts.not_before = printed([&](BIO* bio) { ASN1_TIME_print(bio, X509_get0_notBefore(x509)); });
    facts.not_after = printed([&](BIO* bio) { ASN1_TIME_print(bio, X509_get0_notAfter(x509)); });
    return facts;
}

CertificateBundle inspect_bundle(std::string_view pem, size_t most, Time now) {
    CertificateBundle bundle;
    const auto bio = reader_of(pem);
    while (bundle.count < most) {
        const auto certificate = next_certificate(bio.get());
        if (!certificate) {
            bundle.damaged = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
            break;
        }
        ++bundle.count;
        if (!valid_at(certificate.get(), now) || X509_check_ca(certificate.get()) == 0)
            bundle.unusable.push_back(name_text(X509_get_subject_name(certificate.get())));
    }
    ERR_clear_error();
    return bundle;
}

std::optional<std::string> refuse_certificate(std::string_view shown, std::string_view trusted, size_t most_authorities,
                                              Time now) {
    const auto leaf = next_certificate(reader_of(shown).get());
    const Store store(X509_STORE_new());
    const auto bundle = reader_of(trusted);
    for (size_t i = 0; i < most_trusted; ++i) {
        const auto authority = next_certificate(bundle.get());
        if (!authority) break;
        X509_STORE_add_cert(store.get(), authority.get());
    }
    ERR_clear_error();
    if (!leaf) return "Could not find issuer for certificate";
    if (weakly_signed(leaf.get())) return "Client cert using an insecure Signature Algorithm";

    const StoreContext context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
    auto* parameters = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_time(parameters, seconds_of(now));
    X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(most_authorities));
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT);
    const bool vouched = X509_verify_cert(context.get()) == 1;
    ERR_clear_error();
    if (vouched) return std::nullopt;
    return refusal(X509_STORE_CTX_get_error(context.get()));
}

}  // namespace cumulet
