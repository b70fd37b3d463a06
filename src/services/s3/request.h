// What requests for objects have in common: the description that they give, and parameters that are not built.
#pragma once

#include "services/s3/body.h"
#include "services/s3/rules.h"

namespace cumulet::s3 {

/// Buckets own their objects, so of ACLs only those that change nothing are accepted, as AWS does it.
/// Throws AccessControlListNotSupported.
template <typename Request>
void refuse_acl(const Call& call, const Request& request) {
    bool granted = request.GrantFullControl || request.GrantRead || request.GrantReadACP || request.GrantWriteACP;
    if constexpr (requires { request.GrantWrite; }) granted = granted || request.GrantWrite;
    const auto acl = request.ACL.value_or("private");
    if (!granted && (acl == "private" || acl == "bucket-owner-full-control")) return;
    throw error("AccessControlListNotSupported", "The bucket does not allow ACLs");
}

/// Refuses by name what would change how an object is kept.
template <typename Request>
void refuse_unbuilt(const Call& call, const Request& request) {
    if (request.SSECustomerAlgorithm || request.SSECustomerKey) throw not_implemented(call, "SSECustomerAlgorithm");
    if constexpr (requires { request.ServerSideEncryption; }) {
        if (request.ServerSideEncryption.value_or("AES256") != "AES256")
            throw not_implemented(call, "ServerSideEncryption");
        if (request.SSEKMSKeyId) throw not_implemented(call, "SSEKMSKeyId");
    }
    if constexpr (requires { request.ObjectLockMode; }) {
        if (request.ObjectLockMode || request.ObjectLockRetainUntilDate) throw not_implemented(call, "ObjectLockMode");
        if (request.ObjectLockLegalHoldStatus) throw not_implemented(call, "ObjectLockLegalHoldStatus");
    }
    if constexpr (requires { request.ChecksumSHA512; }) {
        if (has_other_checksum(request)) throw not_implemented(call, "ChecksumAlgorithm");
    }
    if constexpr (requires { request.ChecksumAlgorithm; }) {
        if (request.ChecksumAlgorithm && !known_algorithm(*request.ChecksumAlgorithm)) {
            throw not_implemented(call, "ChecksumAlgorithm");
        }
    }
    if constexpr (requires { request.WriteOffsetBytes; }) {
        if (request.WriteOffsetBytes) throw not_implemented(call, "WriteOffsetBytes");
    }
}

/// Throws InvalidStorageClass; NotImplemented for classes whose objects must be restored before they can be read.
std::string checked_storage_class(const Call& call, const std::optional<std::string>& storage_class);
/// Throws MetadataTooLarge.
void check_metadata(const std::map<std::string, std::string>& metadata);
/// Content-Encoding without `aws-chunked`, which is how the bytes came, not what they are.
std::optional<std::string> kept_encoding(const std::optional<std::string>& encoding);

/// The description in a request's headers.
template <typename Request>
Description description_in(const Call& call, const Request& request) {
    Description description;
    const auto keep = [&](const char* name, const std::optional<std::string>& value) {
        if (value) description.headers[name] = *value;
    };
    keep("Cache-Control", request.CacheControl);
    keep("Content-Disposition", request.ContentDisposition);
    keep("Content-Encoding", kept_encoding(request.ContentEncoding));
    keep("Content-Language", request.ContentLanguage);
    description.headers["Content-Type"] = request.ContentType.value_or("binary/octet-stream");
    keep("Expires", request.Expires);
    keep("x-amz-website-redirect-location", request.WebsiteRedirectLocation);
    if (request.Metadata) description.metadata = *request.Metadata;
    check_metadata(description.metadata);
    if (request.Tagging) description.tags = parse_tags(*request.Tagging);
    description.storage_class = checked_storage_class(call, request.StorageClass);
    return description;
}

template <typename Request>
Expected expected_in(const Request& request) {
    Expected expected;
    expected.md5 = request.ContentMD5;
    expected.checksums = checksums_in(request);
    expected.announced = request.ChecksumAlgorithm.value_or("");
    return expected;
}

/// "bucket/key", percent-encoded, as x-amz-copy-source has it.
struct CopySource {
    std::string bucket;
    std::string key;
};
/// Throws InvalidArgument.
CopySource parse_copy_source(std::string_view header);

template <typename Request>
Conditions copy_conditions(const Request& request) {
    return {request.CopySourceIfMatch, request.CopySourceIfNoneMatch, request.CopySourceIfModifiedSince,
            request.CopySourceIfUnmodifiedSince};
}

}  // namespace cumulet::s3
