#include "base/content_encoding.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/gzip.h"
#include "base/text.h"

namespace cumulet {

namespace {

constexpr std::array<std::string_view, 2> codings = {"gzip", "deflate"};

/// Of what stands behind a coding's name: the first "q=" counts, wherever it stands.
double weight_of(std::string_view parameters) {
    const auto at = parameters.find("q=");
    if (at == std::string_view::npos) return 1;
    auto text = parameters.substr(at + 2);
    text = trimmed(text.substr(0, text.find(';')));
    double weight = 1;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), weight);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return 1;
    return std::min(weight, 1.0);
}

/// The best so far.
struct Choice {
    std::string_view coding;
    double weight = 0;

    void offer(std::string_view other, double other_weight) {
        if (other_weight > weight) *this = {other, other_weight};
    }
};

}  // namespace

std::string_view preferred_encoding(std::string_view accept_encoding) {
    Choice choice;
    std::array<bool, codings.size()> named{};
    double of_others = 0;
    while (!accept_encoding.empty()) {
        const auto element = accept_encoding.substr(0, accept_encoding.find(','));
        accept_encoding.remove_prefix(std::min(accept_encoding.size(), element.size() + 1));
        const auto name = trimmed(element.substr(0, element.find(';')));
        const double weight = weight_of(element.substr(std::min(element.size(), element.find(';'))));
        if (name == "*") of_others = std::max(of_others, weight);
        for (size_t at = 0; at < codings.size(); ++at) {
            if (!equal_ignoring_case(name, codings[at])) continue;
            named[at] = true;
            choice.offer(codings[at], weight);
        }
    }
    for (size_t at = 0; at < codings.size(); ++at) {
        if (!named[at]) choice.offer(codings[at], of_others);
    }
    return choice.coding;
}

std::string_view encode_as_preferred(std::string& body, std::string_view accept_encoding) {
    const auto encoding = preferred_encoding(accept_encoding);
    if (!encoding.empty()) body = encoding == "gzip" ? gzip(body) : deflated(body);
    return encoding;
}

}  // namespace cumulet
