#include "services/s3/rules.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/http.h"

namespace cumulet::s3 {
namespace {

constexpr size_t longest_key_bytes = 1024;
constexpr size_t longest_policy_bytes = 20 << 10;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool looks_like_address(std::string_view name) {
    return std::ranges::count(name, '.') == 3 &&
           std::ranges::all_of(name, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

Detailed<> invalid_tag(std::string message, const std::string& key) {
    return error("InvalidTag", std::move(message), 400, {.TagKey = key});
}

void check_tag(const aws::s3::Tag& tag, bool system) {
    if (tag.Key.empty() || !valid_utf8(tag.Key) || utf16_length(tag.Key) > 128) {
        throw invalid_tag("The TagKey you have provided is invalid", tag.Key);
    }
    if (!valid_utf8(tag.Value) || utf16_length(tag.Value) > 256) {
        throw invalid_tag("The TagValue you have provided is invalid", tag.Key);
    }
    if (!system && to_lower(tag.Key.substr(0, 4)) == "aws:") {
        throw invalid_tag("System tags cannot be added/updated by requester", tag.Key);
    }
}

bool is_everyone(const json::value* principal) {
    if (!principal) return false;
    if (principal->is_string()) return principal->as_string() == "*";
    if (principal->is_array())
        return std::ranges::any_of(principal->as_array(), [](const auto& one) { return is_everyone(&one); });
    return principal->is_object() && is_everyone(principal->as_object().if_contains("AWS"));
}

bool allows_everyone(const json::value& statement) {
    const auto* condition = find(statement, "Condition");
    const bool conditional = condition && condition->is_object() && !condition->as_object().empty();
    return statement.is_object() && string_or(statement.as_object(), "Effect") == "Allow" && !conditional &&
           is_everyone(find(statement, "Principal"));
}

}  // namespace

void check_bucket_name(const std::string& name) {
    const bool characters =
        std::ranges::all_of(name, [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; });
    if (name.size() >= 3 && name.size() <= 63 && characters && is_lower_or_digit(name.front()) &&
        is_lower_or_digit(name.back()) && name.find("..") == name.npos && !looks_like_address(name) &&
        !name.starts_with("xn--") && !name.starts_with("sthree-") && !name.starts_with("amzn-s3-demo-") &&
        !name.ends_with("-s3alias") && !name.ends_with("--ol-s3") && !name.ends_with(".mrap") &&
        !name.ends_with("--x-s3") && !name.ends_with("--table-s3")) {
        return;
    }
    throw error("InvalidBucketName", "The specified bucket is not valid.", 400, {.BucketName = name});
}

void check_key(const std::string& key) {
    if (key.size() > longest_key_bytes) {
        throw error("KeyTooLongError", "Your key is too long", 400,
                    {.ProposedSize = std::to_string(key.size()), .MaxSizeAllowed = std::to_string(longest_key_bytes)});
    }
    if (key.empty() || !valid_utf8(key)) throw error("InvalidURI", "Couldn't parse the specified URI.");
}

void check_version(const std::optional<std::string>& version_id) {
    if (version_id && *version_id != "null") {
        throw invalid_argument("Invalid version id specified", "versionId", *version_id);
    }
}

std::string bucket_region(const std::string& region, const std::optional<std::string>& constraint) {
    const auto illegal = [](std::string_view what) {
        return error(
            "IllegalLocationConstraintException",
            fmt::format("The {} location constraint is incompatible for the region specific endpoint this request "
                        "was sent to.",
                        what));
    };
    if (!constraint || constraint->empty()) {
        if (region == "us-east-1") return region;
        throw illegal("unspecified");
    }
    const std::string wanted = *constraint == "EU" ? "eu-west-1" : *constraint;
    if (wanted == "us-east-1") {
        if (region != "us-east-1") throw illegal(wanted);
        throw error("InvalidLocationConstraint", "The specified location-constraint is not valid", 400,
                    {.LocationConstraint = wanted});
    }
    if (region != "us-east-1" && region != wanted) throw illegal(*constraint);
    return wanted;
}

std::map<std::string, std::string> checked_tags(const std::vector<aws::s3::Tag>& tags, size_t most, bool system) {
    std::map<std::string, std::string> checked;
    for (const auto& tag : tags) {
        check_tag(tag, system);
        if (!checked.emplace(tag.Key, tag.Value).second) {
            throw invalid_tag("Cannot provide multiple Tags with the same key", tag.Key);
        }
    }
    if (checked.size() > most) {
        throw error("BadRequest", fmt::format("{} tags cannot be greater than {}",
                                              most == most_object_tags ? "Object" : "Bucket", most));
    }
    return checked;
}

std::map<std::string, std::string> parse_tags(std::string_view header) {
    std::vector<aws::s3::Tag> tags;
    for (auto& [name, value] : http::parse_query(header)) tags.push_back({std::move(name), std::move(value)});
    return checked_tags(tags, most_object_tags);
}

std::vector<aws::s3::Tag> tag_set(const std::map<std::string, std::string>& tags) {
    std::vector<aws::s3::Tag> set;
    for (const auto& [key, value] : tags) set.push_back({key, value});
    return set;
}

json::value parse_policy(std::string_view text) {
    if (text.size() > longest_policy_bytes) {
        throw error("PolicyTooLarge",
                    fmt::format("Bucket policy exceeds the maximum allowed size of {} bytes.", longest_policy_bytes));
    }
    if (!text.starts_with('{')) {
        throw error("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'");
    }
    auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object()) throw error("MalformedPolicy", "This policy contains invalid Json");
    const auto* statements = find(*parsed, "Statement");
    if (!statements || (!statements->is_array() && !statements->is_object())) {
        throw error("MalformedPolicy", "Missing required field Statement");
    }
    return std::move(*parsed);
}

bool is_public(const json::value& policy) {
    const auto* statements = find(policy, "Statement");
    if (!statements) return false;
    return statements->is_array() ? std::ranges::any_of(statements->as_array(), allows_everyone)
                                  : allows_everyone(*statements);
}

aws::s3::Owner owner_of(const std::string& account) {
    aws::s3::Owner owner;
    owner.ID = sha256_hex("canonical user of " + account);
    return owner;
}

}  // namespace cumulet::s3
