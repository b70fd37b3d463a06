// What an event costs without wire and network: to a worker that is started for it, and to a warm one.
#include <benchmark/benchmark.h>

#include <fstream>

#include "services/lambda/bootstraps.h"
#include "services/lambda/sandbox/etc.h"
#include "services/lambda/workers/worker.h"

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

class SilentDoor final : public contracts::Door {
  public:
    Task<void> invoke(Call&, const contracts::Service&, const contracts::Operation&, void*, void*) override {
        co_return;
    }
};

constexpr std::string_view own_bootstrap = R"(#!/bin/bash
exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"
while :; do
    printf 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n' >&3
    while IFS=$' :\r' read -r -u 3 name value _ && [ -n "$name" ]; do
        case $name in Lambda-Runtime-Aws-Request-Id) id=$value ;; Content-Length) size=$value ;; esac
    done
    read -r -u 3 -N "$size" event
    printf 'POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nContent-Length: %s\r\n\r\n%s' "$id" "$size" "$event" >&3
    while IFS=$'\r' read -r -u 3 line && [ -n "$line" ]; do :; done
    read -r -u 3 -N 15 _
done
)";

class Bench {
  public:
    Bench() {
        std::string name = (fs::temp_directory_path() / "cumulet-lambda-bench-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
        folder_ = name;
        fs::permissions(folder_, fs::perms(0755));
        write("index.js", "exports.handler = async (event) => event;");
        write("index.py", "def handler(event, context):\n    return event\n");
        write("bootstrap", own_bootstrap);
        write_bootstraps(folder_);
        write_etc(folder_ / "etc");
        fs::permissions(folder_ / "bootstrap", fs::perms(0755));
    }
    ~Bench() { fs::remove_all(folder_); }

    std::shared_ptr<Worker> start(std::string_view runtime) {
        WorkerPlan plan{.key = "f", .function = "0/us-east-1/f"};
        plan.room = {.code = folder_, .bootstrap = folder_};
        if (runtime == "node")
            plan.program = {"/usr/bin/node", sandbox_->seen(plan.room, "/var/runtime/bootstrap.cjs")};
        if (runtime == "python") {
            plan.program = {"/usr/bin/python3", "-S", "-s", sandbox_->seen(plan.room, "/var/runtime/bootstrap.py")};
        }
        if (runtime == "custom") plan.program = {sandbox_->seen(plan.room, "/var/task/bootstrap")};
        plan.by_address = runtime == "custom";
        plan.environment = {"PATH=/usr/bin:/bin", "_HANDLER=index.handler",
                            "LAMBDA_TASK_ROOT=" + sandbox_->seen(plan.room, "/var/task")};
        plan.output = book_.open("0", "us-east-1", "group", "stream");
        auto worker = std::make_shared<Worker>(loop_, *sandbox_, clock_, std::move(plan));
        worker->start(launcher_, [this] { ++gone_; });
        ++started_;
        return worker;
    }

    void run(Worker& worker) {
        auto outcome = reactor_.block_on(worker.run({.request_id = fmt::format("r-{}", ++serial_), .payload = "{}"}));
        if (outcome.failed || outcome.lost) throw std::runtime_error("the function failed: " + outcome.payload);
    }

    void end(const std::shared_ptr<Worker>& worker) {
        worker->end();
        while (gone_ < started_) reactor_.block_on(reactor_.pause(std::chrono::microseconds(200)));
        // A start follows a moment in which nothing started: what is held ready for it is there again.
        for (int looks = 0; looks < 500 && launcher_.spares().count() < Spares::most; ++looks) {
            launcher_.spares().prepare(*sandbox_);
            reactor_.block_on(reactor_.pause(std::chrono::microseconds(200)));
        }
    }

  private:
    void write(const std::string& name, std::string_view text) { std::ofstream(folder_ / name) << text; }

    fs::path folder_;
    SilentDoor door_;
    Clock clock_;
    Reactor reactor_{clock_, Random(1)};
    std::unique_ptr<Sandbox> sandbox_ = Sandbox::find();
    LogBook book_{door_};
    std::atomic<int> gone_{0};
    int started_ = 0;
    uint64_t serial_ = 0;
    Loop loop_;
    Launcher launcher_;
};

void BM_ColdStart(benchmark::State& state, std::string_view runtime) {
    Bench bench;
    for (auto _ : state) {
        const auto worker = bench.start(runtime);
        bench.run(*worker);
        state.PauseTiming();
        bench.end(worker);
        state.ResumeTiming();
    }
}
BENCHMARK_CAPTURE(BM_ColdStart, node, "node")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(BM_ColdStart, python, "python")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(BM_ColdStart, custom, "custom")->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_WarmInvoke(benchmark::State& state, std::string_view runtime) {
    Bench bench;
    const auto worker = bench.start(runtime);
    bench.run(*worker);
    for (auto _ : state) bench.run(*worker);
    bench.end(worker);
}
BENCHMARK_CAPTURE(BM_WarmInvoke, node, "node")->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK_CAPTURE(BM_WarmInvoke, python, "python")->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace cumulet::lambda
