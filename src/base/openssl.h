// Owners of OpenSSL's objects, for those who call it.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace cumulet::openssl {

template <auto release>
struct Release {
    template <typename Object>
    void operator()(Object* object) const {
        release(object);
    }
};
template <typename Object, auto release>
using Owned = std::unique_ptr<Object, Release<release>>;

using Bio = Owned<BIO, BIO_free_all>;
using Certificate = Owned<X509, X509_free>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using Number = Owned<BIGNUM, BN_free>;

/// Reads `bytes`, which must outlive it.
inline Bio reader_of(std::string_view bytes) {
    return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

/// What `print(BIO*)` writes.
template <typename Print>
std::string printed(Print print) {
    const Bio bio(BIO_new(BIO_s_mem()));
    print(bio.get());
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &bytes);
    return {bytes, static_cast<size_t>(size)};
}

inline std::string pem_of(X509* certificate) {
    return printed([&](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
}

}  // namespace cumulet::openssl
