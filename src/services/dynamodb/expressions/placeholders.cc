#include "services/dynamodb/expressions/placeholders.h"

#include <algorithm>

#include "contracts/error.h"

namespace cumulet::dynamodb {

namespace {

void check_key(std::string_view parameter, std::string_view key, char mark) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    if (key.size() < 2 || key[0] != mark || !std::ranges::all_of(key.substr(1), allowed)) {
        throw aws::validation_error(fmt::format("{} contains invalid key: Syntax error; key: \"{}\"", parameter, key));
    }
}

void check_values(const contracts::AttributeMap& values, contracts::Wording wording) {
    const auto refusal = values.refusal();
    if (!refusal) return;
    if (wording == contracts::Wording::current) values.check();
    throw aws::validation_error(fmt::format("ExpressionAttributeValues contains invalid value: {} for key {}",
                                            refusal->older_message, refusal->member));
}

[[noreturn]] void unused(std::string_view parameter, const std::vector<std::string_view>& keys) {
    throw aws::validation_error(
        fmt::format("Value provided in {} unused in expressions: keys: {{{}}}", parameter, fmt::join(keys, ", ")));
}

}  // namespace

Placeholders::Placeholders(const Names* names, const contracts::AttributeMap* values, contracts::Wording wording)
    : names_(names), values_(values) {
    if (names_) {
        if (names_->empty()) throw aws::validation_error("ExpressionAttributeNames must not be empty");
        for (const auto& [key, name] : *names_) check_key("ExpressionAttributeNames", key, '#');
    }
    if (values_) {
        if (values_->empty()) throw aws::validation_error("ExpressionAttributeValues must not be empty");
        for (const auto& member : values_->members()) check_key("ExpressionAttributeValues", member.name, ':');
        check_values(*values_, wording);
    }
}

const std::string* Placeholders::name(std::string_view placeholder) {
    if (!names_) return nullptr;
    const auto found = names_->find(std::string(placeholder));
    if (found == names_->end()) return nullptr;
    used_names_.emplace(placeholder);
    return &found->second;
}

contracts::AttributeView Placeholders::value(std::string_view placeholder) {
    if (!values_) return {};
    const auto found = values_->find(placeholder);
    if (found) used_values_.emplace(placeholder);
    return found;
}

void Placeholders::check_all_used() const {
    std::vector<std::string_view> keys;
    if (names_) {
        for (const auto& [key, name] : *names_) {
            if (!used_names_.contains(key)) keys.push_back(key);
        }
        if (!keys.empty()) unused("ExpressionAttributeNames", keys);
    }
    if (values_) {
        for (const auto& member : values_->members()) {
            if (!used_values_.contains(member.name)) keys.push_back(member.name);
        }
        if (!keys.empty()) unused("ExpressionAttributeValues", keys);
    }
}

}  // namespace cumulet::dynamodb
