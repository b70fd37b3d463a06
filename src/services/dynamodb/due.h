// Background work of DynamoDB: what is due at a time, in the store, so that any process may do it and a crash loses
// none. Key: "" "" "dynamodb" "due" time, kind, account, region, subject -> how far it came
#pragma once

#include <atomic>
#include <functional>

#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

/// One piece of work. Pieces of the same time, kind, scope and subject are one.
struct DueWork {
    Time due;
    std::string kind;     ///< which step of DueWorker does it
    Scope scope;          ///< whose table or stream
    std::string subject;  ///< what it is about, as the kind has it
    std::string state;    ///< how far it came; "" at first
    size_t handled = 0;   ///< set by its step: how many things that step did
};

/// The subject of work on a table: its name and number.
std::string subject_of(const Table& table);
/// The table of that subject, unless it is gone; another of its name is another table.
Task<std::optional<Table>> find_subject(store::Transaction& tx, const DueWork& work);

/// Remembers `work`, and wakes the worker if it is new.
Task<void> schedule(store::Transaction& tx, DueWork work);

/// Does what is due, one step after the other, at the moment it is due on the cloud's clock.
class DueWorker {
  public:
    /// One step in a transaction of its own: safe at any moment, and twice. Answers true if the work is done, and false
    /// if more of it is left, of which `work.state` says from where to go on.
    using Step = std::function<Task<bool>(store::Transaction& tx, DueWork& work)>;

    explicit DueWorker(store::Store& store) : store_(store) {}

    /// Before start().
    void add(std::string kind, Step step) { kinds_[std::move(kind)].step = std::move(step); }
    /// Begins on this reactor.
    void start();
    /// Ends it. The store's watchers must have been woken.
    Task<void> stop();
    /// Does all of `kind` that is due now.
    Task<void> finish(std::string kind);
    /// How many things steps of `kind` have done, since `handled` was asked last.
    size_t take_handled(const std::string& kind) { return kinds_.at(kind).handled.exchange(0); }

  private:
    Task<void> run();
    /// One round of steps; answers when to look again.
    Task<Time> round(std::string only_kind);
    Task<void> perform(DueWork work);

    store::Store& store_;
    struct Kind {
        Step step;
        std::atomic<size_t> handled{0};
    };
    std::map<std::string, Kind> kinds_;
    TaskGroup tasks_;
};

}  // namespace cumulet::dynamodb
