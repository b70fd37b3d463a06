#include "base/arn.h"

namespace cumulet {

std::optional<Arn> Arn::parse(std::string_view text) {
    if (!text.starts_with("arn:")) return std::nullopt;
    text.remove_prefix(4);
    Arn arn;
    for (auto* part : {&arn.partition, &arn.service, &arn.region, &arn.account}) {
        const auto colon = text.find(':');
        if (colon == text.npos) return std::nullopt;
        *part = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    arn.resource = text;
    return arn;
}

std::string Arn::text() const {
    std::string text;
    text.reserve(9 + partition.size() + service.size() + region.size() + account.size() + resource.size());
    text += "arn:";
    text += partition;
    for (const auto* part : {&service, &region, &account, &resource}) {
        text += ':';
        text += *part;
    }
    return text;
}

}  // namespace cumulet
