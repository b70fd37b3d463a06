// S3's rules for names, places, tags and policies. Pure.
#pragma once

#include "services/s3/errors.h"
#include "services/s3/object.h"

namespace cumulet::s3 {

/// Throws InvalidBucketName.
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
void check_bucket_name(const std::string& name);
/// Throws KeyTooLongError, InvalidURI.
void check_key(const std::string& key);
/// Throws InvalidArgument: without versioning there is only the version "null".
void check_version(const std::optional<std::string>& version_id);

/// The region of a bucket that is created by a call to `region`. Throws IllegalLocationConstraintException,
/// InvalidLocationConstraint.
std::string bucket_region(const std::string& region, const std::optional<std::string>& constraint);

constexpr size_t most_object_tags = 10;
constexpr size_t most_bucket_tags = 50;
/// Throws InvalidTag, BadRequest. Tags of AWS's own ("aws:…") only where `system`.
std::map<std::string, std::string> checked_tags(const std::vector<aws::s3::Tag>& tags, size_t most,
                                                bool system = false);
/// Tags as a header has them: "a=1&b=2".
std::map<std::string, std::string> parse_tags(std::string_view header);
std::vector<aws::s3::Tag> tag_set(const std::map<std::string, std::string>& tags);

/// Throws MalformedPolicy.
json::value parse_policy(std::string_view text);
/// True if the policy allows something to everyone, without a condition.
bool is_public(const json::value& policy);

/// The canonical user id of an account: 64 digits that say nothing, always the same.
aws::s3::Owner owner_of(const std::string& account);

}  // namespace cumulet::s3
