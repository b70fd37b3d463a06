#include "wire/pattern.h"

#include <re2/re2.h>

#include <mutex>

namespace cumulet::wire {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// \uXXXX and the names of classes.
std::string rewrite_escapes(std::string text) {
    // A contract that was written for JavaScript spells U+10000 to U+10FFFF as a range over surrogates.
    replace_all(text, "\\uD800\\uDC00-\\uDBFF\\uDFFF", "\\x{10000}-\\x{10FFFF}");
    replace_all(text, "\\ud800\\udc00-\\udbff\\udfff", "\\x{10000}-\\x{10FFFF}");
    static constexpr std::pair<std::string_view, std::string_view> classes[] = {
        {"\\p{ASCII}", "\\x00-\\x7F"}, {"\\p{Print}", "\\x20-\\x7E"}, {"\\p{Graph}", "\\x21-\\x7E"},
        {"\\p{Alnum}", "a-zA-Z0-9"},   {"\\p{Alpha}", "a-zA-Z"},      {"\\p{Digit}", "0-9"},
        {"\\p{Lower}", "a-z"},         {"\\p{Upper}", "A-Z"},         {"\\p{Space}", "\\t-\\r "},
        {"\\p{XDigit}", "0-9A-Fa-f"},  {"\\p{Blank}", " \\t"},        {"\\p{Cntrl}", "\\x00-\\x1F\\x7F"},
        {"\\p{IsLetter}", "\\p{L}"},   {"\\p{IsDigit}", "\\p{Nd}"},   {"\\p{IsAlphabetic}", "\\p{L}"}};
    std::string out;
    bool in_class = false;
    for (size_t i = 0; i < text.size();) {
        const std::string_view rest = std::string_view(text).substr(i);
        if (rest.starts_with("\\u") && rest.size() >= 6 && is_hex(rest[2]) && is_hex(rest[5])) {
            out += "\\x{";
            out += rest.substr(2, 4);
            out += '}';
            i += 6;
            continue;
        }
        bool replaced = false;
        for (const auto& [name, ranges] : classes) {
            if (!rest.starts_with(name)) continue;
            out += in_class ? std::string(ranges) : "[" + std::string(ranges) + "]";
            i += name.size();
            replaced = true;
        }
        if (replaced) continue;
        if (text[i] == '\\' && rest.size() > 1) {
            out += rest.substr(0, 2);
            i += 2;
            continue;
        }
        if (text[i] == '[' && in_class) {
            out += "\\[";  // Java nests classes; contracts mean the character
        } else {
            if (text[i] == '[') in_class = true;
            if (text[i] == ']') in_class = false;
            out += text[i];
        }
        ++i;
        if (out.back() == '[' && in_class && i < text.size()) {
            // "[]…" and "[^]…": a bracket at the front is a character.
            if (text[i] == '^') out += text[i++];
            if (i < text.size() && text[i] == ']' && text.find(']', i + 1) != text.npos) {
                out += "\\]";
                ++i;
            }
        }
    }
    return out;
}

/// Possessive quantifiers, and repetitions past RE2's limit.
std::string rewrite_quantifiers(const std::string& text) {
    std::string out;
    bool in_class = false;
    bool quantified = false;  // what stands before is a quantifier already
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool after_quantifier = std::exchange(quantified, false);
        if (c == '\\' && i + 1 < text.size()) {
            out += c;
            out += text[++i];
            // \x{41} and \p{L} have braces of their own.
            const auto end = i + 1 < text.size() && text[i + 1] == '{' ? text.find('}', i) : text.npos;
            if ((text[i] == 'x' || text[i] == 'p' || text[i] == 'P') && end != text.npos) {
                out += text.substr(i + 1, end - i);
                i = end;
            }
            continue;
        }
        if (c == '[') in_class = true;
        if (c == ']') in_class = false;
        if (in_class) {
            out += c;
            continue;
        }
        if (c == '+' && after_quantifier) continue;
        quantified = c == '*' || c == '+' || (c == '?' && !after_quantifier && i > 0 && text[i - 1] != '(');
        if (c == '{' && i + 1 < text.size() && is_digit(text[i + 1])) {
            const auto end = text.find('}', i);
            const auto comma = text.find(',', i);
            if (end != text.npos) {
                const auto low = std::strtoul(text.c_str() + i + 1, nullptr, 10);
                const auto high = comma < end ? std::strtoul(text.c_str() + comma + 1, nullptr, 10) : low;
                if (low > 1000) {
                    out += "{1000,}";
                } else if (high > 1000) {
                    out += low == 0 ? "*" : low == 1 ? "+" : "{" + std::to_string(low) + ",}";
                } else {
                    out += text.substr(i, end - i + 1);
                }
                i = end;
                quantified = true;
                continue;
            }
        }
        out += c;
    }
    return out;
}

