#include "contracts/resource_marks.h"

namespace cumulet::contracts {
namespace {

constexpr std::string_view own_tags = "aws:cumulet:";
constexpr std::string_view mark_tag = "aws:cumulet:token";

}  // namespace

std::map<std::string, std::string> marked_tags(const ResourceContext& context, const json::object& properties) {
    auto tags = merged_tags(context, properties);
    tags[std::string(mark_tag)] = context.client_token;
    return tags;
}

bool has_mark(const std::optional<std::map<std::string, std::string>>& tags, const ResourceContext& context) {
    if (!tags) return false;
    const auto mark = tags->find(std::string(mark_tag));
    return mark != tags->end() && mark->second == context.client_token;
}

bool is_own_tag(std::string_view key) { return key.starts_with(own_tags); }

}  // namespace cumulet::contracts
