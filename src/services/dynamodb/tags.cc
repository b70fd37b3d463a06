#include "services/dynamodb/tags.h"

#include "contracts/error.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t max_tags = 50;

/// Letters of any language, digits, white space, and + - = . _ : / @ stand in tags.
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
bool is_allowed(char character) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte >= 0x80 || (byte >= '0' && byte <= '9')) return true;
    if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')) return true;
    return std::string_view(" \t\r\n+-=._:/@").find(character) != std::string_view::npos;
}

[[noreturn]] void refuse(std::string_view why) {
    // Unverified: the words.
    throw aws::validation_error(fmt::format("One or more parameter values were invalid: {}", why));
}

void check(std::string_view what, std::string_view text) {
    if (std::ranges::all_of(text, is_allowed)) return;
    refuse(fmt::format("The tag {} contains invalid characters: {}", what, text));
}

}  // namespace

void add_tags(std::map<std::string, std::string>& tags, const std::vector<aws::dynamodb::Tag>& added) {
    std::set<std::string_view> keys;
    for (const auto& tag : added) {
        if (!keys.insert(tag.Key).second) refuse(fmt::format("Duplicate tag key: {}", tag.Key));
        check("key", tag.Key);
        check("value", tag.Value);
        tags[tag.Key] = tag.Value;
    }
    if (tags.size() > max_tags) {
        throw aws::validation_error("Number of Tags exceed the current limit for the provided ResourceArn");
    }
}

void check_not_reserved(const Call& call, const std::vector<aws::dynamodb::Tag>& added) {
    if (call.depth > 0) return;
    for (const auto& tag : added) {
        if (tag.Key.starts_with("aws:")) refuse(fmt::format("The prefix aws: is reserved: {}", tag.Key));
    }
}

}  // namespace cumulet::dynamodb
