// X.509 certificates in PEM, and whether others vouch for them. Pure: the time is an argument.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace cumulet {

/// A request's field, of a name that no caller can write, in which net hands over what a caller showed in the TLS
/// handshake: PEM, its own certificate first. Only where the handshake asked for it, and for the host that it was for.
inline constexpr std::string_view client_certificate_field = ":client-certificate";
/// Another one, of each request that came over TLS: "TLSv1.3 TLS_AES_128_GCM_SHA256", the cipher by IANA's name. Who
/// shows a request's fields to others takes it out.
inline constexpr std::string_view tls_session_field = ":tls-session";

/// What a certificate says of itself.
struct CertificateFacts {
    std::string pem;
    std::string subject;     ///< "CN=client,O=Example,C=US" (RFC 2253)
    std::string issuer;      ///< in the same form
    std::string serial;      ///< "a1:0b:…"
    std::string not_before;  ///< "May 28 12:30:02 2019 GMT"
    std::string not_after;
};
/// The first certificate in `pem`; nothing if there is none.
std::optional<CertificateFacts> read_certificate(std::string_view pem);

/// What a bundle of certificates holds. Bounded: what comes behind `most` certificates is not read.
struct CertificateBundle {
    size_t count = 0;
    std::vector<std::string> unusable;  ///< subjects of those that no authority can be: no CA, or not valid at `now`
    bool damaged = false;               ///< something between the markers is no certificate
};
CertificateBundle inspect_bundle(std::string_view pem, size_t most, Time now);

/// Nothing if the first certificate of `shown` leads to one of `trusted` over at most `most_authorities` of either.
/// Otherwise the reason, in API Gateway's words.
std::optional<std::string> refuse_certificate(std::string_view shown, std::string_view trusted, size_t most_authorities,
                                              Time now);

}  // namespace cumulet
