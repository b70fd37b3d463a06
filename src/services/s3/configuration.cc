// What a bucket is configured to do: policy, tags, encryption, public access, ownership, versioning, ACL.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html

#include "services/s3/rules.h"
#include "services/s3/service.h"

namespace cumulet::s3 {

using namespace aws::s3;

namespace {

std::vector<Grant> owners_grant(const Owner& owner) {
    Grant grant;
    grant.Permission = "FULL_CONTROL";
    grant.Grantee = Grantee{.ID = owner.ID, .Type = "CanonicalUser"};
    return {grant};
}

/// Tags of AWS's own stay when a caller replaces or removes the others.
std::map<std::string, std::string> system_tags(std::map<std::string, std::string> tags) {
    std::erase_if(tags, [](const auto& tag) { return !tag.first.starts_with("aws:"); });
    return tags;
}

}  // namespace

Task<GetBucketPolicyOutput> Service::get_bucket_policy(Call& call, GetBucketPolicyRequest request) {
    auto bucket = co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    if (bucket.policy.empty()) {
        throw error("NoSuchBucketPolicy", "The bucket policy does not exist", 404, {.BucketName = request.Bucket});
    }
    co_return GetBucketPolicyOutput{.Policy = std::move(bucket.policy)};
}

Task<PutBucketPolicyResponse> Service::put_bucket_policy(Call& call, PutBucketPolicyRequest request) {
    const bool open_to_all = is_public(parse_policy(request.Policy));
    co_await change_bucket(request.Bucket, request.ExpectedBucketOwner, [&](Bucket& bucket) {
        if (open_to_all && bucket.public_access && bucket.public_access->block_policy) throw access_denied();
        bucket.policy = request.Policy;
    });
    co_return PutBucketPolicyResponse{};
}

Task<DeleteBucketPolicyResponse> Service::delete_bucket_policy(Call& call, DeleteBucketPolicyRequest request) {
    co_await change_bucket(request.Bucket, request.ExpectedBucketOwner, [](Bucket& bucket) { bucket.policy.clear(); });
    co_return DeleteBucketPolicyResponse{};
}

Task<GetBucketPolicyStatusOutput> Service::get_bucket_policy_status(Call& call, GetBucketPolicyStatusRequest request) {
    const auto bucket = co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    if (bucket.policy.empty()) {
        throw error("NoSuchBucketPolicy", "The bucket policy does not exist", 404, {.BucketName = request.Bucket});
    }
    GetBucketPolicyStatusOutput output;
    output.PolicyStatus.emplace().IsPublic = is_public(parse_policy(bucket.policy));
    co_return output;
}

Task<GetBucketTaggingOutput> Service::get_bucket_tagging(Call& call, GetBucketTaggingRequest request) {
    const auto bucket = co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    if (bucket.tags.empty()) {
        throw error("NoSuchTagSet", "The TagSet does not exist", 404, {.BucketName = request.Bucket});
    }
    co_return GetBucketTaggingOutput{.TagSet = tag_set(bucket.tags)};
}

Task<PutBucketTaggingResponse> Service::put_bucket_tagging(Call& call, PutBucketTaggingRequest request) {
    const auto tags = checked_tags(request.Tagging.TagSet, most_bucket_tags);
    co_await change_bucket(request.Bucket, request.ExpectedBucketOwner, [&](Bucket& bucket) {
        bucket.tags = system_tags(std::move(bucket.tags));
        bucket.tags.insert(tags.begin(), tags.end());
    });
    co_return PutBucketTaggingResponse{};
}

Task<DeleteBucketTaggingResponse> Service::delete_bucket_tagging(Call& call, DeleteBucketTaggingRequest request) {
    co_await change_bucket(request.Bucket, request.ExpectedBucketOwner,
                           [](Bucket& bucket) { bucket.tags = system_tags(std::move(bucket.tags)); });
    co_return DeleteBucketTaggingResponse{};
}

Task<GetBucketEncryptionOutput> Service::get_bucket_encryption(Call& call, GetBucketEncryptionRequest request) {
    const auto bucket = co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    ServerSideEncryptionRule rule;
    rule.ApplyServerSideEncryptionByDefault.emplace().SSEAlgorithm = "AES256";
    rule.BucketKeyEnabled = bucket.bucket_key_enabled;
    GetBucketEncryptionOutput output;
    output.ServerSideEncryptionConfiguration.emplace().Rules.push_back(std::move(rule));
    co_return output;
}

Task<PutBucketEncryptionResponse> Service::put_bucket_encryption(Call& call, PutBucketEncryptionRequest request) {
    const auto& rules = request.ServerSideEncryptionConfiguration.Rules;
    if (rules.size() != 1) throw malformed_xml();
    const auto chosen = rules[0].ApplyServerSideEncryptionByDefault;
    if (chosen && chosen->SSEAlgorithm != "AES256") throw not_implemented(call, chosen->SSEAlgorithm);
    if (rules[0].BlockedEncryptionTypes) throw not_implemented(call, "BlockedEncryptionTypes");
    co_await change_bucket(request.Bucket, request.ExpectedBucketOwner, [&](Bucket& bucket) {
        bucket.bucket_key_enabled = rules[0].BucketKeyEnabled.value_or(false);
    });
    co_return PutBucketEncryptionResponse{};
}

Task<GetPublicAccessBlockOutput> Service::get_public_access_block(Call& call, GetPublicAccessBlockRequest request) {
    const auto bucket = co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    if (!bucket.public_access) {
        throw error("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", 404,
                    {.BucketName = request.Bucket});
    }
    const auto& access = *bucket.public_access;
    GetPublicAccessBlockOutput output;
    output.PublicAccessBlockConfiguration = PublicAccessBlockConfiguration{
        access.block_acls, access.ignore_acls, access.block_policy, access.restrict_buckets};
    co_return output;
}

Task<PutPublicAccessBlockResponse> Service::put_public_access_block(Call& call, PutPublicAccessBlockRequest request) {
    const auto& wanted = request.PublicAccessBlockConfiguration;
    const PublicAccess access{wanted.BlockPublicAcls.value_or(false), wanted.IgnorePublicAcls.value_or(false),
                              wanted.BlockPublicPolicy.value_or(false), wanted.RestrictPublicBuckets.value_or(false)};
    co_await change_bucket(request.Bucket, request.ExpectedBucketOwner,
                           [&](Bucket& bucket) { bucket.public_access = access; });
    co_return PutPublicAccessBlockResponse{};
}

Task<DeletePublicAccessBlockResponse> Service::delete_public_access_block(Call& call,
                                                                          DeletePublicAccessBlockRequest request) {
    co_await change_bucket(request.Bucket, request.ExpectedBucketOwner,
                           [](Bucket& bucket) { bucket.public_access.reset(); });
    co_return DeletePublicAccessBlockResponse{};
}

Task<GetBucketOwnershipControlsOutput> Service::get_bucket_ownership_controls(
    Call& call, GetBucketOwnershipControlsRequest request) {
    co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    GetBucketOwnershipControlsOutput output;
    output.OwnershipControls.emplace().Rules.push_back({.ObjectOwnership = "BucketOwnerEnforced"});
    co_return output;
}

Task<PutBucketOwnershipControlsResponse> Service::put_bucket_ownership_controls(
    Call& call, PutBucketOwnershipControlsRequest request) {
    const auto& rules = request.OwnershipControls.Rules;
    if (rules.size() != 1) throw malformed_xml();
    if (rules[0].ObjectOwnership != "BucketOwnerEnforced") throw not_implemented(call, rules[0].ObjectOwnership);
    co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    co_return PutBucketOwnershipControlsResponse{};
}

Task<GetBucketVersioningOutput> Service::get_bucket_versioning(Call& call, GetBucketVersioningRequest request) {
    co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    co_return GetBucketVersioningOutput{};
}

Task<GetBucketAclOutput> Service::get_bucket_acl(Call& call, GetBucketAclRequest request) {
    const auto bucket = co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    GetBucketAclOutput output;
    output.Owner = owner_of(bucket.account);
    output.Grants = owners_grant(*output.Owner);
    co_return output;
}

Task<GetObjectAclOutput> Service::get_object_acl(Call& call, GetObjectAclRequest request) {
    check_version(request.VersionId);
    const auto bucket = co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    co_await find(request.Bucket, request.Key, request.ExpectedBucketOwner);
    GetObjectAclOutput output;
    output.Owner = owner_of(bucket.account);
    output.Grants = owners_grant(*output.Owner);
    co_return output;
}

}  // namespace cumulet::s3
