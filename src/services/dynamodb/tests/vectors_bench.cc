// What a search among many vectors costs, on RocksDB: they are all looked at.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <random>

#include "services/dynamodb/service.h"
#include "services/dynamodb/vectors/nearest.h"
#include "store/rocksdb/rocksdb_store.h"

namespace cumulet::dynamodb {
namespace {

constexpr size_t dimensions = 256;
constexpr int items_a_batch = 25;
constexpr int32_t nearest = 10;

/// A table on disk with a vector index of so many vectors.
class Vectors {
  public:
    explicit Vectors(int count) {
        CreateTableInput request{.AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"}}},
                                 .TableName = "vectors",
                                 .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}},
                                 .BillingMode = "PAY_PER_REQUEST"};
        request.VectorIndexes = {{{.IndexName = "near",
                                   .VectorAttribute = {.AttributeName = "v"},
                                   .Projection = {.ProjectionType = "ALL"},
                                   .Dimensions = dimensions,
                                   .DistanceFunction = "COSINE"}}};
        run(service_.create_table(call_, std::move(request)));
        for (int first = 0; first < count; first += items_a_batch) fill(first);
    }
    ~Vectors() {
        run(service_.stop());
        run(store_->close());
        store_.reset();
        std::filesystem::remove_all(folder_);
    }
    SearchVectorsOutput search() {
        SearchVectorsInput request{.TableName = "vectors", .IndexName = "near", .TopK = nearest};
        for (const float number : vector()) {
            request.SearchVector.push_back(AttributeValue::N(Decimal::parse(fmt::format("{}", number))));
        }
        return run(service_.search_vectors(call_, std::move(request)));
    }

  private:
    template <typename T>
    T run(Task<T> task) {
        return reactor_.block_on(std::move(task));
    }
    std::vector<float> vector() {
        std::vector<float> numbers(dimensions);
        for (auto& number : numbers) number = spread_(random_);
        return numbers;
    }
    void fill(int first) {
        BatchWriteItemInput request;
        auto& writes = request.RequestItems["vectors"];
        for (int number = first; number < first + items_a_batch; ++number) {
            std::string bytes;
            AttributeWriter writer(bytes);
            writer.begin(AttributeType::M);
            writer.key("pk");
            writer.string(fmt::format("item-{:08}", number));
            writer.key("v");
            writer.begin(AttributeType::L);
            for (const float each : vector()) writer.number(Decimal::parse(fmt::format("{:.5f}", each)));
            writer.end();
            writer.end();
            writes.push_back({.PutRequest = PutRequest{.Item = AttributeMap::from_bytes(std::move(bytes))}});
        }
        run(service_.batch_write_item(call_, std::move(request)));
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / fmt::format("cumulet-vectors-{}", ::getpid());
    Clock clock_{Time(1'700'000'000s)};
    Reactor reactor_{clock_, Random(1)};
    std::unique_ptr<store::Store> store_ =
        store::open_rocksdb_store(folder_, {.durability = store::RocksOptions::Durability::interval});
    Service service_{*store_};
    Call call_{reactor_, "request"};
    std::mt19937 random_{7};
    std::uniform_real_distribution<float> spread_{-1, 1};
};

void SearchVectors(benchmark::State& state) {
    Vectors vectors(static_cast<int>(state.range(0)));
    for (auto _ : state) {
        if (vectors.search().SearchResults->size() != nearest) state.SkipWithError("something is missing");
    }
}
BENCHMARK(SearchVectors)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void ScoreOfAVector(benchmark::State& state) {
    const Scorer scorer(static_cast<Distance>(state.range(0)), std::vector<float>(dimensions, 0.5f));
    const std::vector<float> other(dimensions, 0.25f);
    const std::string_view bytes(reinterpret_cast<const char*>(other.data()), dimensions * sizeof(float));
    for (auto _ : state) benchmark::DoNotOptimize(scorer.score(bytes));
}
BENCHMARK(ScoreOfAVector)->DenseRange(0, 2);

}  // namespace
}  // namespace cumulet::dynamodb
