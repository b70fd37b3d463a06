#include "services/lambda/tests/support/workshop.h"

#include <unistd.h>

#include <fstream>

#include "services/lambda/bootstraps.h"
#include "services/lambda/runtimes.h"
#include "services/lambda/sandbox/etc.h"

namespace cumulet::lambda {

Task<void> LogDoor::invoke(Call& caller, const contracts::Service& service, const contracts::Operation& operation,
                           void* input, void* output) {
    if (operation.name == "PutLogEvents") {
        std::lock_guard lock(mutex_);
        for (auto& event : static_cast<aws::logs::PutLogEventsRequest*>(input)->logEvents)
            lines_.push_back(event.message);
    }
    co_return;
}

std::vector<std::string> LogDoor::lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
}

bool LogDoor::has(std::string_view part) const {
    std::lock_guard lock(mutex_);
    return std::any_of(lines_.begin(), lines_.end(),
                       [&](const std::string& line) { return line.find(part) != line.npos; });
}

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "cumulet-lambda-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    path_ = name;
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void Folder::write(const std::string& name, std::string_view text, bool executable) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    std::filesystem::permissions(path_ / name, std::filesystem::perms(executable ? 0755 : 0644));
}

bool somewhere_runs(std::string_view argument) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
        std::ifstream file(entry.path() / "cmdline");
        const std::string line(std::istreambuf_iterator<char>(file), {});
        if (line.find(argument) != line.npos) return true;
    }
    return false;
}

Workshop::Workshop(std::unique_ptr<Sandbox> with, PoolBounds bounds)
    : sandbox(std::move(with)), pool(loop, launcher, bounds) {
    write_bootstraps(bootstrap_.path());
    write_etc(bootstrap_.path() / "etc");
    reactor.start([](Workshop& shop) -> Task<void> {
        shop.tasks.start(shop.book.run());
        co_return;
    }(*this));
    reactor.run_ready();
}

Workshop::~Workshop() {
    reactor.block_on([](Workshop& shop) -> Task<void> {
        co_await shop.pool.stop();
        shop.book.stop();
        co_await shop.tasks.stop();
    }(*this));
}

WorkerPlan Workshop::plan(std::string_view runtime, std::string handler) {
    WorkerPlan plan{.key = fmt::format("0/us-east-1/f/{}/{}{}", runtime, handler, code.path().string()),
                    .function = "0/us-east-1/f"};
    plan.room = {.code = code.path(), .bootstrap = bootstrap_.path()};
    const auto root = sandbox->seen(plan.room, "/var/task");
    plan.environment = {"PATH=/usr/local/bin:/usr/bin:/bin",
                        "LAMBDA_TASK_ROOT=" + root,
                        "_HANDLER=" + handler,
                        "LANG=en_US.UTF-8",
                        "AWS_LAMBDA_FUNCTION_NAME=f",
                        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128"};
    const auto found = find_runtime(runtime);
    if (!found) throw std::runtime_error(found.error());
    if (!found->compiler.empty()) compile_java(bootstrap_.path(), found->compiler);
    for (const auto& part : found->program) plan.program.push_back(sandbox->seen(plan.room, part));
    plan.by_address = found->by_address;
    plan.timeout = std::chrono::seconds(5);
    plan.identity = fmt::format("worker-{}", plan.key);
    plan.output = book.open("000000000000", "us-east-1", "/aws/lambda/f", "stream");
    return plan;
}

Outcome Workshop::invoke(const WorkerPlan& plan, std::string payload) {
    return reactor.block_on([](Workshop& shop, WorkerPlan plan, std::string payload) -> Task<Outcome> {
        auto place = co_await shop.pool.acquire(plan.key);
        if (place.may_start) {
            place.worker = std::make_shared<Worker>(shop.loop, *shop.sandbox, shop.clock, plan);
            shop.pool.start(place.worker);
        }
        auto outcome = co_await place.worker->run({.request_id = fmt::format("request-{}", ++shop.serial),
                                                   .payload = std::move(payload),
                                                   .function_arn = "arn:f"});
        shop.pool.give_back(std::move(place.worker), shop.clock.now());
        co_return outcome;
    }(*this, plan, std::move(payload)));
}

Workshop::Streamed Workshop::stream(const WorkerPlan& plan, std::function<void()> before_reading) {
    Streamed streamed;
    const auto pipe = std::make_shared<ResponsePipe>();
    const auto worker = std::make_shared<Worker>(loop, *sandbox, clock, plan);
    reactor.start([](Workshop& shop, std::shared_ptr<Worker> worker, std::shared_ptr<ResponsePipe> pipe,
                     Outcome& outcome) -> Task<void> {
        auto place = co_await shop.pool.acquire(worker->plan().key);
        shop.pool.start(worker);
        outcome =
            co_await worker->run({.request_id = "request-s", .payload = "{}", .function_arn = "arn:f", .pipe = pipe});
        pipe->close();
        shop.pool.give_back(worker, shop.clock.now());
    }(*this, worker, pipe, streamed.outcome));
    streamed.content_type = reactor.block_on(pipe->opened());
    before_reading();
    while (auto piece = reactor.block_on(pipe->read())) streamed.body += *piece;
    return streamed;
}

bool Workshop::eventually(std::function<bool()> condition, std::chrono::milliseconds real) {
    const auto end = std::chrono::steady_clock::now() + real;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        reactor.block_on(reactor.sleep_for(std::chrono::milliseconds(2)));
    }
    return true;
}

}  // namespace cumulet::lambda
