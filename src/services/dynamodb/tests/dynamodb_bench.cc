// What an operation costs on the memory store, without wire and network.
#include <benchmark/benchmark.h>

#include "services/dynamodb/service.h"
#include "store/memory/memory_store.h"

namespace cumulet::dynamodb {
namespace {

using contracts::AttributeMap;

struct Bench {
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    Service service{*store};
    Call call{reactor, "request"};

    Bench() {
        reactor.block_on(service.create_table(
            call,
            {.AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"},
                                       {.AttributeName = "sk", .AttributeType = "S"}}},
             .TableName = "bench",
             .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}, {.AttributeName = "sk", .KeyType = "RANGE"}}},
             .BillingMode = "PAY_PER_REQUEST"}));
        for (int number = 0; number < 10'000; ++number) reactor.block_on(service.put_item(call, put_of(number)));
    }
    static std::string key_of(int number) {
        return fmt::format(R"("pk":{{"S":"user{}"}},"sk":{{"S":"order{:02}"}})", number / 10, number % 10);
    }
    static PutItemInput put_of(int number) {
        return {
            .TableName = "bench",
            .Item = AttributeMap::from_json(fmt::format(
                R"({{{},"amount":{{"N":"{}"}},"note":{{"S":"{}"}},"tags":{{"SS":["a","b"]}},"open":{{"BOOL":true}}}})",
                key_of(number), number, std::string(200, 'x')))};
    }
};

void GetItem(benchmark::State& state) {
    Bench bench;
    std::vector<GetItemInput> requests;
    for (int number = 0; number < 1000; ++number) {
        requests.push_back(
            {.TableName = "bench", .Key = AttributeMap::from_json("{" + Bench::key_of(number * 7) + "}")});
    }
    size_t next = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(bench.reactor.block_on(bench.service.get_item(bench.call, requests[next++ % 1000])));
    }
}
BENCHMARK(GetItem);

void PutItem(benchmark::State& state) {
    Bench bench;
    std::vector<PutItemInput> requests;
    for (int number = 0; number < 1000; ++number) requests.push_back(Bench::put_of(number * 7));
    size_t next = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(bench.reactor.block_on(bench.service.put_item(bench.call, requests[next++ % 1000])));
    }
}
BENCHMARK(PutItem);

void UpdateItem(benchmark::State& state) {
    Bench bench;
    const UpdateItemInput request{.TableName = "bench",
                                  .Key = AttributeMap::from_json("{" + Bench::key_of(42) + "}"),
                                  .UpdateExpression = "SET amount = amount + :one",
                                  .ExpressionAttributeValues = AttributeMap::from_json(R"({":one":{"N":"1"}})")};
    for (auto _ : state)
        benchmark::DoNotOptimize(bench.reactor.block_on(bench.service.update_item(bench.call, request)));
}
BENCHMARK(UpdateItem);

/// An update that a stream records: beside UpdateItem, what a stream costs its writers.
void UpdateItemOfAStream(benchmark::State& state) {
    Bench bench;
    bench.reactor.block_on(bench.service.update_table(
        bench.call, {.TableName = "bench",
                     .StreamSpecification = {{.StreamEnabled = true, .StreamViewType = "NEW_AND_OLD_IMAGES"}}}));
    const UpdateItemInput request{.TableName = "bench",
                                  .Key = AttributeMap::from_json("{" + Bench::key_of(42) + "}"),
                                  .UpdateExpression = "SET amount = amount + :one",
                                  .ExpressionAttributeValues = AttributeMap::from_json(R"({":one":{"N":"1"}})")};
    for (auto _ : state)
        benchmark::DoNotOptimize(bench.reactor.block_on(bench.service.update_item(bench.call, request)));
}
BENCHMARK(UpdateItemOfAStream);

void QueryTen(benchmark::State& state) {
    Bench bench;
    const QueryInput request{.TableName = "bench",
                             .KeyConditionExpression = "pk = :p",
                             .ExpressionAttributeValues = AttributeMap::from_json(R"({":p":{"S":"user7"}})")};
    for (auto _ : state) benchmark::DoNotOptimize(bench.reactor.block_on(bench.service.query(bench.call, request)));
}
BENCHMARK(QueryTen);

void ItemFromJson(benchmark::State& state) {
    const auto text = Bench::put_of(1).Item.json();
    for (auto _ : state) benchmark::DoNotOptimize(AttributeMap::from_json(text));
}
BENCHMARK(ItemFromJson);

void ItemToJson(benchmark::State& state) {
    const auto item = Bench::put_of(1).Item;
    for (auto _ : state) benchmark::DoNotOptimize(item.json());
}
BENCHMARK(ItemToJson);

}  // namespace
}  // namespace cumulet::dynamodb
