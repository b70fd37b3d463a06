#include "main/kept_clock.h"

#include <bit>

#include "store/record.h"

namespace cumulet {
namespace {

store::Key clock_key() {
    return store::Key(std::string_view(""), std::string_view("global"), std::string_view("cumulet"),
                      std::string_view("clock"));
}

}  // namespace

Task<void> keep_clock(store::Store& store, Clock::Setting setting) {
    store::RecordWriter writer(1);
    writer.time(setting.system).time(setting.cloud).number(std::bit_cast<int64_t>(setting.factor));
    const auto bytes = writer.take();
    co_await store.transact([&bytes](store::Transaction& tx) -> Task<void> {
        tx.put(clock_key(), bytes);
        co_return;
    });
}

Task<std::optional<Clock::Setting>> find_kept_clock(store::Store& store) {
    const auto bytes = co_await store.transact(
        [](store::Transaction& tx) -> Task<std::optional<std::string>> { return tx.get(clock_key()); });
    if (!bytes) co_return std::nullopt;
    store::RecordReader reader(*bytes);
    Clock::Setting setting;
    setting.system = reader.time();
    setting.cloud = reader.time();
    setting.factor = std::bit_cast<double>(reader.number());
    co_return setting;
}

}  // namespace cumulet
