#include "services/sqs/mover.h"

#include "runtime/log.h"
#include "services/sqs/contents.h"

namespace cumulet::sqs {
namespace {

constexpr auto pause_after_failure = std::chrono::seconds(5);
constexpr size_t most_bytes_at_once = 4 << 20;

/// The queues that messages of one step go to, by ARN.
class Destinations {
  public:
    explicit Destinations(store::Transaction& tx) : tx_(tx) {}

    /// nullptr if there is none.
    Task<const Queue*> find(std::string text) {
        auto known = found_.find(text);
        if (known == found_.end()) {
            const auto arn = Arn::parse(text);
            auto queue = arn ? co_await find_queue(tx_, {arn->account, arn->region}, arn->resource) : std::nullopt;
            known = found_.emplace(std::move(text), std::move(queue)).first;
        }
        co_return known->second ? &*known->second : nullptr;
    }

  private:
    store::Transaction& tx_;
    std::map<std::string, std::optional<Queue>> found_;
};

/// A moved message is a new one.
/// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
void renew(Stored& stored, const Queue& destination, Time now) {
    stored.message.id = Reactor::current().random().uuid();
    stored.message.sent = now;
    stored.message.dead_letter_source.clear();
    stored.delivery = {.visible_at = destination.visible_at(std::nullopt, now)};
    stored.apart = false;
}

/// Moves up to a batch of messages, and says in `task` how far it came.
Task<void> move_batch(store::Transaction& tx, const Queue& source, MoveTask& task, Time now) {
    Destinations destinations(tx);
    size_t moved = 0;
    size_t size_bytes = 0;
    const auto found = co_await receivable(tx, source, now, task.batch());
    for (auto stored : found) {
        if (expired(source, stored, now)) {
            co_await remove(tx, source, std::move(stored), now);
            continue;
        }
        const auto& target = task.destination_arn.empty() ? stored.message.dead_letter_source : task.destination_arn;
        if (target.empty()) {
            task.fail("CouldNotDetermineMessageSource");
            break;
        }
        const auto* destination = co_await destinations.find(target);
        if (!destination || destination->fifo() != source.fifo()) {
            task.fail("AWS.SimpleQueueService.NonExistentQueue");
            break;
        }
        co_await complete_message(tx, source, stored);
        co_await remove(tx, source, stored, now);
        size_bytes += stored.message.body.size();
        renew(stored, *destination, now);
        co_await append(tx, *destination, stored);
        ++moved;
        if (size_bytes > most_bytes_at_once) break;
    }
    task.moved += static_cast<int64_t>(moved);
    task.due = now + task.pause_after(moved);
    if (task.status != MoveTask::Status::running) co_return;
    if ((co_await receivable(tx, source, now, 1)).empty()) task.status = MoveTask::Status::completed;
}

}  // namespace

Task<std::optional<Time>> Mover::move_some(RunningMove running) {
    const auto now = Reactor::current().now();
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<Time>> {
        const auto source = co_await find_queue(tx, running.place, running.source);
        auto tasks = source ? co_await recent_move_tasks(tx, *source, 1) : std::vector<MoveTask>();
        if (tasks.empty() || tasks.front().id != running.id || tasks.front().status != MoveTask::Status::running) {
            erase_running_move(tx, running);  // its queue was deleted
            co_return std::nullopt;
        }
        auto& task = tasks.front();
        if (task.due > now) co_return task.due;
        co_await move_batch(tx, *source, task, now);
        save_move_task(tx, *source, task);
        co_return task.status == MoveTask::Status::running ? std::optional(task.due) : std::nullopt;
    });
}

Task<std::optional<Time>> Mover::step() {
    const auto moves = co_await store_.transact(
        [](store::Transaction& tx) -> Task<std::vector<RunningMove>> { co_return co_await running_moves(tx); });
    std::optional<Time> next;
    for (const auto& move : moves) {
        const auto due = co_await move_some(move);
        if (due) next = std::min(next.value_or(*due), *due);
    }
    co_return next;
}

Task<void> Mover::run() {
    auto watch = store_.watch(std::string(topic));
    while (!store_.closing() && !tasks_.stopping()) {
        auto& reactor = Reactor::current();
        std::optional<Time> next;
        try {
            next = co_await step();
        } catch (const std::exception& error) {
            log::warning("messages could not be moved", {{"why", error.what()}});
            next = reactor.now() + pause_after_failure;
        }
        if (next && *next <= reactor.now()) {
            co_await reactor.yield();
        } else {
            co_await watch.wait(next.value_or(Time::max()));
        }
    }
}

Task<void> Mover::stop() {
    store_.wake_all();
    co_await tasks_.stop();
}

}  // namespace cumulet::sqs
