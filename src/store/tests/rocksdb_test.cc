#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "store/count.h"
#include "store/rocksdb/gaps.h"
#include "store/rocksdb/rocksdb_store.h"
#include "store/rocksdb/row_cache.h"
#include "store/tests/support/engines.h"

namespace cumulet::store::test {
namespace {

TEST(RocksStore, SaysThatAnotherProcessUsesTheFolder) {
    const TemporaryFolder folder;
    const auto store = open_rocksdb_store(folder.path());
    try {
        open_rocksdb_store(folder.path());
        FAIL() << "opened twice";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("another process uses the store"));
    }
}

TEST(RocksStore, GathersCommitsOfManyCallersIntoGroups) {
    const TemporaryFolder folder;
    const auto store = open_rocksdb_store(folder.path());
    Clock clock;
    Reactor reactor(clock, Random(1));
    constexpr uint64_t callers = 100, each = 5;
    reactor.block_on([](Store& store) -> Task<void> {
        std::vector<Task<void>> tasks;
        for (uint64_t caller = 0; caller < callers; ++caller) {
            tasks.push_back([](Store& store, uint64_t caller) -> Task<void> {
                for (uint64_t i = 0; i < each; ++i) {
                    co_await store.transact([=](Transaction& tx) -> Task<void> {
                        tx.put(Key("k") << caller << i, "v");
                        co_return;
                    });
                }
            }(store, caller));
        }
        co_await all(std::move(tasks));
    }(*store));
    EXPECT_EQ(store->statistics().commits, callers * each);
    EXPECT_LT(store->statistics().groups, callers * each / 5);
    reactor.block_on(store->close());
}

TEST(RocksStore, FindsTheHeadOfAQueueBehindManyDeletedKeys) {
    const TemporaryFolder folder;
    const auto store = open_rocksdb_store(folder.path());
    Clock clock;
    Reactor reactor(clock, Random(1));
    const auto consume = [&](int from, int count) -> Task<void> {
        for (int i = from; i < from + count; i += 500) {
            co_await store->transact([i](Transaction& tx) -> Task<void> {
                for (int j = i; j < i + 500; ++j) tx.put(Key("q", j), "v");
                co_return;
            });
            co_await store->transact([i](Transaction& tx) -> Task<void> {
                const auto rows = co_await tx.scan(Range::prefix(Key("q")));
                EXPECT_EQ(rows.size(), 500u);
                EXPECT_EQ(rows.at(0).key, Key("q", i).bytes());
                for (const auto& row : rows) tx.erase(row.key);
            });
        }
    };
    reactor.block_on(consume(0, 20'000));
    // What is put before the remembered floor is found again.
    const auto head = reactor.block_on(store->transact([](Transaction& tx) -> Task<std::string> {
        tx.put(Key("q", 3), "earlier");
        co_return "";
    }));
    const auto found = [&] {
        return reactor.block_on(store->transact(
            [](Transaction& tx) -> Task<std::vector<Entry>> { co_return co_await tx.scan(Range::prefix(Key("q"))); }));
    };
    ASSERT_EQ(found().size(), 1u);
    EXPECT_EQ(found()[0].value, "earlier");
    reactor.block_on(store->close());
}

TEST(RocksStore, KeepsTheHeadOfARangeThatIsTooLargeForItsMemory) {
    const TemporaryFolder folder;
    const auto store = open_rocksdb_store(
        folder.path(), {.durability = RocksOptions::Durability::interval, .resident_bytes = 40 << 20});
    Clock clock;
    Reactor reactor(clock, Random(1));
    std::mt19937 random(5);
    std::map<std::string, std::string> model;
    const auto queue = Range::prefix(Key("q"));
    store->keep_resident(queue);
    for (int step = 0, next = 0; step < 400; ++step) {
        // It grows past the memory, is consumed, and grows again; some rows are changed wherever they lie.
        const bool grows = step % 200 < 120;
        reactor.block_on(store->transact([&](Transaction& tx) -> Task<void> {
            for (int i = 0; grows && i < 10; ++i) {
                const auto key = Key("q", next++).bytes();
                tx.put(key, model[key] = std::string(50'000 + random() % 100, static_cast<char>('a' + next % 26)));
            }
            for (int i = 0; i < 3 && !model.empty(); ++i) {
                const auto any =
                    model.lower_bound(Key("q", static_cast<int>(random() % static_cast<uint32_t>(next))).bytes());
                if (any == model.end()) continue;
                EXPECT_EQ(co_await tx.get(any->first), any->second);
                tx.put(any->first, any->second = "changed");
            }
            co_return;
        }));
        reactor.block_on(store->transact([&](Transaction& tx) -> Task<void> {
            const size_t limit = 1 + random() % 30;
            auto from = Range::prefix(Key("q"));
            if (random() % 3 == 0)
                from.begin = Key("q", static_cast<int>(random() % static_cast<uint32_t>(next))).bytes();
            const auto rows = co_await tx.scan(from, {.limit = limit});
            auto expected = model.lower_bound(from.begin);
            for (const auto& row : rows) {
                EXPECT_EQ(row.key, expected->first);
                EXPECT_EQ(row.value, expected->second);
                ++expected;
            }
            EXPECT_TRUE(rows.size() == limit || expected == model.end());
            for (const auto& row : rows) {
                if (grows) break;
                tx.erase(row.key);
                model.erase(row.key);
            }
        }));
    }
    EXPECT_LT(store->statistics().memory_bytes, 200u << 20);
    reactor.block_on(store->close());
}

/// Lets the system forget what it read of the folder's files.
void forget_pages(const std::filesystem::path& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const int file = open(entry.path().c_str(), O_RDONLY);
        ASSERT_GE(file, 0);
        EXPECT_EQ(posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED), 0);
        close(file);
    }
}

TEST(RocksStore, MissesNoRowsBetweenErasedRangesWhoseTablesAreNotInMemory) {
    const TemporaryFolder folder;
    Clock clock;
    Reactor reactor(clock, Random(1));
    constexpr int rows = 3000, tables = 3;
    for (int table = 0; table < tables; ++table) {
        const auto store = open_rocksdb_store(folder.path());
        reactor.block_on(store->transact([table](Transaction& tx) -> Task<void> {
            for (int i = table; i < rows; i += tables) tx.put(Key("k", i), std::string(300, 'v'));
            co_return;
        }));
        reactor.block_on(store->close());
    }
    const auto erased = [](int i) { return i % 10 >= 6; };
    const auto store = open_rocksdb_store(folder.path());
    forget_pages(folder.path());
    std::vector<int> expected, seen;
    for (int i = 0; i < rows; ++i) {
        if (!erased(i)) expected.push_back(i);
    }
    reactor.block_on(store->transact([](Transaction& tx) -> Task<void> {
        for (int i = 6; i < rows; i += 10) tx.erase_range({Key("k", i).bytes(), Key("k", i + 4).bytes()});
        co_return;
    }));
    auto range = Range::prefix(Key("k"));
    while (true) {
        const auto page = reactor.block_on(store->transact([range](Transaction& tx) -> Task<std::vector<Entry>> {
            co_return co_await tx.scan(range, {.limit = 7});
        }));
        if (page.empty()) break;
        for (const auto& row : page) seen.push_back(static_cast<int>(KeyReader(row.key, Key("k").bytes()).number()));
        range.begin = page.back().key + '\0';
    }
    EXPECT_EQ(seen, expected);
    reactor.block_on(store->close());
}

TEST(RocksStore, CountsRowsAsTheyComeAndGo) {
    const TemporaryFolder folder;
    auto store = open_rocksdb_store(folder.path(),
                                    {.durability = RocksOptions::Durability::interval, .resident_bytes = 40 << 20});
    Clock clock;
    Reactor reactor(clock, Random(1));
    const auto queue = Range::prefix(Key("q"));
    const auto declare = [&] {
        store->keep_resident(queue);
        keep_count(*store, queue);
    };
    const auto counted = [&] {
        return reactor.block_on(
            store->transact([&](Transaction& tx) -> Task<uint64_t> { co_return co_await count(tx, queue); }));
    };
    const auto put = [&](int from, int until) {
        reactor.block_on(store->transact([&](Transaction& tx) -> Task<void> {
            declare();
            for (int i = from; i < until; ++i) tx.put(Key("q", i), std::string(50'000, 'x'));
            co_return;
        }));
    };
    const auto take = [&](size_t rows) {
        reactor.block_on(store->transact([&](Transaction& tx) -> Task<void> {
            for (auto& row : co_await tx.scan(queue, {.limit = rows})) tx.erase(row.key);
        }));
    };
    EXPECT_EQ(counted(), 0u);
    for (int i = 0; i < 1000; i += 100) put(i, i + 100);
    EXPECT_EQ(counted(), 1000u);
    take(100);
    EXPECT_EQ(counted(), 900u);
    reactor.block_on(store->close());
    store = open_rocksdb_store(folder.path(),
                               {.durability = RocksOptions::Durability::interval, .resident_bytes = 40 << 20});
    put(1000, 1010);
    EXPECT_EQ(counted(), 910u);
    take(10);
    EXPECT_EQ(counted(), 900u);
    reactor.block_on(store->transact([&](Transaction& tx) -> Task<void> {
        tx.erase_range(queue);
        co_return;
    }));
    put(2000, 2001);
    EXPECT_EQ(counted(), 1u);
    reactor.block_on(store->close());
}

TEST(Gaps, AgreeWithASetOfKeysForAnySequence) {
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        Gaps gaps;
        std::set<std::string> keys;
        const auto key = [&] { return fmt::format("{:02}", random() % 50); };
        for (int step = 0; step < 60; ++step) {
            const auto at = key();
            if (random() % 3 == 0) {
                keys.insert(at);
                gaps.fill(at);
            } else if (random() % 3 == 0) {
                keys.erase(at);
            } else {
                const auto next = keys.lower_bound(at);
                gaps.learn({at, next == keys.end() ? (random() % 2 ? "" : "60") : *next});
            }
            const auto begin = key();
            const auto after = gaps.after(begin);
            const auto first = keys.lower_bound(begin);
            if (first != keys.end()) {
                ASSERT_TRUE(after) << "a gap hides " << *first;
                ASSERT_LE(*after, *first);
            }
            if (after) ASSERT_GE(*after, begin);
        }
    }
}

TEST(Gaps, GrowWhereAQueueIsConsumed) {
    Gaps gaps;
    gaps.learn({"a", "c"});
    EXPECT_EQ(gaps.after("a"), "c");
    EXPECT_EQ(gaps.after("b"), "c");
    EXPECT_EQ(gaps.after("c"), "c");
    gaps.learn({"a", "f"});
    EXPECT_EQ(gaps.after("b"), "f");
    gaps.fill("d");
    EXPECT_EQ(gaps.after("b"), "d");
    gaps.learn({"a", ""});
    EXPECT_EQ(gaps.after("b"), std::nullopt);
    gaps.fill("b");
    EXPECT_EQ(gaps.after("a"), "b");
}

TEST(RowCache, StaysWithinItsBudgetAndKeepsWhatIsUsed) {
    RowCache cache(1 << 20);
    std::optional<std::string> value;
    const auto hash = [](std::string_view key) { return std::hash<std::string_view>()(key) * 0x9E3779B97F4A7C15; };
    cache.remember("hot", hash("hot"), "hot value");
    cache.remember("absent", hash("absent"), std::nullopt);
    EXPECT_TRUE(cache.find("absent", hash("absent"), value));
    EXPECT_EQ(value, std::nullopt);
    for (int i = 0; i < 50'000; ++i) {
        const auto key = std::to_string(i);
        cache.remember(key, hash(key), std::string(100, 'x'));
        ASSERT_TRUE(cache.find("hot", hash("hot"), value)) << i;
    }
    EXPECT_EQ(value, "hot value");
    EXPECT_LE(cache.bytes(), size_t{1} << 20);
    EXPECT_FALSE(cache.find("0", hash("0"), value));
    // Another key with the same hash takes the place.
    cache.remember("other", hash("hot"), "x");
    EXPECT_FALSE(cache.find("hot", hash("hot"), value));
    cache.remember("other", hash("hot"), std::string(100'000, 'x'));
    EXPECT_FALSE(cache.find("other", hash("hot"), value));
    cache.clear();
    EXPECT_EQ(cache.bytes(), 0u);
}

TEST(RowCache, RemembersWhatIsReadTwice) {
    RowCache cache(1 << 20);
    std::optional<std::string> value;
    const uint64_t hash = 0x1234'5678'9abc'def0;
    cache.remember_read("row", hash, "value");
    EXPECT_FALSE(cache.find("row", hash, value));
    cache.remember_read("row", hash, "value");
    EXPECT_TRUE(cache.find("row", hash, value));
    cache.forget("row", hash);
    for (uint64_t i = 1; i <= 4096; ++i) cache.remember_read("other", hash ^ i, "value");
    cache.remember_read("row", hash, "value");
    EXPECT_FALSE(cache.find("row", hash, value)) << "it was long ago";
}

}  // namespace
}  // namespace cumulet::store::test
