// What every engine promises.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "store/count.h"
#include "store/tests/support/engines.h"

namespace cumulet::store::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class EngineSuite : public testing::TestWithParam<EngineKind> {
  protected:
    EngineSuite() { open(); }
    ~EngineSuite() override { close(); }

    void open() { store_ = engine_->open(); }
    void close() {
        if (store_) run(store_->close());
        store_.reset();
    }
    template <typename T>
    T run(Task<T> task) {
        return reactor_.block_on(std::move(task));
    }
    template <typename Body>
    auto transact(Body body) {
        return run(store_->transact(std::move(body)));
    }
    void put(std::string key, std::string value) {
        transact([&](Transaction& tx) -> Task<void> {
            tx.put(key, value);
            co_return;
        });
    }
    std::optional<std::string> get(std::string key) {
        return transact([&](Transaction& tx) -> Task<std::optional<std::string>> { co_return co_await tx.get(key); });
    }
    std::vector<std::string> keys(Range range, ScanOptions options = {}) {
        return transact([&](Transaction& tx) -> Task<std::vector<std::string>> {
            std::vector<std::string> keys;
            for (const auto& row : co_await tx.scan(range, options)) keys.push_back(row.key);
            co_return keys;
        });
    }

    Clock clock_;
    Reactor reactor_{clock_, Random(1)};
    std::unique_ptr<Engine> engine_ = GetParam().make();
    std::unique_ptr<Store> store_;
};

const Range everything{"", ""};

TEST_P(EngineSuite, GivesBackWhatWasCommitted) {
    const std::string odd("k\0\xff", 3);
    put("a", "1");
    put(odd, std::string("\0\x80", 2));
    put("empty", "");
    EXPECT_EQ(get("a"), "1");
    EXPECT_EQ(get(odd), std::string("\0\x80", 2));
    EXPECT_EQ(get("empty"), "");
    EXPECT_EQ(get("b"), std::nullopt);
    put("a", "2");
    EXPECT_EQ(get("a"), "2");
}

TEST_P(EngineSuite, ShowsATransactionItsOwnWrites) {
    put("a", "old");
    put("b", "old");
    put("c", "old");
    transact([&](Transaction& tx) -> Task<void> {
        tx.put("a", "new");
        tx.erase("b");
        tx.put("d", "new");
        EXPECT_EQ(co_await tx.get("a"), "new");
        EXPECT_EQ(co_await tx.get("b"), std::nullopt);
        EXPECT_EQ(co_await tx.get("c"), "old");
        const auto rows = co_await tx.scan(Range{"a", "z"});
        EXPECT_EQ(rows.size(), 3u);
        EXPECT_EQ(rows.at(0).value, "new");
        EXPECT_EQ(rows.at(1).key, "c");
        EXPECT_EQ(rows.at(2).key, "d");
        tx.erase_range(Range{"a", "d"});
        tx.put("b", "again");
        EXPECT_EQ(co_await tx.get("a"), std::nullopt);
        EXPECT_EQ(co_await tx.get("b"), "again");
        EXPECT_EQ((co_await tx.scan(Range{"a", "z"})).size(), 2u);
    });
    EXPECT_THAT(keys({"a", "z"}), ElementsAre("b", "d"));
}

TEST_P(EngineSuite, ScansInBothOrdersWithLimits) {
    for (const char* key : {"b", "a", "d", "c", "e"}) put(key, "v");
    EXPECT_THAT(keys({"a", "e"}), ElementsAre("a", "b", "c", "d"));
    EXPECT_THAT(keys({"b", ""}, {.limit = 2}), ElementsAre("b", "c"));
    EXPECT_THAT(keys({"a", "e"}, {.order = Order::descending}), ElementsAre("d", "c", "b", "a"));
    EXPECT_THAT(keys({"b", ""}, {.limit = 2, .order = Order::descending}), ElementsAre("e", "d"));
    EXPECT_THAT(keys({"aa", "b"}), IsEmpty());
    EXPECT_THAT(keys({"d", "b"}), IsEmpty());
    EXPECT_THAT(keys(everything, {.limit = 0}), IsEmpty());
    EXPECT_THAT(keys(everything, {.max_bytes = 3}), ElementsAre("a", "b"));
}

using Model = std::map<std::string, std::string>;

/// One random write, to the transaction and to the model.
void write_randomly(std::mt19937& random, Transaction& tx, Model& model) {
    auto from = fmt::format("{:02}", random() % 40);
    auto to = fmt::format("{:02}", random() % 40);
    if (from > to) std::swap(from, to);
    switch (random() % 8) {
        case 0:
        case 1:
            tx.erase(from);
            model.erase(from);
            break;
        case 2:
            tx.erase_range(Range{from, to});
            model.erase(model.lower_bound(from), model.lower_bound(to));
            break;
        default: tx.put(from, to); model[from] = to;
    }
}

