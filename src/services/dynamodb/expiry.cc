#include "services/dynamodb/expiry.h"

#include <charconv>

#include "services/dynamodb/write.h"

namespace cumulet::dynamodb {

namespace {

constexpr auto oldest = std::chrono::days(5 * 365);
constexpr int64_t latest_seconds = 253'402'300'799;  // the end of the year 9999
constexpr size_t items_per_step = 100;

Task<void> schedule_removal(store::Transaction& tx, Scope scope, const Table& table, Time ends) {
    co_await schedule(
        tx, {.due = ends, .kind = std::string(expire_kind), .scope = std::move(scope), .subject = subject_of(table)});
}

}  // namespace

std::optional<Time> expiry_of(const AttributeMap& item, std::string_view attribute, Time now) {
    const auto value = item.find(attribute);
    if (!value.is(AttributeType::N)) return std::nullopt;
    const auto text = value.number().text();
    int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || seconds < 0 || seconds > latest_seconds) return std::nullopt;
    const Time ends{std::chrono::seconds(seconds)};
    if (ends < now - oldest) return std::nullopt;
    return ends;
}

Task<void> move_expiry(store::Transaction& tx, Scope scope, const Table& table, const AttributeMap* old,
                       const AttributeMap* item) {
    const auto now = Reactor::current().now();
    const auto end_of = [&](const AttributeMap* of) {
        return of ? expiry_of(*of, table.time_to_live, now) : std::nullopt;
    };
    const auto before = end_of(old), after = end_of(item);
    if (before == after) co_return;
    if (before) erase_expiry(tx, scope, table, *old, *before);
    if (!after) co_return;
    put_expiry(tx, scope, table, *item, *after);
    co_await schedule_removal(tx, scope, table, *after);
}

Task<void> schedule_expiry(store::Transaction& tx, Scope scope, const Table& table) {
    co_await schedule(tx, {.due = Reactor::current().now(),
                           .kind = std::string(fill_expiry_kind),
                           .scope = std::move(scope),
                           .subject = subject_of(table)});
}

Task<bool> fill_expiry(store::Transaction& tx, DueWork& work) {
    const auto table = co_await find_subject(tx, work);
    if (!table || table->time_to_live.empty()) co_return true;
    auto range = scan_range(work.scope, *table, nullptr, 0, 1);
    if (!work.state.empty()) range.begin = work.state;
    const auto entries = co_await tx.scan(range, {.limit = items_per_step, .max_bytes = max_item_bytes});
    if (entries.empty()) co_return true;
    for (const auto& entry : entries) {
        const auto item = AttributeMap::from_bytes(entry.value);
        co_await move_expiry(tx, work.scope, *table, nullptr, &item);
    }
    work.state = entries.back().key + '\0';
    co_return false;
}

Task<bool> expire_items(store::Transaction& tx, DueWork& work) {
    const auto now = Reactor::current().now();
    const auto table = co_await find_subject(tx, work);
    if (!table || table->time_to_live.empty()) co_return true;
    const auto expired = co_await list_expired(tx, work.scope, *table, now, items_per_step);
    for (const auto& expiry : expired) {
        auto place = item_key(work.scope, *table, expiry.key.view());
        const auto item = co_await load_item(tx, place);
        if (item && expiry_of(*item, table->time_to_live, now) == expiry.ends) {
            co_await write_item(tx, work.scope, *table, std::move(place), &*item, nullptr, Writer::time_to_live);
            ++work.handled;
        } else {
            erase_expiry(tx, work.scope, *table, expiry.key, expiry.ends);
        }
    }
    co_return expired.size() < items_per_step;
}

}  // namespace cumulet::dynamodb
