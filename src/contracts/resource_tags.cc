#include "contracts/resource_tags.h"

namespace cumulet::contracts {
namespace {

/// Templates may give numbers and booleans where tags have texts.
std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

}  // namespace

std::map<std::string, std::string> merged_tags(const ResourceContext& context, const json::object& properties) {
    std::map<std::string, std::string> tags;
    for (const auto& [key, value] : context.stack_tags) tags[std::string(key)] = text_of(value);
    const auto* own = properties.if_contains("Tags");
    if (own && own->is_object()) {
        for (const auto& [key, value] : own->get_object()) tags[std::string(key)] = text_of(value);
    } else if (own && own->is_array()) {
        for (const auto& tag : own->get_array()) {
            const auto* key = find(tag, "Key");
            const auto* value = find(tag, "Value");
            if (key && value) tags[text_of(*key)] = text_of(*value);
        }
    }
    return tags;
}

}  // namespace cumulet::contracts
