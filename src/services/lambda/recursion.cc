#include "services/lambda/recursion.h"

#include <charconv>

#include "base/hash.h"

namespace cumulet::lambda {
namespace {

constexpr std::string_view mark = "Lineage=";
constexpr size_t most_functions = 8;  // a chain through more functions forgets the first

/// Splits "a|b" and "a;b" lists.
std::string_view take(std::string_view& rest, char separator) {
    const auto end = std::min(rest.find(separator), rest.size());
    const auto part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

}  // namespace

Lineage count_run(std::string_view trace, std::string_view function_arn) {
    const auto own = sha256_hex(function_arn).substr(0, 8);
    Lineage lineage;
    std::vector<std::string> others;
    while (!trace.empty()) {
        auto part = take(trace, ';');
        if (!part.starts_with(mark)) {
            lineage.trace += (lineage.trace.empty() ? "" : ";") + std::string(part);
            continue;
        }
        part.remove_prefix(mark.size());
        while (!part.empty()) {
            const auto entry = take(part, '|');
            const auto colon = entry.find(':');
            int runs = 0;
            if (colon != entry.npos) std::from_chars(entry.data() + colon + 1, entry.data() + entry.size(), runs);
            if (entry.substr(0, colon) == own) {
                lineage.runs = runs + 1;
            } else if (colon != entry.npos) {
                others.emplace_back(entry);
            }
        }
    }
    if (others.size() >= most_functions) others.erase(others.begin());
    others.push_back(fmt::format("{}:{}", own, lineage.runs));
    lineage.trace += fmt::format(";{}{}", mark, fmt::join(others, "|"));
    return lineage;
}

}  // namespace cumulet::lambda