TEST_P(EngineSuite, ScansLikeAMapForAnyMixtureOfWrites) {
    Model model;
    for (unsigned round = 0; round < 30; ++round) {
        model = transact([&, round](Transaction& tx) -> Task<Model> {
            std::mt19937 random(round);  // the body may run again
            Model next = model;
            for (int step = 0; step < 12; ++step) {
                write_randomly(random, tx, next);
                const Range range{fmt::format("{:02}", random() % 40),
                                  random() % 4 ? fmt::format("{:02}", random() % 40) : ""};
                const ScanOptions options{.limit = 1 + random() % 30,
                                          .order = random() % 2 ? Order::ascending : Order::descending};
                std::vector<std::pair<std::string, std::string>> expected, found;
                for (const auto& row : next) {
                    if (range.contains(row.first)) expected.push_back(row);
                }
                if (options.order == Order::descending) std::reverse(expected.begin(), expected.end());
                expected.resize(std::min(expected.size(), options.limit));
                for (auto& row : co_await tx.scan(range, options)) found.emplace_back(row.key, row.value);
                EXPECT_EQ(found, expected) << "round " << round << ", step " << step;
            }
            co_return next;
        });
    }
}

TEST_P(EngineSuite, ErasesRanges) {
    for (int i = 0; i < 100; ++i) put(fmt::format("k{:03}", i), "v");
    transact([&](Transaction& tx) -> Task<void> {
        tx.erase_range(Range{"k010", "k090"});
        co_return;
    });
    EXPECT_EQ(keys(everything).size(), 20u);
    EXPECT_EQ(get("k050"), std::nullopt);
    put("k050", "again");
    EXPECT_EQ(get("k050"), "again");
    EXPECT_THAT(keys({"k009", "k091"}), ElementsAre("k009", "k050", "k090"));
}

TEST_P(EngineSuite, WritesNothingWhenTheBodyThrows) {
    put("a", "1");
    const auto failing = [&](Transaction& tx) -> Task<void> {
        tx.put("a", "2");
        co_await tx.get("b");
        throw std::invalid_argument("no");
    };
    EXPECT_THROW(transact(failing), std::invalid_argument);
    EXPECT_EQ(get("a"), "1");
}

TEST_P(EngineSuite, RefusesWhatIsTooLarge) {
    const auto putting = [&](size_t key_bytes, size_t value_bytes) {
        put(std::string(key_bytes, 'k'), std::string(value_bytes, 'v'));
    };
    EXPECT_NO_THROW(putting(2 << 10, 10));
    EXPECT_THROW(putting((2 << 10) + 1, 10), std::length_error);
    EXPECT_THROW(putting(10, (16 << 20) + 1), std::length_error);
    const auto too_many = [&](Transaction& tx) -> Task<void> {
        for (int i = 0; i <= 100'000; ++i) tx.put(std::to_string(i), "");
        co_return;
    };
    EXPECT_THROW(transact(too_many), std::length_error);
    EXPECT_EQ(keys(everything).size(), 1u);
}

TEST_P(EngineSuite, KeepsLargeValues) {
    std::string large(16 << 20, '\0');
    for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 3);
    put("large", large);
    EXPECT_TRUE(get("large") == large);
}

/// Runs two transactions, the second from begin to end while the first is between its reads and its writes.
#define INTERLEAVE_ONCE(first_run, other) \
    if (std::exchange(first_run, false)) co_await (other)

TEST_P(EngineSuite, RefusesLostUpdates) {
    put("n", "0");
    bool first_run = true;
    int runs = 0;
    transact([&](Transaction& tx) -> Task<void> {
        ++runs;
        const auto n = std::stoi((co_await tx.get("n")).value());
        INTERLEAVE_ONCE(first_run, store_->transact([](Transaction& other) -> Task<void> {
            other.put("n", std::to_string(std::stoi((co_await other.get("n")).value()) + 1));
        }));
        tx.put("n", std::to_string(n + 1));
    });
    EXPECT_EQ(get("n"), "2");
    EXPECT_GE(runs, 2);
}

TEST_P(EngineSuite, RefusesWriteSkew) {
    put("alice", "on call");
    put("bob", "on call");
    bool first_run = true;
    transact([&](Transaction& tx) -> Task<void> {
        const auto bob = co_await tx.get("bob");
        co_await tx.get("alice");
        INTERLEAVE_ONCE(first_run, store_->transact([](Transaction& other) -> Task<void> {
            const auto alice = co_await other.get("alice");
            if (alice == "on call") other.put("bob", "off");
        }));
        if (bob == "on call") tx.put("alice", "off");
    });
    EXPECT_EQ(get("alice"), "on call");
    EXPECT_EQ(get("bob"), "off");
}

