// Roles, users and managed policies, and the rules of their names and documents. Pure.
#pragma once

#include "base/arn.h"
#include "base/time.h"
#include "contracts/iam.h"

namespace cumulet::iam {

using Tags = std::map<std::string, std::string>;

/// A role or a user: what may hold policies.
struct Entity {
    enum class Kind { role, user };
    Kind kind = Kind::role;
    std::string account;
    std::string name;
    std::string path = "/";
    std::string id;  ///< AROA…, AIDA…
    Time created;
    std::map<std::string, std::string> inline_policies;  ///< documents by name
    std::vector<std::string> attached;                   ///< ARNs of managed policies
    std::string boundary;                                ///< ARN, "" if none
    Tags tags;
    // of roles
    std::string trust_policy;
    std::string description;
    int32_t max_session_seconds = 3600;

    /// arn:aws:iam::<account>:role<path><name>
    std::string arn() const;
    std::string_view word() const { return kind == Kind::role ? "role" : "user"; }
};

struct PolicyVersion {
    std::string document;
    Time created;
};

/// A policy that stands by itself: an account's own, or one of AWS's catalogue.
struct ManagedPolicy {
    std::string account;  ///< "aws" for the catalogue
    std::string name;
    std::string path = "/";
    std::string id;  ///< ANPA…
    std::string description;
    Time created;
    Time updated;
    int64_t newest_version = 1;
    int64_t default_version = 1;
    std::map<int64_t, PolicyVersion> versions;
    Tags tags;

    std::string arn() const { return fmt::format("arn:aws:iam::{}:policy{}{}", account, path, name); }
    const std::string& document() const { return versions.at(default_version).document; }
};

struct AccessKey {
    std::string id;  ///< AKIA…
    std::string account;
    std::string user;
    std::string secret;
    bool active = true;
    Time created;
};

/// The policy of AWS's own catalogue with that ARN, nullptr if Cumulet does not have it.
const ManagedPolicy* find_aws_policy(std::string_view arn);
const std::vector<ManagedPolicy>& aws_policies();

/// Documents are percent-encoded in answers.
std::string encode_document(std::string_view document);

Tags tags_of(const std::optional<std::vector<aws::iam::Tag>>& tags);
std::vector<aws::iam::Tag> tags_of(const Tags& tags);

/// Throws NoSuchEntity: "The role with name x cannot be found."
[[noreturn]] void throw_no_such(Entity::Kind kind, std::string_view name);

}  // namespace cumulet::iam
