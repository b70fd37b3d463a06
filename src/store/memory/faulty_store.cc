#include "store/memory/faulty_store.h"

#include "store/memory/memory_store.h"
#include "store/optimistic.h"

namespace cumulet::store {
namespace {

class FaultyStore final : public Store {
  public:
    FaultyStore(uint64_t seed, Faults faults) : random_(seed), faults_(faults), inner_(open_memory_store()) {}

    void keep_resident(Range range) override { inner_->keep_resident(std::move(range)); }
    Task<void> close() override { return inner_->close(); }
    Statistics statistics() const override {
        auto statistics = inner_->statistics();
        statistics.conflicts += injected_conflicts_;
        return statistics;
    }
    std::string_view engine() const override { return inner_->engine(); }

    bool happens(double chance) {
        std::lock_guard lock(random_mutex_);
        return chance > 0 && random_.fraction() < chance;
    }
    Task<void> delay() {
        auto& reactor = Reactor::current();
        if (happens(faults_.delay)) co_await reactor.yield();
        if (!happens(faults_.sleep)) co_return;
        Duration nap;
        {
            std::lock_guard lock(random_mutex_);
            nap =
                Duration(static_cast<int64_t>(random_.below(static_cast<uint64_t>(faults_.longest_sleep.count()) + 1)));
        }
        co_await reactor.sleep_for(nap);
    }

  protected:
    Task<void> run(Body body) override;

  private:
    Task<std::vector<std::string>> run_once(const Body& body);

    std::mutex random_mutex_;
    Random random_;
    const Faults faults_;
    std::unique_ptr<Store> inner_;
    std::atomic<uint64_t> injected_conflicts_{0};
};

/// Hands everything on, late; keeps the topics, whose watchers wait at the faulty store.
class FaultyTransaction final : public Transaction {
  public:
    FaultyTransaction(FaultyStore& store, Transaction& inner) : store_(store), inner_(inner) {}

    Task<std::optional<std::string>> get(std::string key) override {
        co_await store_.delay();
        co_return co_await inner_.get(std::move(key));
    }
    Task<std::vector<Entry>> scan(Range range, ScanOptions options) override {
        co_await store_.delay();
        co_return co_await inner_.scan(std::move(range), options);
    }
    void put(std::string key, std::string value) override { inner_.put(std::move(key), std::move(value)); }
    void erase(std::string key) override { inner_.erase(std::move(key)); }
    void erase_range(Range range) override { inner_.erase_range(std::move(range)); }
    void wake(std::string topic) override { topics_.push_back(std::move(topic)); }
    void when_visible(std::function<void()> let_go) override { inner_.when_visible(std::move(let_go)); }

    std::vector<std::string> take_topics() { return std::move(topics_); }

  private:
    FaultyStore& store_;
    Transaction& inner_;
    std::vector<std::string> topics_;
};

Task<std::vector<std::string>> FaultyStore::run_once(const Body& body) {
    std::vector<std::string> topics;
    co_await inner_->transact([&](Transaction& inner) -> Task<void> {
        FaultyTransaction transaction(*this, inner);
        co_await body(transaction);
        co_await delay();
        if (happens(faults_.conflict)) throw Conflict();
        topics = transaction.take_topics();
    });
    co_return topics;
}

Task<void> FaultyStore::run(Body body) {
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        if (attempt > 0) co_await pause_before_retry(attempt);
        if (happens(faults_.unavailable)) throw Unavailable("injected: the store is unavailable");
        std::vector<std::string> topics;
        try {
            topics = co_await run_once(body);
        } catch (const Conflict&) {
            injected_conflicts_.fetch_add(1);
            continue;
        }
        for (const auto& topic : topics) gates_.wake(topic);
        co_await delay();
        if (happens(faults_.lost_answer)) throw Unavailable("injected: the answer to a commit was lost");
        co_return;
    }
    throw TooManyConflicts("a transaction conflicted with others 64 times");
}

}  // namespace

std::unique_ptr<Store> open_faulty_store(uint64_t seed, Faults faults) {
    return std::make_unique<FaultyStore>(seed, faults);
}

}  // namespace cumulet::store
