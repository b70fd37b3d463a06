#include "services/logs/filter_pattern.h"

#include "contracts/logs.h"

namespace cumulet::logs {

FilterPattern FilterPattern::parse(std::string_view text) {
    FilterPattern pattern;
    const auto skip_spaces = [&] {
        while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    };
    skip_spaces();
    if (text.starts_with('{') || text.starts_with('[') || text.starts_with('%')) {
        throw aws::not_implemented("logs", "FilterLogEvents",
                                   "filter patterns of JSON, columns or regular expressions");
    }
    while (!text.empty()) {
        auto* kind = &pattern.required_;
        if (text.front() == '-') kind = &pattern.excluded_;
        if (text.front() == '?') kind = &pattern.optional_;
        if (kind != &pattern.required_) text.remove_prefix(1);
        if (text.starts_with('"')) {
            const auto end = text.find('"', 1);
            if (end == std::string_view::npos) throw aws::logs::InvalidParameterException("Invalid filter pattern");
            kind->emplace_back(text.substr(1, end - 1));
            text.remove_prefix(end + 1);
        } else {
            const auto end = std::min(text.find_first_of(" \t"), text.size());
            kind->emplace_back(text.substr(0, end));
            text.remove_prefix(end);
        }
        skip_spaces();
    }
    return pattern;
}

bool FilterPattern::matches(std::string_view message) const {
    const auto occurs = [&](const std::string& term) { return message.find(term) != std::string_view::npos; };
    return std::ranges::all_of(required_, occurs) && std::ranges::none_of(excluded_, occurs) &&
           (optional_.empty() || std::ranges::any_of(optional_, occurs));
}

}  // namespace cumulet::logs