TEST_P(EngineSuite, RefusesPhantomsInScannedRanges) {
    put("seat/1", "x");
    bool first_run = true;
    transact([&](Transaction& tx) -> Task<void> {
        const auto taken = (co_await tx.scan(Range::prefix("seat/"))).size();
        INTERLEAVE_ONCE(first_run, store_->transact([](Transaction& other) -> Task<void> {
            const auto count = (co_await other.scan(Range::prefix("seat/"))).size();
            other.put("seat/2", "x");
            other.put("total", std::to_string(count + 1));
        }));
        tx.put("total", std::to_string(taken));
    });
    EXPECT_EQ(get("total"), "2");
}

TEST_P(EngineSuite, RefusesErasedRangesUnderReaders) {
    put("k1", "x");
    bool first_run = true;
    transact([&](Transaction& tx) -> Task<void> {
        const auto found = co_await tx.get("k1");
        INTERLEAVE_ONCE(first_run, store_->transact([](Transaction& other) -> Task<void> {
            if (co_await other.get("seen")) other.put("never", "x");
            other.erase_range(Range::prefix("k"));
        }));
        tx.put("seen", found.value_or("nothing"));
    });
    EXPECT_EQ(get("seen"), "nothing");
}

TEST_P(EngineSuite, NeverShowsAMixtureOfTwoStates) {
    put("a", "0");
    put("b", "0");
    bool first_run = true;
    const auto seen = transact([&](Transaction& tx) -> Task<std::pair<std::string, std::string>> {
        auto a = (co_await tx.get("a")).value();
        INTERLEAVE_ONCE(first_run, store_->transact([](Transaction& other) -> Task<void> {
            other.put("a", "1");
            other.put("b", "1");
            co_return;
        }));
        auto b = (co_await tx.get("b")).value();
        EXPECT_EQ(a, b);
        co_return std::pair(a, b);
    });
    EXPECT_EQ(seen.first, seen.second);
}

TEST_P(EngineSuite, SumsUpConcurrentIncrements) {
    put("n", "0");
    constexpr int each = 40;
    on_reactors(clock_, 3, [&](Reactor& reactor, int index) -> Task<void> {
        for (int i = 0; i < each; ++i) {
            co_await store_->transact([&](Transaction& tx) -> Task<void> {
                tx.put("n", std::to_string(std::stoi((co_await tx.get("n")).value()) + 1));
                tx.put(fmt::format("own/{}/{}", index, i), "x");
            });
        }
    });
    EXPECT_EQ(get("n"), std::to_string(3 * each));
    EXPECT_EQ(keys(Range::prefix("own/")).size(), 3u * each);
}

TEST_P(EngineSuite, ClaimsEachEntryOfAQueueOnce) {
    constexpr int entries = 60;
    for (int i = 0; i < entries; ++i) put(fmt::format("queue/{:03}", i), "x");
    std::mutex mutex;
    std::multiset<std::string> claimed;
    on_reactors(clock_, 3, [&](Reactor&, int) -> Task<void> {
        while (true) {
            const auto key = co_await store_->transact([&](Transaction& tx) -> Task<std::string> {
                const auto rows = co_await tx.scan(Range::prefix("queue/"), {.limit = 1});
                if (rows.empty()) co_return "";
                tx.erase(rows[0].key);
                co_return rows[0].key;
            });
            if (key.empty()) break;
            std::lock_guard lock(mutex);
            claimed.insert(key);
        }
    });
    EXPECT_EQ(claimed.size(), static_cast<size_t>(entries));
    EXPECT_EQ(std::set<std::string>(claimed.begin(), claimed.end()).size(), claimed.size());
}

TEST_P(EngineSuite, WakesWatchersOnlyAfterTheCommit) {
    auto watch = store_->watch("arrivals");
    const auto failing = [&](Transaction& tx) -> Task<void> {
        tx.wake("arrivals");
        tx.put("a", "1");
        co_await tx.get("a");
        throw std::invalid_argument("no");
    };
    EXPECT_THROW(transact(failing), std::invalid_argument);
    EXPECT_FALSE(run(watch.wait(clock_.now())));

    transact([&](Transaction& tx) -> Task<void> {
        tx.put("a", "1");
        tx.wake("arrivals");
        co_return;
    });
    EXPECT_TRUE(run(watch.wait(clock_.now() + 30s)));
}

TEST_P(EngineSuite, LetsGoOfLocksOnceTheCommitIsVisible) {
    int let_go = 0;
    const auto count = [&] { ++let_go; };
    const auto failing = [&](Transaction& tx) -> Task<void> {
        tx.when_visible(count);
        co_await tx.get("a");
        throw std::invalid_argument("no");
    };
    EXPECT_THROW(transact(failing), std::invalid_argument);
    EXPECT_EQ(let_go, 0);
    transact([&](Transaction& tx) -> Task<void> {
        tx.when_visible(count);
        tx.put("a", "1");
        co_return;
    });
    EXPECT_EQ(let_go, 1);
}

