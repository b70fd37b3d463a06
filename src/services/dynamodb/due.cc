#include "services/dynamodb/due.h"

#include "runtime/log.h"

namespace cumulet::dynamodb {

namespace {

using store::Key;

constexpr std::string_view topic = "dynamodb due";
constexpr size_t steps_per_round = 64;
constexpr Duration first_pause = 100ms;
constexpr Duration longest_pause = 30s;

Key due_prefix() { return Key("", "", "dynamodb", "due"); }

Key key_of(const DueWork& work) {
    return due_prefix() << work.due << work.kind << work.scope.account << work.scope.region << work.subject;
}

DueWork work_of(const store::Entry& entry) {
    static const Key prefix = due_prefix();
    store::KeyReader reader(entry.key, prefix.bytes());
    const auto due = reader.time();
    auto kind = reader.text();
    auto account = reader.text();
    auto region = reader.text();
    return {.due = due,
            .kind = std::move(kind),
            .scope = {std::move(account), std::move(region)},
            .subject = reader.text(),
            .state = entry.value};
}

}  // namespace

std::string subject_of(const Table& table) { return Key(table.name, table.number).bytes(); }

Task<std::optional<Table>> find_subject(store::Transaction& tx, const DueWork& work) {
    store::KeyReader reader(work.subject);
    auto name = reader.text();
    const auto number = reader.unsigned_number();
    auto table = co_await find_schema(tx, work.scope, std::move(name));
    if (table && table->number != number) table.reset();
    co_return table;
}

Task<void> schedule(store::Transaction& tx, DueWork work) {
    auto key = key_of(work);
    if (co_await tx.get(key)) co_return;
    tx.put(std::move(key), std::move(work.state));
    tx.wake(std::string(topic));
}

void DueWorker::start() { tasks_.start(run()); }

Task<void> DueWorker::stop() { co_await tasks_.stop(); }

Task<void> DueWorker::run() {
    auto watch = store_.watch(std::string(topic));
    auto pause = first_pause;
    while (!store_.closing()) {
        Time next;
        try {
            next = co_await round("");
            pause = first_pause;
        } catch (const std::exception& error) {
            log::warning("DynamoDB's background work waits", {{"why", error.what()}});
            next = Reactor::current().now() + pause;
            pause = std::min(pause * 2, longest_pause);
        }
        if (store_.closing()) break;
        if (next > Reactor::current().now()) co_await watch.wait(next);
    }
}

Task<void> DueWorker::finish(std::string kind) {
    while (co_await round(kind) <= Reactor::current().now()) {
    }
}

Task<Time> DueWorker::round(std::string only_kind) {
    const auto works = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<DueWork>> {
        auto range = store::Range::prefix(due_prefix());
        // Beyond what is due now, the first alone matters: it says when to look again.
        std::vector<DueWork> found;
        while (found.size() < steps_per_round) {
            const auto entries = co_await tx.scan(range, {.limit = steps_per_round});
            for (const auto& entry : entries) {
                auto work = work_of(entry);
                if (!only_kind.empty() && work.kind != only_kind && work.due <= Reactor::current().now()) continue;
                found.push_back(std::move(work));
                if (found.back().due > Reactor::current().now()) co_return found;
            }
            if (entries.size() < steps_per_round) break;
            range.begin = entries.back().key + '\0';
        }
        co_return found;
    });
    if (works.empty()) co_return Time::max();
    if (works.front().due > Reactor::current().now()) co_return works.front().due;
    std::exception_ptr failure;
    for (const auto& work : works) {
        if (work.due > Reactor::current().now()) break;
        try {
            co_await perform(work);
        } catch (...) {
            failure = std::current_exception();  // one piece does not keep others from being done
        }
    }
    if (failure) std::rethrow_exception(failure);
    co_return Reactor::current().now();  // some of it may not be done yet, or new
}

Task<void> DueWorker::perform(DueWork work) {
    const auto kind = kinds_.find(work.kind);
    if (kind == kinds_.end()) throw std::logic_error(fmt::format("no step does the work \"{}\"", work.kind));
    kind->second.handled += co_await store_.transact([&](store::Transaction& tx) -> Task<size_t> {
        auto key = key_of(work);
        const auto state = co_await tx.get(key);
        if (!state) co_return 0;  // another process was first
        DueWork now = work;
        now.state = *state;
        if (co_await kind->second.step(tx, now)) {
            tx.erase(std::move(key));
        } else {
            tx.put(std::move(key), std::move(now.state));
        }
        co_return now.handled;
    });
}

}  // namespace cumulet::dynamodb
