#include "services/s3/listing.h"

#include "base/bytes.h"
#include "store/key.h"

namespace cumulet::s3 {

Listing::Listing(std::string prefix, std::string delimiter, std::string after, size_t limit)
    : prefix_(std::move(prefix)), delimiter_(std::move(delimiter)), limit_(limit) {
    if (after.empty()) return;
    const auto group = group_of(after);
    // The first key that is neither `after` nor, where it lies in a group, of that group.
    from_ = group.empty() ? after + '\0' : store::Range::prefix(group).end;
}

std::string_view Listing::group_of(std::string_view key) const {
    if (delimiter_.empty() || !key.starts_with(prefix_)) return "";
    const auto at = key.find(delimiter_, prefix_.size());
    return at == key.npos ? "" : key.substr(0, at + delimiter_.size());
}

Listing::Verdict Listing::take(std::string_view key) {
    const auto group = group_of(key);
    if (!group.empty() && !groups_.empty() && groups_.back() == group) return Verdict::grouped;
    if (size_ >= limit_) {
        full_ = true;
        return Verdict::full;
    }
    ++size_;
    if (group.empty()) {
        last_ = key;
        from_ = last_ + '\0';
        return Verdict::listed;
    }
    groups_.emplace_back(group);
    last_ = group;
    from_ = store::Range::prefix(group).end;
    return Verdict::grouped;
}

std::string url_encoded(std::string_view text) {
    std::string encoded;
    for (size_t at = 0; at < text.size();) {
        const auto space = std::min(text.find(' ', at), text.size());
        encoded += percent_encode(text.substr(at, space - at), true);
        if (space < text.size()) encoded += '+';
        at = space + 1;
    }
    return encoded;
}

}  // namespace cumulet::s3
