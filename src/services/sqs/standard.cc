// Standard queues: messages by the instant when they become visible. Those with a group take turns with the other
// groups (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html), so that
// a group with many messages does not keep the others waiting.

#include "services/sqs/contents.h"

namespace cumulet::sqs {
namespace {

/// From two lists, each in order, the first ones.
std::vector<Stored> earliest(std::vector<Stored> a, std::vector<Stored> b, size_t limit) {
    if (b.empty()) return a;
    std::vector<Stored> both;
    auto left = a.begin();
    auto right = b.begin();
    while (both.size() < limit && (left != a.end() || right != b.end())) {
        const bool take_left =
            right == b.end() || (left != a.end() && left->delivery.visible_at <= right->delivery.visible_at);
        both.push_back(std::move(take_left ? *left++ : *right++));
    }
    return both;
}

/// One message of each group in turn, then the second of each, and so on.
Task<std::vector<Stored>> by_turns(store::Transaction& tx, const Queue& queue, const std::vector<Group>& groups,
                                   Time now, size_t limit) {
    const size_t each = (limit + groups.size() - 1) / groups.size();
    std::vector<std::vector<Stored>> rows;
    for (const auto& group : groups) rows.push_back(co_await scan_group(tx, queue, group.id, each));
    std::vector<Stored> found;
    for (size_t i = 0; i < each; ++i) {
        for (auto& row : rows) {
            if (i >= row.size() || row[i].delivery.visible_at > now || found.size() == limit) continue;
            found.push_back(std::move(row[i]));
        }
    }
    co_return found;
}

/// Alternately one of each list, as long as both have some.
std::vector<Stored> alternately(std::vector<Stored> a, std::vector<Stored> b, size_t limit) {
    std::vector<Stored> both;
    for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
        if (i < a.size() && both.size() < limit) both.push_back(std::move(a[i]));
        if (i < b.size() && both.size() < limit) both.push_back(std::move(b[i]));
    }
    return both;
}

}  // namespace

Task<std::vector<Stored>> standard_receivable(store::Transaction& tx, const Queue& queue, Time now, size_t limit) {
    const Time past = now + Duration(1);
    auto held = co_await scan_messages(tx, queue, Stored::Where::held, Time::min(), past, limit);
    auto ready = co_await scan_messages(tx, queue, Stored::Where::ready, Time::min(), past, limit);
    auto found = earliest(std::move(ready), std::move(held), limit);
    const auto groups = co_await scan_groups(tx, queue, Time::min(), past, limit);
    if (groups.empty()) co_return found;
    auto grouped = co_await by_turns(tx, queue, groups, now, limit);
    // Whoever waits for longer goes first.
    const bool groups_first = found.empty() || groups.front().due < found.front().delivery.visible_at;
    co_return groups_first ? alternately(std::move(grouped), std::move(found), limit)
                           : alternately(std::move(found), std::move(grouped), limit);
}

}  // namespace cumulet::sqs
