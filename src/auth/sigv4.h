// AWS Signature Version 4: reading, checking and making signatures. Pure: time and secrets are arguments.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.h"
#include "base/http.h"
#include "base/time.h"

namespace cumulet::auth {

/// Whose words an error takes: services that speak JSON, those that speak Query, EC2 and S3 differ.
enum class Dialect : uint8_t { json, rest_json, query, ec2, s3 };

/// What a request says about its payload, in x-amz-content-sha256.
enum class Payload : uint8_t {
    hashed,                      ///< the header, or without one the body's own digest
    unsigned_payload,            ///< UNSIGNED-PAYLOAD
    streaming_signed,            ///< STREAMING-AWS4-HMAC-SHA256-PAYLOAD
    streaming_signed_trailer,    ///< STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER
    streaming_unsigned_trailer,  ///< STREAMING-UNSIGNED-PAYLOAD-TRAILER
};
bool is_aws_chunked(Payload payload);
Payload payload_of(std::string_view content_sha256);

/// Date, region and service that a signature is limited to.
struct Scope {
    std::string date;  ///< "20150830"
    std::string region;
    std::string service;
    std::string text() const;  ///< "20150830/us-east-1/sqs/aws4_request"
};

/// What a request says about who signed it.
struct Signature {
    std::string access_key_id;
    Scope scope;
    std::string signed_headers;  ///< "host;x-amz-date"
    std::string signature;       ///< lower-case hex
    std::string amz_date;        ///< "20150830T123600Z"
    std::string session_token;
    std::string content_sha256;  ///< as the canonical request has it
    Payload payload = Payload::hashed;
    bool presigned = false;
    int64_t expires_seconds = 0;  ///< of a presigned request
};

/// Who signed, as far as it can be read, and without a complaint about what is malformed: for callers that do not
/// check.
struct Claim {
    std::string access_key_id;
    std::string region;
    std::string service;
};
Claim read_claim(const http::Request& request);

/// The signature of a request, header or presigned; nothing if it carries none.
/// Throws IncompleteSignature, AuthorizationHeaderMalformed or AuthorizationQueryParametersError in the dialect's
/// words; 501 for SigV4A.
std::optional<Signature> read_signature(const http::Request& request, Dialect dialect);

/// How a service builds the canonical path.
struct PathStyle {
    bool encode_twice = true;
    bool normalise = true;
};
PathStyle path_style(std::string_view service);

/// The canonical request of `request` under the named headers.
std::string canonical_request(const http::Request& request, std::string_view signed_headers,
                              std::string_view content_sha256, PathStyle style);
std::string string_to_sign(std::string_view amz_date, const Scope& scope, std::string_view canonical);

/// The derived key of a secret for a scope: raw bytes.
std::string signing_key(std::string_view secret_access_key, const Scope& scope);
/// Lower-case hex.
std::string sign_text(std::string_view signing_key, std::string_view text);

/// Derived keys, kept: four digests less per call. Bounded; not thread-safe.
class SigningKeys {
  public:
    explicit SigningKeys(size_t max_keys = 1024) : max_keys_(max_keys) {}
    const std::string& get(std::string_view secret_access_key, const Scope& scope);

  private:
    size_t max_keys_;
    std::string name_;
    std::unordered_map<std::string, std::string> keys_;
};

/// Throws unless `signature` is the request's own under `secret_access_key`, made for `signing_name`, and neither
/// expired nor from the future. The body's digest is compared too, unless the body is a stream.
void verify(const http::Request& request, const Signature& signature, std::string_view secret_access_key,
            std::string_view signing_name, Time now, Dialect dialect, SigningKeys& keys);

/// The errors about keys that are not ours, in the dialect's words.
[[noreturn]] void throw_unknown_key(Dialect dialect);
[[noreturn]] void throw_bad_session_token(Dialect dialect);
[[noreturn]] void throw_expired_session_token(Dialect dialect);
[[noreturn]] void throw_missing_authentication(Dialect dialect);
/// A body that is not what its digest or its chunks' signatures promised.
[[noreturn]] void throw_wrong_digest(std::string_view promised, std::string_view computed);
[[noreturn]] void throw_wrong_chunk_signature();

/// Follows the chained signatures of an aws-chunked body.
class ChunkVerifier {
  public:
    ChunkVerifier(std::string signing_key, const Signature& seed);

    void add(std::string_view bytes);
    /// Ends the chunk whose bytes were added; false if its signature is wrong.
    bool finish_chunk(std::string_view signature);
    /// `canonical_trailers`: each "name:value\n" in lower case.
    bool finish_trailers(std::string_view signature, std::string_view canonical_trailers);

    /// What the client should have sent for the chunk so far; for signers.
    std::string next_signature();

  private:
    std::string key_;
    std::string amz_date_;
    std::string scope_;
    std::string previous_;
    Hasher chunk_;
};

struct SigningCredentials {
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token;
};

/// Adds X-Amz-Date, X-Amz-Security-Token, for S3 X-Amz-Content-Sha256, and Authorization.
void sign(http::Request& request, const SigningCredentials& credentials, std::string_view region,
          std::string_view service, Time now, std::string_view content_sha256 = "");
/// Puts a signature into the query string, valid for `expires_seconds`.
void presign(http::Request& request, const SigningCredentials& credentials, std::string_view region,
             std::string_view service, Time now, int64_t expires_seconds);

}  // namespace cumulet::auth
