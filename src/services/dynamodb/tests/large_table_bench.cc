// What a large table on RocksDB costs beside a small one, on disk and with the caches' default sizes. CUMULET_ITEMS
// says how many items it has; a million by default.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "services/dynamodb/service.h"
#include "store/rocksdb/rocksdb_store.h"

namespace cumulet::dynamodb {
namespace {

using contracts::AttributeMap;

constexpr size_t items_a_collection = 100;
constexpr size_t items_a_batch = 25;
constexpr size_t small_items = 10'000;

size_t large_items() {
    const char* given = std::getenv("CUMULET_ITEMS");
    return given ? std::stoull(given) : 1'000'000;
}

std::string key_of(size_t number) {
    return fmt::format(R"("pk":{{"S":"customer-{:08}"}},"sk":{{"S":"order-{:04}"}})", number / items_a_collection,
                       number % items_a_collection);
}

double resident_mebibytes() {
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
    }
    return 0;
}

/// Tables on disk, filled once and used by every benchmark.
class Tables {
  public:
    Tables() {
        for (const auto& [name, count] : {std::pair("small", small_items), std::pair("large", large_items())}) {
            run(service_.create_table(call_, {.AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"},
                                                                        {.AttributeName = "sk", .AttributeType = "S"}}},
                                              .TableName = name,
                                              .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"},
                                                             {.AttributeName = "sk", .KeyType = "RANGE"}}},
                                              .BillingMode = "PAY_PER_REQUEST"}));
            for (size_t number = 0; number < count; number += items_a_batch) fill(name, number);
        }
    }
    ~Tables() {
        run(service_.stop());
        run(store_->close());
        store_.reset();
        std::filesystem::remove_all(folder_);
    }

    template <typename T>
    T run(Task<T> task) {
        return reactor_.block_on(std::move(task));
    }
    Service& service() { return service_; }
    Call& call() { return call_; }

  private:
    void fill(const std::string& table, size_t first) {
        BatchWriteItemInput request;
        auto& writes = request.RequestItems[table];
        for (size_t number = first; number < first + items_a_batch; ++number) {
            writes.push_back({.PutRequest = PutRequest{.Item = AttributeMap::from_json(fmt::format(
                                                           R"({{{},"amount":{{"N":"{}"}},"note":{{"S":"{:x>200}"}}}})",
                                                           key_of(number), number, ""))}});
        }
        run(service_.batch_write_item(call_, std::move(request)));
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / fmt::format("cumulet-large-{}", ::getpid());
    Clock clock_{Time(1'700'000'000s)};
    Reactor reactor_{clock_, Random(1)};
    std::unique_ptr<store::Store> store_ =
        store::open_rocksdb_store(folder_, {.durability = store::RocksOptions::Durability::interval});
    Service service_{*store_};
    Call call_{reactor_, "request"};
};

Tables& tables() {
    static Tables all;
    return all;
}

void get_items(benchmark::State& state, const std::string& table, size_t count) {
    auto& all = tables();
    Random random(7);
    for (auto _ : state) {
        const auto key = AttributeMap::from_json("{" + key_of(random.below(count)) + "}");
        const auto output = all.run(all.service().get_item(all.call(), {.TableName = table, .Key = key}));
        if (!output.Item) state.SkipWithError("an item is missing");
    }
    state.counters["RSS_MiB"] = resident_mebibytes();
}
void GetItemOfSmallTable(benchmark::State& state) { get_items(state, "small", small_items); }
void GetItemOfLargeTable(benchmark::State& state) { get_items(state, "large", large_items()); }
BENCHMARK(GetItemOfSmallTable)->Unit(benchmark::kMicrosecond);
BENCHMARK(GetItemOfLargeTable)->Unit(benchmark::kMicrosecond);

void query_pages(benchmark::State& state, const std::string& table, size_t count) {
    auto& all = tables();
    Random random(7);
    for (auto _ : state) {
        const auto customer = random.below(count / items_a_collection);
        const QueryInput request{.TableName = table,
                                 .Limit = 10,
                                 .KeyConditionExpression = "pk = :p AND sk >= :s",
                                 .ExpressionAttributeValues = AttributeMap::from_json(
                                     fmt::format(R"({{":p":{{"S":"customer-{:08}"}},":s":{{"S":"order-{:04}"}}}})",
                                                 customer, random.below(items_a_collection - 10)))};
        const auto page = all.run(all.service().query(all.call(), request));
        if (page.Count != 10) state.SkipWithError("a page is not full");
    }
    state.counters["RSS_MiB"] = resident_mebibytes();
}
void QueryPageOfSmallTable(benchmark::State& state) { query_pages(state, "small", small_items); }
void QueryPageOfLargeTable(benchmark::State& state) { query_pages(state, "large", large_items()); }
BENCHMARK(QueryPageOfSmallTable)->Unit(benchmark::kMicrosecond);
BENCHMARK(QueryPageOfLargeTable)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace cumulet::dynamodb
