// AWS's errors about signatures, in the words of each family of services.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
#pragma once

#include "auth/sigv4.h"
#include "contracts/error.h"

namespace cumulet::auth {

[[noreturn]] void throw_malformed_credential(std::string_view credential, bool presigned, Dialect dialect);
[[noreturn]] void throw_wrong_terminator(std::string_view terminator, bool presigned, Dialect dialect);
[[noreturn]] void throw_incomplete_header(std::string_view missing, std::string_view authorization, Dialect dialect);
[[noreturn]] void throw_incomplete_query(Dialect dialect);
[[noreturn]] void throw_query_error(std::string message, Dialect dialect);
[[noreturn]] void throw_unsupported_algorithm(std::string_view algorithm, Dialect dialect);
[[noreturn]] void throw_unsupported_authorization(std::string_view authorization, Dialect dialect);

/// SignatureDoesNotMatch or InvalidSignatureException, with `message`.
[[noreturn]] void throw_invalid_signature(std::string message, Dialect dialect);
/// The same for a signature that was calculated: S3 tells what it should have been made of.
[[noreturn]] void throw_mismatch(const Signature& signature, std::string_view canonical, std::string_view to_sign,
                                 Dialect dialect);
[[noreturn]] void throw_skewed(const Signature& signature, Time signed_at, Time now, Dialect dialect);
[[noreturn]] void throw_expired(const Signature& signature, Time signed_at, Time now, Dialect dialect);
[[noreturn]] void throw_not_yet_valid(const Signature& signature, Time now, Dialect dialect);
[[noreturn]] void throw_headers_not_signed(std::string headers);
[[noreturn]] void throw_wrong_service(std::string_view given, std::string_view expected, Dialect dialect);

}  // namespace cumulet::auth
