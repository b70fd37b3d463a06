// Pages of lists: IAM's Marker and MaxItems. A marker is the name of the last item shown, in Base64.
#pragma once

#include "base/bytes.h"
#include "contracts/error.h"

namespace cumulet::iam {

struct Page {
    std::string after;
    size_t limit;

    /// Throws ValidationError for a marker that is none.
    static Page of(const std::optional<std::string>& marker, std::optional<int32_t> max_items) {
        const auto after = from_base64(marker.value_or(""));
        if (!after) throw aws::Error("ValidationError", "Invalid Marker.", 400);
        return {*after, static_cast<size_t>(max_items.value_or(100))};
    }
};

/// Cuts `items`, which hold one more than the page if there are more, and says in `response` how to go on.
template <typename Response, typename Item, typename Name>
void end_page(Response& response, std::vector<Item>& items, const Page& page, Name name) {
    response.IsTruncated = items.size() > page.limit;
    if (!*response.IsTruncated) return;
    items.resize(page.limit);
    response.Marker = to_base64(name(items.back()));
}

}  // namespace cumulet::iam
