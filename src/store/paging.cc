#include "store/paging.h"

namespace cumulet::store {

bool cut_short(const std::vector<Entry>& rows, const ScanOptions& options) {
    if (rows.size() >= options.limit) return true;
    size_t bytes = 0;
    for (const auto& row : rows) bytes += row.key.size() + row.value.size();
    return bytes > options.max_bytes;
}

Range rest_after(Range range, const std::string& last, Order order) {
    if (order == Order::ascending) {
        range.begin = last;
        range.begin.push_back('\0');
    } else {
        range.end = last;
    }
    return range;
}

}  // namespace cumulet::store
