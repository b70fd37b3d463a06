#include "auth/errors.h"

#include <cstddef>

#include "base/bytes.h"

namespace cumulet::auth {
namespace {

using contracts::Kind;
using contracts::Member;
using contracts::Shape;

const Shape text_shape{.name = "String", .kind = Kind::string};

constexpr Member text_member(std::string_view name, size_t offset) {
    return {.name = name,
            .wire_name = name,
            .ec2_name = name,
            .query_name = name,
            .shape = &text_shape,
            .offset = static_cast<uint32_t>(offset)};
}

/// An error with elements of its own, as S3's have them. Details: a struct of strings with a static `shape`.
template <typename Details>
class DetailedError : public aws::Error {
  public:
    DetailedError(std::string code, std::string message, int status, Details details)
        : Error(std::move(code), std::move(message), status), details_(std::move(details)) {}
    const Shape* shape() const override { return &Details::shape; }
    const void* self() const override { return &details_; }

  private:
    Details details_;
};

struct MismatchDetails {
    std::string access_key_id, string_to_sign, signature, string_to_sign_bytes, canonical, canonical_bytes;
    static const Member members[6];
    static const Shape shape;
};
const Member MismatchDetails::members[6] = {
    text_member("AWSAccessKeyId", offsetof(MismatchDetails, access_key_id)),
    text_member("StringToSign", offsetof(MismatchDetails, string_to_sign)),
    text_member("SignatureProvided", offsetof(MismatchDetails, signature)),
    text_member("StringToSignBytes", offsetof(MismatchDetails, string_to_sign_bytes)),
    text_member("CanonicalRequest", offsetof(MismatchDetails, canonical)),
    text_member("CanonicalRequestBytes", offsetof(MismatchDetails, canonical_bytes)),
};
const Shape MismatchDetails::shape{.name = "SignatureDoesNotMatch", .members = members, .error_status = 403};

struct SkewDetails {
    std::string request_time, server_time, allowed;
    static const Member members[3];
    static const Shape shape;
};
const Member SkewDetails::members[3] = {
    text_member("RequestTime", offsetof(SkewDetails, request_time)),
    text_member("ServerTime", offsetof(SkewDetails, server_time)),
    text_member("MaxAllowedSkewMilliseconds", offsetof(SkewDetails, allowed)),
};
const Shape SkewDetails::shape{.name = "RequestTimeTooSkewed", .members = members, .error_status = 403};

struct ExpiryDetails {
    std::string lifetime, expires, server_time;
    static const Member members[3];
    static const Shape shape;
};
const Member ExpiryDetails::members[3] = {
    text_member("X-Amz-Expires", offsetof(ExpiryDetails, lifetime)),
    text_member("Expires", offsetof(ExpiryDetails, expires)),
    text_member("ServerTime", offsetof(ExpiryDetails, server_time)),
};
const Shape ExpiryDetails::shape{.name = "AccessDenied", .members = members, .error_status = 403};

struct DigestDetails {
    std::string promised, computed;
    static const Member members[2];
    static const Shape shape;
};
const Member DigestDetails::members[2] = {
    text_member("ClientComputedContentSHA256", offsetof(DigestDetails, promised)),
    text_member("S3ComputedContentSHA256", offsetof(DigestDetails, computed)),
};
const Shape DigestDetails::shape{.name = "XAmzContentSHA256Mismatch", .members = members};

struct UnsignedHeaders {
    std::string headers;
    static const Member members[1];
    static const Shape shape;
};
const Member UnsignedHeaders::members[1] = {text_member("HeadersNotSigned", offsetof(UnsignedHeaders, headers))};
const Shape UnsignedHeaders::shape{.name = "AccessDenied", .members = members, .error_status = 403};

/// One error under the code that each family gives it. JSON services other than REST ones answer 400.
[[noreturn]] void throw_error(Dialect dialect, std::string json_code, std::string query_code, std::string message) {
    if (dialect == Dialect::query || dialect == Dialect::s3) throw aws::Error(query_code, std::move(message), 403);
    if (dialect == Dialect::ec2) {
        throw aws::Error("AuthFailure", "AWS was not able to validate the provided access credentials", 401);
    }
    aws::Error error(std::move(json_code), std::move(message), dialect == Dialect::json ? 400 : 403);
    error.query_code = std::move(query_code);
    throw error;
}

std::string spaced_hex(std::string_view bytes) {
    const auto hex = to_hex(bytes);
    std::string out;
    out.reserve(hex.size() * 3 / 2);
    for (size_t i = 0; i < hex.size(); i += 2) {
        if (i) out += ' ';
        out.append(hex, i, 2);
    }
    return out;
}

}  // namespace

void throw_malformed_credential(std::string_view credential, bool presigned, Dialect dialect) {
    if (dialect == Dialect::s3) {
        constexpr std::string_view expecting = "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
        if (presigned) {
            throw aws::Error("AuthorizationQueryParametersError",
                             fmt::format("Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
                                         "expecting {}",
                                         expecting));
        }
        throw aws::Error(
            "AuthorizationHeaderMalformed",
            fmt::format("The authorization header is malformed; the Credential is mal-formed; expecting {}",
                        expecting));
    }
    throw_error(dialect, "IncompleteSignatureException", "IncompleteSignature",
                fmt::format("Credential must have exactly 5 slash-delimited elements, e.g. "
                            "keyid/date/region/service/term, got '{}'",
                            credential));
}

void throw_wrong_terminator(std::string_view terminator, bool presigned, Dialect dialect) {
    if (dialect == Dialect::s3) {
        const auto where = presigned ? "Error parsing the X-Amz-Credential parameter; incorrect terminal "
                                     : "The authorization header is malformed; incorrect terminal ";
        throw aws::Error(presigned ? "AuthorizationQueryParametersError" : "AuthorizationHeaderMalformed",
                         fmt::format("{}\"{}\". This endpoint uses \"aws4_request\".", where, terminator));
    }
    throw_invalid_signature(
        fmt::format("Credential should be scoped with a valid terminator: 'aws4_request', not '{}'.", terminator),
        dialect);
}

void throw_incomplete_header(std::string_view missing, std::string_view authorization, Dialect dialect) {
    if (dialect == Dialect::s3) {
        if (missing.contains("'X-Amz-Date'")) {
            throw aws::Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", 403);
        }
        throw aws::Error("AuthorizationHeaderMalformed", "The authorization header that you provided is not valid.");
    }
    throw_error(dialect, "IncompleteSignatureException", "IncompleteSignature",
                fmt::format("{}Authorization={}", missing, authorization));
}

void throw_incomplete_query(Dialect dialect) {
    throw_query_error(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        dialect);
}

void throw_query_error(std::string message, Dialect dialect) {
    if (dialect == Dialect::s3) throw aws::Error("AuthorizationQueryParametersError", std::move(message), 400);
    throw_error(dialect, "IncompleteSignatureException", "IncompleteSignature", std::move(message));
}

void throw_unsupported_algorithm(std::string_view algorithm, Dialect dialect) {
    if (algorithm == "AWS4-ECDSA-P256-SHA256") {
        throw aws::Error("NotImplemented", "Signature Version 4A (AWS4-ECDSA-P256-SHA256) is not implemented.", 501);
    }
    if (dialect == Dialect::s3) {
        throw aws::Error(
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");
    }
    throw_error(dialect, "IncompleteSignatureException", "IncompleteSignature",
                fmt::format("Signature algorithm '{}' is not supported. Please use AWS4-HMAC-SHA256.", algorithm));
}

void throw_unsupported_authorization(std::string_view authorization, Dialect dialect) {
    if (dialect == Dialect::s3) throw aws::Error("InvalidArgument", "Unsupported Authorization Type");
    throw_incomplete_header(
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
        "Authorization header requires 'SignedHeaders' parameter. ",
        authorization, dialect);
}

void throw_invalid_signature(std::string message, Dialect dialect) {
    throw_error(dialect, "InvalidSignatureException", "SignatureDoesNotMatch", std::move(message));
}

void throw_mismatch(const Signature& signature, std::string_view canonical, std::string_view to_sign, Dialect dialect) {
    if (dialect == Dialect::s3) {
        throw DetailedError<MismatchDetails>(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing "
            "method.",
            403,
            {signature.access_key_id, std::string(to_sign), signature.signature, spaced_hex(to_sign),
             std::string(canonical), spaced_hex(canonical)});
    }
    throw_invalid_signature(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key "
        "and signing method. Consult the service documentation for details.",
        dialect);
}

void throw_skewed(const Signature& signature, Time signed_at, Time now, Dialect dialect) {
    if (dialect == Dialect::s3) {
        throw DetailedError<SkewDetails>("RequestTimeTooSkewed",
                                         "The difference between the request time and the current time is too large.",
                                         403, {signature.amz_date, format_iso8601(now), "900000"});
    }
    if (signed_at > now) {
        throw_invalid_signature(fmt::format("Signature not yet current: {} is still later than {} ({} + 15 min.)",
                                            signature.amz_date, format_basic(now + 15min), format_basic(now)),
                                dialect);
    }
    if (dialect == Dialect::ec2) throw aws::Error("RequestExpired", "Request has expired.", 400);
    throw_invalid_signature(fmt::format("Signature expired: {} is now earlier than {} ({} - 15 min.)",
                                        signature.amz_date, format_basic(now - 15min), format_basic(now)),
                            dialect);
}

void throw_expired(const Signature& signature, Time signed_at, Time now, Dialect dialect) {
    const auto lifetime = std::chrono::seconds(signature.expires_seconds);
    if (dialect == Dialect::s3) {
        throw DetailedError<ExpiryDetails>(
            "AccessDenied", "Request has expired", 403,
            {std::to_string(signature.expires_seconds), format_iso8601(signed_at + lifetime), format_iso8601(now)});
    }
    if (dialect == Dialect::ec2) throw aws::Error("RequestExpired", "Request has expired.", 400);
    throw_invalid_signature(
        fmt::format("Signature expired: {} is now earlier than {} ({} - {} min.)", signature.amz_date,
                    format_basic(now - lifetime), format_basic(now), signature.expires_seconds / 60),
        dialect);
}

void throw_not_yet_valid(const Signature& signature, Time now, Dialect dialect) {
    if (dialect == Dialect::s3) throw aws::Error("AccessDenied", "Request is not valid yet", 403);
    throw_skewed(signature, now + 1h, now, dialect);
}

void throw_headers_not_signed(std::string headers) {
    throw DetailedError<UnsignedHeaders>(
        "AccessDenied", "There were headers present in the request which were not signed", 403, {std::move(headers)});
}

void throw_wrong_service(std::string_view given, std::string_view expected, Dialect dialect) {
    if (dialect == Dialect::s3) {
        throw aws::Error("AuthorizationHeaderMalformed",
                         fmt::format("The authorization header is malformed; incorrect service \"{}\". This endpoint "
                                     "belongs to \"{}\".",
                                     given, expected));
    }
    throw_invalid_signature(fmt::format("Credential should be scoped to correct service: '{}'.", expected), dialect);
}

void throw_unknown_key(Dialect dialect) {
    if (dialect == Dialect::s3) {
        throw aws::Error("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.",
                         403);
    }
    throw_error(dialect, "UnrecognizedClientException", "InvalidClientTokenId",
                "The security token included in the request is invalid.");
}

void throw_bad_session_token(Dialect dialect) {
    if (dialect == Dialect::s3) {
        throw aws::Error("InvalidToken", "The provided token is malformed or otherwise invalid.", 400);
    }
    throw_error(dialect, "UnrecognizedClientException", "InvalidClientTokenId",
                "The security token included in the request is invalid.");
}

void throw_expired_session_token(Dialect dialect) {
    if (dialect == Dialect::s3) throw aws::Error("ExpiredToken", "The provided token has expired.", 400);
    throw_error(dialect, "ExpiredTokenException", "ExpiredToken",
                "The security token included in the request is expired");
}

void throw_missing_authentication(Dialect dialect) {
    if (dialect == Dialect::s3) throw aws::Error("AccessDenied", "Access Denied", 403);
    if (dialect == Dialect::rest_json)
        throw aws::Error("MissingAuthenticationTokenException", "Missing Authentication Token", 403);
    throw_error(dialect, "MissingAuthenticationTokenException", "MissingAuthenticationToken",
                "Request is missing Authentication Token");
}

void throw_wrong_digest(std::string_view promised, std::string_view computed) {
    throw DetailedError<DigestDetails>("XAmzContentSHA256Mismatch",
                                       "The provided 'x-amz-content-sha256' header does not match what was computed.",
                                       400, {std::string(promised), std::string(computed)});
}

void throw_wrong_chunk_signature() {
    throw aws::Error(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and "
        "signing method.",
        403);
}

}  // namespace cumulet::auth
