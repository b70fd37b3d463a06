#include "store/count.h"

#include "store/write_set.h"

namespace cumulet::store {

void keep_count(Store& store, Range range) {
    if (auto* tallying = dynamic_cast<Tallying*>(&store)) tallying->keep_count(std::move(range));
}

Task<uint64_t> count(Transaction& tx, Range range) {
    if (range.empty()) co_return 0;
    if (auto* counting = dynamic_cast<Counting*>(&tx)) {
        if (const auto known = co_await counting->known_count(range)) co_return *known;
    }
    const ScanOptions page{.limit = 10'000};
    uint64_t count = 0;
    while (true) {
        const auto rows = co_await tx.scan(range, page);
        count += rows.size();
        if (!cut_short(rows, page)) co_return count;
        range = rest_after(std::move(range), rows.back().key, page.order);
    }
}

}  // namespace cumulet::store
