// Wildcards and policy variables.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

#include "auth/policy.h"
#include "base/bytes.h"
#include "base/text.h"

namespace cumulet::auth {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

void append_literal(std::string& out, std::string_view value, bool for_pattern) {
    for (const char c : value) {
        if (for_pattern && (c == '*' || c == '?' || c == literal_mark)) out += literal_mark;
        out += c;
    }
}

/// "aws:username, 'nobody'" into name and fallback.
void append_variable(std::string& out, std::string_view text, const ConditionContext& context, bool for_pattern,
                     bool& known) {
    std::string_view fallback;
    bool has_fallback = false;
    if (const auto comma = text.find(','); comma != std::string_view::npos) {
        const auto quoted = trimmed(text.substr(comma + 1), " ");
        text = trimmed(text.substr(0, comma), " ");
        has_fallback = quoted.size() >= 2 && quoted.front() == '\'' && quoted.back() == '\'';
        if (has_fallback) fallback = quoted.substr(1, quoted.size() - 2);
    }
    const auto* values = context.find(text);
    if (values && values->size() == 1) {
        append_literal(out, values->front(), for_pattern);
    } else if (has_fallback && !values) {
        append_literal(out, fallback, for_pattern);
    } else {
        known = false;
    }
}

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view text, bool ignore_case) {
    size_t p = 0, t = 0, star = std::string_view::npos, star_text = 0;
    while (t < text.size()) {
        bool same = false;
        size_t step = 1;
        if (p < pattern.size()) {
            if (pattern[p] == '*') {
                star = p++;
                star_text = t;
                continue;
            }
            char wanted = pattern[p];
            same = wanted == '?';
            if (wanted == literal_mark && p + 1 < pattern.size()) {
                wanted = pattern[p + 1];
                step = 2;
            }
            same = same || wanted == text[t] || (ignore_case && lower(wanted) == lower(text[t]));
        }
        if (same) {
            p += step;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool matches_arn(std::string_view pattern, std::string_view arn) {
    if (pattern == "*") return true;
    for (int part = 0; part < 5; ++part) {
        const auto pattern_end = pattern.find(':');
        const auto arn_end = arn.find(':');
        // "arn:aws:s3*" has too few parts to compare one by one: its last takes in all that follows.
        if (pattern_end == std::string_view::npos) return pattern.ends_with('*') && matches_wildcard(pattern, arn);
        if (arn_end == std::string_view::npos) return false;
        if (!matches_wildcard(pattern.substr(0, pattern_end), arn.substr(0, arn_end))) return false;
        pattern.remove_prefix(pattern_end + 1);
        arn.remove_prefix(arn_end + 1);
    }
    return matches_wildcard(pattern, arn);
}

std::optional<std::string> expand_variables(std::string_view text, const ConditionContext& context, bool for_pattern) {
    std::string out;
    out.reserve(text.size());
    bool known = true;
    while (!text.empty()) {
        const auto open = text.find("${");
        out.append(text.substr(0, open));
        if (open == std::string_view::npos) break;
        const auto close = text.find('}', open);
        if (close == std::string_view::npos) {
            out.append(text.substr(open));
            break;
        }
        const auto name = trimmed(text.substr(open + 2, close - open - 2), " ");
        if (name == "*" || name == "?" || name == "$") {
            append_literal(out, name, for_pattern);
        } else {
            append_variable(out, name, context, for_pattern, known);
        }
        text.remove_prefix(close + 1);
    }
    if (!known) return std::nullopt;
    return out;
}

void ConditionContext::set(std::string_view key, std::string value) {
    std::vector<std::string> values;
    values.push_back(std::move(value));
    set(key, std::move(values));
}

void ConditionContext::set(std::string_view key, std::vector<std::string> values) {
    values_[to_lower(key)] = std::move(values);
}

const std::vector<std::string>* ConditionContext::find(std::string_view key) const {
    const auto found = values_.find(to_lower(key));
    return found == values_.end() ? nullptr : &found->second;
}

}  // namespace cumulet::auth
