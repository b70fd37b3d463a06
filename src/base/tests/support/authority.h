// Certificates for tests: authorities, and whom they vouch for.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <memory>
#include <string>

namespace cumulet {

/// A certificate with its key; valid from `from` for a year.
class Issued {
  public:
    enum class Kind { authority, client };

    /// Of itself, or of `issuer`.
    Issued(const std::string& name, Kind kind, std::chrono::sys_seconds from, const Issued* issuer = nullptr,
           const EVP_MD* digest = EVP_sha256())
        : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
        auto* certificate = certificate_.get();
        static long serial = 0xa100;
        X509_set_version(certificate, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
        set_time(X509_getm_notBefore(certificate), from);
        set_time(X509_getm_notAfter(certificate), from + std::chrono::days(365));
        X509_set_pubkey(certificate, key_.get());
        add_name(X509_get_subject_name(certificate), name);
        const auto* by = issuer ? issuer->certificate_.get() : certificate;
        X509_set_issuer_name(certificate, X509_get_subject_name(by));
        add(NID_basic_constraints, kind == Kind::authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
        X509_sign(certificate, issuer ? issuer->key_.get() : key_.get(), digest);
    }

    std::string pem() const {
        return written([&](BIO* bio) { PEM_write_bio_X509(bio, certificate_.get()); });
    }
    std::string key_pem() const {
        return written(
            [&](BIO* bio) { PEM_write_bio_PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    }

  private:
    static void set_time(ASN1_TIME* into, std::chrono::sys_seconds time) {
        ASN1_TIME_set(into, static_cast<time_t>(time.time_since_epoch().count()));
    }
    static void add_name(X509_NAME* into, const std::string& name) {
        const auto add = [&](const char* field, const std::string& value) {
            X509_NAME_add_entry_by_txt(into, field, MBSTRING_ASC, reinterpret_cast<const unsigned char*>(value.c_str()),
                                       -1, -1, 0);
        };
        add("C", "US");
        add("O", "Example");
        add("CN", name);
    }
    void add(int kind, const char* value) {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
        X509_add_ext(certificate_.get(), extension, -1);
        X509_EXTENSION_free(extension);
    }
    template <typename Write>
    static std::string written(Write write) {
        const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
        write(bio.get());
        char* bytes = nullptr;
        const auto size = BIO_get_mem_data(bio.get(), &bytes);
        return {bytes, static_cast<size_t>(size)};
    }

    std::shared_ptr<EVP_PKEY> key_;
    std::shared_ptr<X509> certificate_;
};

}  // namespace cumulet
