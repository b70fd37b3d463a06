// Work that goes on after the call that asked for it: durable, in steps of one bounded transaction each, taken up again
// after a restart.
#pragma once

#include <atomic>
#include <map>

#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

/// One piece of work. Keys: "", "", "dynamodb work", id.
struct Work {
    std::string id;
    std::string kind;     ///< which step does it: "build index"
    Scope scope{"", ""};  ///< whose it is
    std::string subject;  ///< what it is about, as its kind has it: a table's name
    std::string detail;   ///< more of that: an index's name
    std::string cursor;   ///< how far it has come, as its kind has it
    Scope reads_of{"", ""};
    uint64_t reads = 0;  ///< the number of the items that it copies from, in the scope `reads_of`: not to be erased
    std::string owner;   ///< the process that does it
    Time owned_until{};  ///< in the cloud's time; later another process may take it over
};

/// Does what is in the store to be done. One step of a piece of work at a time; different pieces go on side by side.
class Worker {
  public:
    /// Does a part of `work`, in transactions that call `keep` or `finish`, and returns. It is called again until the
    /// work is finished.
    using Step = std::function<Task<void>(Work work)>;

    /// `shared`: other processes use the store too.
    Worker(store::Store& store, bool shared) : store_(store), shared_(shared) {}

    /// Says how work of `kind` is done. Before `start` and the first `begin`.
    void add(std::string kind, Step step) { steps_.emplace(std::move(kind), std::move(step)); }

    /// New work of this process, stored with the transaction that asks for it. Its id and owner are given here.
    Work plan(store::Transaction& tx, Work wanted);
    /// Begins it. After the commit.
    void begin(Work work);

    /// Inside a step's transaction: sees that the work is still to be done, by this process. Throws otherwise.
    Task<void> check(store::Transaction& tx, Work work);
    /// The same, and stores how far it has come.
    Task<void> keep(store::Transaction& tx, Work work);
    /// The same, and the work is done.
    Task<void> finish(store::Transaction& tx, Work work);

    /// True while some work copies from the items with one of these numbers.
    Task<bool> is_read(store::Transaction& tx, Scope scope, std::vector<uint64_t> numbers);

    /// True once `stop` was called: a long step ends early, and goes on in the next process.
    bool stopping() const { return stopping_; }

    /// Takes up what an earlier process left. Call once.
    Task<void> start();
    /// Returns when nothing runs any more; what is unfinished stays in the store.
    Task<void> stop();
    /// Returns when nothing of this process is left to do: for tests.
    Task<void> settle();

  private:
    Task<void> run(Work work);
    Task<void> take_over();
    Task<void> watch();
    std::string owner();

    store::Store& store_;
    const bool shared_;
    std::map<std::string, Step> steps_;
    std::mutex mutex_;
    std::string owner_;
    std::set<std::string> running_;
    std::atomic<bool> stopping_{false};
    Gates gates_{8};
    TaskGroup tasks_;
};

}  // namespace cumulet::dynamodb
