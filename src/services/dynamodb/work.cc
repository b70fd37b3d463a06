#include "services/dynamodb/work.h"

#include "runtime/log.h"
#include "store/record.h"

namespace cumulet::dynamodb {

namespace {

constexpr Duration lease = 60s;
constexpr Duration pause_between_looks = 30s;
constexpr Duration first_pause = 1s;
constexpr size_t pieces_at_once = 1000;

/// Another process does it, or nobody needs it any more.
struct NotOurs {};

store::Key all_work() { return store::Key("", "", "dynamodb work"); }
store::Key key_of(const Work& work) { return all_work() << work.id; }

std::string record_of(const Work& work) {
    store::RecordWriter writer(1);
    writer.text(work.id).text(work.kind).text(work.scope.account).text(work.scope.region).text(work.subject);
    writer.text(work.detail).text(work.cursor).text(work.owner).time(work.owned_until);
    writer.text(work.reads_of.account).text(work.reads_of.region).number(static_cast<int64_t>(work.reads));
    return writer.take();
}

Work read_work(std::string_view record) {
    store::RecordReader reader(record);
    Work work{.id = reader.text(), .kind = reader.text(), .scope = Scope("", "")};
    work.scope.account = reader.text();
    work.scope.region = reader.text();
    work.subject = reader.text();
    work.detail = reader.text();
    work.cursor = reader.text();
    work.owner = reader.text();
    work.owned_until = reader.time();
    work.reads_of.account = reader.text();
    work.reads_of.region = reader.text();
    work.reads = static_cast<uint64_t>(reader.number());
    return work;
}

Task<std::vector<Work>> read_all(store::Transaction& tx) {
    std::vector<Work> all;
    auto range = store::Range::prefix(all_work());
    while (true) {
        const auto entries = co_await tx.scan(range, {.limit = pieces_at_once});
        for (const auto& entry : entries) all.push_back(read_work(entry.value));
        if (entries.size() < pieces_at_once) co_return all;
        range.begin = entries.back().key + '\0';
    }
}

}  // namespace

std::string Worker::owner() {
    std::lock_guard lock(mutex_);
    if (owner_.empty()) owner_ = Reactor::current().random().uuid();
    return owner_;
}

Work Worker::plan(store::Transaction& tx, Work wanted) {
    auto& reactor = Reactor::current();
    wanted.id = reactor.random().uuid();
    wanted.owner = owner();
    wanted.owned_until = reactor.now() + lease;
    tx.put(key_of(wanted), record_of(wanted));
    return wanted;
}

Task<bool> Worker::is_read(store::Transaction& tx, Scope scope, std::vector<uint64_t> numbers) {
    const auto works = co_await read_all(tx);
    co_return std::ranges::any_of(works, [&](const Work& work) {
        return work.reads_of == scope && std::ranges::find(numbers, work.reads) != numbers.end();
    });
}

void Worker::begin(Work work) {
    {
        std::lock_guard lock(mutex_);
        if (!running_.insert(work.id).second) return;
    }
    tasks_.start(run(std::move(work)));
}

Task<void> Worker::check(store::Transaction& tx, Work work) {
    const auto record = co_await tx.get(key_of(work));
    if (!record || read_work(*record).owner != work.owner) throw NotOurs();
}

Task<void> Worker::keep(store::Transaction& tx, Work work) {
    co_await check(tx, work);
    work.owned_until = Reactor::current().now() + lease;
    tx.put(key_of(work), record_of(work));
}

Task<void> Worker::finish(store::Transaction& tx, Work work) {
    co_await check(tx, work);
    tx.erase(key_of(work));
}

Task<void> Worker::run(Work work) {
    auto pause = first_pause;
    const auto id = work.id;
    while (!stopping_) {
        std::string complaint;
        try {
            const auto record = co_await store_.transact([&](store::Transaction& tx) { return tx.get(key_of(work)); });
            if (!record) break;
            auto stored = read_work(*record);
            if (stored.owner != work.owner) break;
            co_await steps_.at(stored.kind)(std::move(stored));
            pause = first_pause;
        } catch (const NotOurs&) {
            break;
        } catch (const std::exception& error) {
            complaint = error.what();
        }
        if (complaint.empty()) {
            co_await Reactor::current().yield();
            continue;
        }
        // The world broke: whatever was stored stands, and the next try goes on from there.
        log::error("background work of DynamoDB was interrupted",
                   {{"kind", work.kind}, {"subject", work.subject}, {"reason", complaint}});
        const auto seen = gates_.version("stop");
        if (!stopping_) co_await gates_.wait("stop", seen, Reactor::current().now() + pause);
        pause = std::min(pause * 2, pause_between_looks);
    }
    {
        std::lock_guard lock(mutex_);
        running_.erase(id);
    }
    gates_.wake("settled");
}

Task<void> Worker::take_over() {
    const auto me = owner();
    const auto now = Reactor::current().now();
    auto mine = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Work>> {
        std::vector<Work> taken;
        for (auto& work : co_await read_all(tx)) {
            if (work.owner == me || (shared_ && work.owned_until > now)) continue;
            work.owner = me;
            work.owned_until = now + lease;
            tx.put(key_of(work), record_of(work));
            taken.push_back(std::move(work));
        }
        co_return taken;
    });
    for (auto& work : mine) begin(std::move(work));
}

Task<void> Worker::watch() {
    while (!stopping_) {
        const auto seen = gates_.version("stop");
        co_await gates_.wait("stop", seen, Reactor::current().now() + pause_between_looks);
        if (!stopping_) co_await take_over();
    }
}

Task<void> Worker::start() {
    co_await take_over();
    if (shared_) tasks_.start(watch());
}

Task<void> Worker::stop() {
    stopping_ = true;
    gates_.wake_all();
    co_await tasks_.stop();
}

Task<void> Worker::settle() {
    while (true) {
        const auto seen = gates_.version("settled");
        {
            std::lock_guard lock(mutex_);
            if (running_.empty()) co_return;
        }
        co_await gates_.wait("settled", seen, Time::max());
    }
}

}  // namespace cumulet::dynamodb
