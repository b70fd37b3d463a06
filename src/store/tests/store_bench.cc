// What a transaction costs. CUMULET_BENCH_KEYS=10000000 passes ten million keys through a consumed range.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>

#include "store/memory/memory_store.h"
#include "store/rocksdb/rocksdb_store.h"

namespace cumulet::store {
namespace {

class Folder {
  public:
    Folder() {
        path_ = (std::filesystem::temp_directory_path() / "cumulet-bench-XXXXXX").string();
        if (!mkdtemp(path_.data())) throw std::runtime_error("no temporary folder");
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

struct World {
    Clock clock;
    Reactor reactor{clock, Random(1)};
};

Key row_key(uint64_t number) { return Key("000000000000", "us-east-1", "dynamodb", "orders") << number; }

void fill(World& world, Store& store, uint64_t keys) {
    for (uint64_t at = 0; at < keys; at += 1000) {
        world.reactor.block_on(store.transact([=](Transaction& transaction) -> Task<void> {
            for (uint64_t i = at; i < std::min(at + 1000, keys); ++i)
                transaction.put(row_key(i), std::string(100, 'v'));
            co_return;
        }));
    }
}

void memory_transaction(benchmark::State& state) {
    World world;
    const auto store = open_memory_store();
    const auto keys = static_cast<uint64_t>(state.range(0));
    fill(world, *store, keys);
    Random random(7);
    for (auto _ : state) {
        world.reactor.block_on([](Store& store, Random& random, uint64_t keys) -> Task<void> {
            for (int i = 0; i < 100; ++i) {
                const uint64_t at = random.below(keys);
                co_await store.transact([=](Transaction& transaction) -> Task<void> {
                    co_await transaction.get(row_key(at));
                    co_await transaction.get(row_key((at + keys / 2) % keys));
                    for (uint64_t step = 0; step < 3; ++step) {
                        transaction.put(row_key((at + step * 97) % keys), std::string(100, 'w'));
                    }
                });
            }
        }(*store, random, keys));
    }
    state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(memory_transaction)->Name("memory: 2 gets, 3 puts, among keys")->Arg(10'000)->Arg(1'000'000);

void scan_ten(benchmark::State& state, World& world, Store& store, uint64_t keys) {
    Random random(7);
    for (auto _ : state) {
        world.reactor.block_on([](Store& store, Random& random, uint64_t keys) -> Task<void> {
            for (int i = 0; i < 100; ++i) {
                const uint64_t at = random.below(keys);
                co_await store.transact([=](Transaction& transaction) -> Task<void> {
                    const auto prefix = Key("000000000000", "us-east-1", "dynamodb", "orders");
                    const auto rows = co_await transaction.scan(Range::from(row_key(at), prefix), {.limit = 10});
                    benchmark::DoNotOptimize(rows.size());
                });
            }
        }(store, random, keys));
    }
    state.SetItemsProcessed(state.iterations() * 100);
}

void memory_scan(benchmark::State& state) {
    World world;
    const auto store = open_memory_store();
    fill(world, *store, 100'000);
    scan_ten(state, world, *store, 100'000);
}
BENCHMARK(memory_scan)->Name("memory: scan of ten");

void rocksdb_scan(benchmark::State& state) {
    World world;
    const Folder folder;
    const auto store = open_rocksdb_store(folder.path());
    if (state.range(0)) store->keep_resident(Range::prefix(Key("000000000000", "us-east-1", "dynamodb", "orders")));
    fill(world, *store, 100'000);
    scan_ten(state, world, *store, 100'000);
    world.reactor.block_on(store->close());
}
BENCHMARK(rocksdb_scan)
    ->Name("rocksdb: scan of ten, resident")
    ->Arg(0)
    ->Arg(1)
    ->Iterations(20'000);  // a fixed number, so that the range is filled once

void rocksdb_commits(benchmark::State& state) {
    World world;
    const Folder folder;
    const auto store = open_rocksdb_store(folder.path());
    const auto callers = static_cast<uint64_t>(state.range(0));
    uint64_t next = 0;
    for (auto _ : state) {
        world.reactor.block_on([](Store& store, uint64_t callers, uint64_t& next) -> Task<void> {
            std::vector<Task<void>> tasks;
            for (uint64_t caller = 0; caller < callers; ++caller) {
                tasks.push_back([](Store& store, uint64_t& next) -> Task<void> {
                    for (int i = 0; i < 20; ++i) {
                        const uint64_t at = next++;
                        co_await store.transact([=](Transaction& transaction) -> Task<void> {
                            co_await transaction.get(row_key(at));
                            transaction.put(row_key(at), std::string(300, 'v'));
                            transaction.put(row_key(at + (uint64_t{1} << 40)), "index");
                        });
                    }
                }(store, next));
            }
            co_await all(std::move(tasks));
        }(*store, callers, next));
    }
    state.SetItemsProcessed(static_cast<int64_t>(next));
    state.counters["commits per sync"] =
        static_cast<double>(next) / static_cast<double>(std::max<uint64_t>(store->statistics().groups, 1));
    world.reactor.block_on(store->close());
}
BENCHMARK(rocksdb_commits)
    ->Name("rocksdb: durable commits of callers")
    ->Arg(1)
    ->Arg(32)
    ->Arg(256)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

/// A queue: keys are put at its end and taken from its head; then the cost of taking one.
void consumed_range(benchmark::State& state) {
    const char* wanted = getenv("CUMULET_BENCH_KEYS");
    const uint64_t keys = wanted ? strtoull(wanted, nullptr, 10) : 100'000;
    World world;
    const Folder folder;
    const auto store = open_rocksdb_store(folder.path(), {.durability = RocksOptions::Durability::interval});
    const auto queue = Key("queue");
    if (state.range(0)) store->keep_resident(Range::prefix(queue));
    constexpr uint64_t batch = 500;
    for (uint64_t at = 0; at < keys; at += batch) {
        world.reactor.block_on(store->transact([=](Transaction& transaction) -> Task<void> {
            for (const auto& row : co_await transaction.scan(Range::prefix(queue), {.limit = batch})) {
                transaction.erase(row.key);
            }
            for (uint64_t i = at; i < at + batch; ++i) transaction.put(Key("queue", i), std::string(100, 'v'));
        }));
    }
    uint64_t next = keys;
    for (auto _ : state) {
        world.reactor.block_on(store->transact([=](Transaction& transaction) -> Task<void> {
            const auto rows = co_await transaction.scan(Range::prefix(queue), {.limit = 1});
            if (rows.empty()) throw std::runtime_error("the queue is empty");
            transaction.erase(rows[0].key);
            transaction.put(Key("queue", next), std::string(100, 'v'));
        }));
        ++next;
    }
    state.counters["keys passed"] = static_cast<double>(keys);
    world.reactor.block_on(store->close());
}
BENCHMARK(consumed_range)
    ->Name("rocksdb: take the head of a consumed range, resident")
    ->Arg(0)
    ->Arg(1)
    ->Iterations(20'000);  // a fixed number, so that the range is filled once

void rocksdb_open(benchmark::State& state) {
    World world;
    const Folder folder;
    {
        const auto store = open_rocksdb_store(folder.path());
        fill(world, *store, 20'000);
    }
    for (auto _ : state) {
        const auto store = open_rocksdb_store(folder.path());
        benchmark::DoNotOptimize(world.reactor.block_on(store->transact([](Transaction& transaction) -> Task<bool> {
            co_return (co_await transaction.get(row_key(5))).has_value();
        })));
        state.PauseTiming();
        world.reactor.block_on(store->close());
        state.ResumeTiming();
    }
}
BENCHMARK(rocksdb_open)->Name("rocksdb: open and answer")->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace cumulet::store
