#include "services/iam/entity.h"

#include "base/bytes.h"

namespace cumulet::iam {

std::string Entity::arn() const { return fmt::format("arn:aws:iam::{}:{}{}{}", account, word(), path, name); }

std::string encode_document(std::string_view document) { return percent_encode(document); }

Tags tags_of(const std::optional<std::vector<aws::iam::Tag>>& tags) {
    Tags result;
    if (tags) {
        for (const auto& tag : *tags) result[tag.Key] = tag.Value;
    }
    return result;
}

std::vector<aws::iam::Tag> tags_of(const Tags& tags) {
    std::vector<aws::iam::Tag> result;
    for (const auto& [key, value] : tags) result.push_back({.Key = key, .Value = value});
    return result;
}

void throw_no_such(Entity::Kind kind, std::string_view name) {
    throw aws::iam::NoSuchEntityException(
        fmt::format("The {} with name {} cannot be found.", kind == Entity::Kind::role ? "role" : "user", name));
}

}  // namespace cumulet::iam