TEST_P(EngineSuite, MissesNoWakeUpBetweenLookingAndWaiting) {
    constexpr int messages = 50;
    on_reactors(clock_, 2, [&](Reactor&, int index) -> Task<void> {
        if (index == 0) {
            for (int i = 0; i < messages; ++i) {
                co_await store_->transact([&](Transaction& tx) -> Task<void> {
                    tx.put(fmt::format("inbox/{:03}", i), "x");
                    tx.wake("inbox");
                    co_return;
                });
            }
            co_return;
        }
        int received = 0;
        auto watch = store_->watch("inbox");
        while (received < messages) {
            const auto found = co_await store_->transact([&](Transaction& tx) -> Task<size_t> {
                const auto rows = co_await tx.scan(Range::prefix("inbox/"));
                for (const auto& row : rows) tx.erase(row.key);
                co_return rows.size();
            });
            received += static_cast<int>(found);
            if (found == 0) EXPECT_TRUE(co_await watch.wait(clock_.now() + 30s));
        }
    });
    EXPECT_THAT(keys(Range::prefix("inbox/")), IsEmpty());
}

TEST_P(EngineSuite, AnswersResidentRangesLikeAnyOther) {
    for (int i = 0; i < 50; ++i) put(fmt::format("r/{:03}", i), std::to_string(i));
    put("q", "before");
    put("s", "after");
    store_->keep_resident(Range::prefix("r/"));
    EXPECT_EQ(keys(Range::prefix("r/")).size(), 50u);
    put("r/0005", "between");
    transact([&](Transaction& tx) -> Task<void> {
        tx.erase_range(Range{"r/010", "r/040"});
        tx.erase("r/001");
        co_return;
    });
    EXPECT_EQ(get("r/0005"), "between");
    EXPECT_EQ(get("r/001"), std::nullopt);
    EXPECT_EQ(get("r/020"), std::nullopt);
    EXPECT_EQ(get("r/040"), "40");
    EXPECT_EQ(keys(Range::prefix("r/")).size(), 20u);
    EXPECT_EQ(keys(everything).size(), 22u);
    EXPECT_THAT(keys(Range::prefix("r/"), {.limit = 3, .order = Order::descending}),
                ElementsAre("r/049", "r/048", "r/047"));
}

TEST_P(EngineSuite, CountsRowsAsAScanFindsThem) {
    for (int i = 0; i < 500; ++i) put(fmt::format("{}/{:03}", i % 2 ? "r" : "t", i), "x");
    store_->keep_resident(Range::prefix("r/"));
    for (const auto& range : {Range::prefix("r/"), Range::prefix("t/"), Range{"r/100", "r/200"},
                              Range{"r/101", "r/101"}, Range{"r/499", ""}, everything, Range{"a", "b"}}) {
        transact([&](Transaction& tx) -> Task<void> {
            EXPECT_EQ(co_await count(tx, range), (co_await tx.scan(range, {.limit = 1000})).size());
            tx.put("r/1111", "own");
            tx.erase("r/499");
            EXPECT_EQ(co_await count(tx, range), (co_await tx.scan(range, {.limit = 1000})).size());
        });
    }
}

class DurableEngines : public EngineSuite {};

TEST_P(DurableEngines, KeepsItsDataOverReopening) {
    for (int i = 0; i < 200; ++i) put(fmt::format("k{:03}", i), std::to_string(i));
    transact([&](Transaction& tx) -> Task<void> {
        tx.erase_range(Range{"k050", "k100"});
        tx.erase("k000");
        co_return;
    });
    close();
    open();
    EXPECT_EQ(get("k001"), "1");
    EXPECT_EQ(get("k000"), std::nullopt);
    EXPECT_EQ(get("k075"), std::nullopt);
    EXPECT_EQ(keys(everything).size(), 149u);
    put("k075", "new");
    close();
    open();
    EXPECT_EQ(get("k075"), "new");
}

TEST_P(DurableEngines, RefusesANewerFormat) {
    close();
    engine_->pretend_newer_format();
    try {
        open();
        FAIL() << "opened";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("newer"));
    }
}

std::string name_of(const testing::TestParamInfo<EngineKind>& kind) { return kind.param.name; }

INSTANTIATE_TEST_SUITE_P(Engines, EngineSuite, testing::ValuesIn(all_engines()), name_of);
INSTANTIATE_TEST_SUITE_P(Engines, DurableEngines, testing::ValuesIn(durable_engines()), name_of);

}  // namespace
}  // namespace cumulet::store::test