/// The end of the group that begins at `begin`, npos if it has none.
size_t group_end(std::string_view text, size_t begin) {
    size_t depth = 0;
    bool in_class = false;
    for (size_t i = begin; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (in_class) {
            in_class = text[i] != ']';
        } else if (text[i] == '[') {
            in_class = true;
        } else if (text[i] == '(') {
            ++depth;
        } else if (text[i] == ')' && --depth == 0) {
            return i;
        }
    }
    return text.npos;
}

/// Takes out the lookarounds that are left; without them the pattern accepts more. False if there are none.
bool drop_lookarounds(std::string& text) {
    bool any = false;
    for (const std::string_view mark : {"(?=", "(?!", "(?<=", "(?<!"}) {
        for (size_t at; (at = text.find(mark)) != text.npos; any = true) {
            const auto end = group_end(text, at);
            if (end == text.npos) return true;
            text.erase(at, end - at + 1);
        }
    }
    return any;
}

/// True if an alternation stands outside all groups, so that what is at its front belongs to one branch only.
bool has_bare_alternation(std::string_view text) {
    size_t depth = 0;
    bool in_class = false;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (in_class) {
            in_class = text[i] != ']';
        } else if (text[i] == '[') {
            in_class = true;
        } else if (text[i] == '(') {
            ++depth;
        } else if (text[i] == ')') {
            --depth;
        } else if (text[i] == '|' && depth == 0) {
            return true;
        }
    }
    return false;
}

}  // namespace

struct Pattern::Parts {
    struct Condition {
        std::unique_ptr<RE2> regex;
        bool wanted;  ///< false: the text must not match
    };
    std::vector<Condition> conditions;
    bool whole = true;  ///< the text matches from end to end, as AWS checks it

    /// False if RE2 refuses the expression.
    bool add(const std::string& expression, bool wanted) {
        RE2::Options options;
        options.set_log_errors(false);
        auto regex = std::make_unique<RE2>(expression, options);
        if (!regex->ok()) return false;
        conditions.push_back({std::move(regex), wanted});
        return true;
    }
};

Pattern::Pattern(std::string_view java) : parts_(std::make_unique<Parts>()) {
    std::string text = rewrite_quantifiers(rewrite_escapes(std::string(java)));
    bool anchored = text.starts_with('^') || text.starts_with("\\A");
    if (!has_bare_alternation(text)) {
        if (text.starts_with('^')) text.erase(0, 1);
        while (text.starts_with("(?=") || text.starts_with("(?!")) {
            const auto end = group_end(text, 0);
            if (end == text.npos) break;
            enforced_ = parts_->add("^(?s:" + text.substr(3, end - 3) + ")", text[2] == '=') && enforced_;
            text.erase(0, end + 1);
            if (text.starts_with('^')) text.erase(0, 1);
        }
        const bool dollar = text.ends_with('$') && !text.ends_with("\\$");
        const std::string_view front = std::string_view(text).substr(0, text.size() - dollar);
        const auto behind = front.rfind("(?<!");
        if (behind != front.npos && group_end(front, behind) == front.size() - 1) {
            const std::string inside(front.substr(behind + 4, front.size() - behind - 5));
            enforced_ = parts_->add("(?:" + inside + ")\\z", false) && enforced_;
            text = text.substr(0, behind) + (dollar ? "$" : "");
        }
    } else {
        anchored = false;
    }
    if (drop_lookarounds(text)) enforced_ = false;
    // Unverified: a pattern that is anchored at its front only is meant as a prefix.
    const bool open_ended = anchored && !text.ends_with('$') && !text.ends_with("\\z") && !text.ends_with("\\Z");
    replace_all(text, "\\Z", "\\z");
    enforced_ = parts_->add("\\A(?:" + text + (open_ended ? ")" : ")\\z"), true) && enforced_;
}

Pattern::~Pattern() = default;

bool Pattern::matches(std::string_view text) const {
    for (const auto& condition : parts_->conditions) {
        if (RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *condition.regex) != condition.wanted) {
            return false;
        }
    }
    return true;
}

const Pattern& Pattern::of(std::string_view java) {
    thread_local std::unordered_map<const char*, const Pattern*> known;
    auto& pattern = known[java.data()];
    if (!pattern) {
        static std::mutex mutex;
        static std::unordered_map<const char*, std::unique_ptr<Pattern>> compiled;
        const std::lock_guard lock(mutex);
        auto& shared = compiled[java.data()];
        if (!shared) shared = std::make_unique<Pattern>(java);
        pattern = shared.get();
    }
    return *pattern;
}

}  // namespace cumulet::wire
