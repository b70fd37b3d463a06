// What sending and receiving cost in a queue that is empty, that is long, and through which many messages have passed.
#include <benchmark/benchmark.h>

#include "services/sqs/service.h"
#include "store/memory/memory_store.h"
#include "store/rocksdb/rocksdb_store.h"

namespace cumulet::sqs {
namespace {

struct Bench {
    std::filesystem::path folder = std::filesystem::temp_directory_path() / fmt::format("sqs-bench-{}", ::getpid());
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store;
    std::optional<Service> service;
    Call call{reactor, "request"};
    std::string url;

    explicit Bench(bool durable) {
        std::filesystem::remove_all(folder);
        // Without waiting for the disk: this is about processor time.
        store = durable ? store::open_rocksdb_store(folder, {.durability = store::RocksOptions::Durability::interval})
                        : store::open_memory_store();
        service.emplace(*store);
        url = *reactor.block_on(service->create_queue(call, {.QueueName = "bench"})).QueueUrl;
    }
    ~Bench() {
        service.reset();
        reactor.block_on(store->close());
        store.reset();
        std::filesystem::remove_all(folder);
    }

    void tick() { reactor.block_on(clock.advance(Duration(1))); }
    void send_ten() {
        static const std::string body(500, 'x');
        tick();
        aws::sqs::SendMessageBatchRequest request{.QueueUrl = url};
        for (int i = 0; i < 10; ++i) request.Entries.push_back({.Id = std::to_string(i), .MessageBody = body});
        reactor.block_on(service->send_message_batch(call, std::move(request)));
    }
    void send() {
        static const std::string body(500, 'x');
        tick();
        benchmark::DoNotOptimize(reactor.block_on(service->send_message(call, {.QueueUrl = url, .MessageBody = body})));
    }
    std::vector<aws::sqs::Message> receive(int32_t most) {
        tick();
        return reactor
            .block_on(service->receive_message(
                call, {.QueueUrl = url, .MaxNumberOfMessages = most, .VisibilityTimeout = 43'200}))
            .Messages.value_or(std::vector<aws::sqs::Message>());
    }
    void erase(const aws::sqs::Message& message) {
        reactor.block_on(service->delete_message(call, {url, *message.ReceiptHandle}));
    }
    void fill(int64_t backlog, int64_t in_flight) {
        for (int64_t i = 0; i < backlog + in_flight; i += 10) send_ten();
        for (int64_t i = 0; i < in_flight; i += 10) receive(10);
    }
    void pass(int64_t messages) {
        for (int64_t i = 0; i < messages; i += 10) {
            send_ten();
            for (const auto& message : receive(10)) erase(message);
        }
    }
};

void flow(benchmark::State& state, Bench& bench) {
    for (auto _ : state) {
        bench.send();
        for (const auto& message : bench.receive(1)) bench.erase(message);
    }
}

/// Arguments: durable, messages that wait, messages in flight.
void SendReceiveDelete(benchmark::State& state) {
    Bench bench(state.range(0) != 0);
    bench.fill(state.range(1), state.range(2));
    flow(state, bench);
}
BENCHMARK(SendReceiveDelete)
    ->Args({0, 0, 0})
    ->Args({0, 1'000'000, 100'000})
    ->Args({1, 0, 0})
    ->Args({1, 1'000'000, 100'000})
    ->Iterations(20'000);

/// Arguments: durable, messages that have passed.
void SendReceiveDeleteAfter(benchmark::State& state) {
    Bench bench(state.range(0) != 0);
    bench.pass(state.range(1));
    flow(state, bench);
}
BENCHMARK(SendReceiveDeleteAfter)->Args({1, 1'000'000})->Iterations(20'000);

/// Arguments: durable, messages that wait.
void CountMessages(benchmark::State& state) {
    Bench bench(state.range(0) != 0);
    bench.fill(state.range(1), 0);
    for (auto _ : state) {
        bench.reactor.block_on(
            bench.service->get_queue_attributes(bench.call, {bench.url, std::vector<std::string>{"All"}}));
    }
}
BENCHMARK(CountMessages)->Args({0, 1'000'000})->Args({1, 1'000'000})->Iterations(3);

}  // namespace
}  // namespace cumulet::sqs
