#include "store/postgres/postgres_store.h"

#include "runtime/blocking_pool.h"
#include "store/optimistic.h"
#include "store/postgres/listener.h"
#include "store/postgres/transaction.h"

namespace cumulet::store {
namespace {

class PostgresStore final : public Store {
  public:
    explicit PostgresStore(PostgresOptions options)
        : options_(std::move(options)), places_(std::max<size_t>(options_.most_connections, 1)) {
        create_tables(connect(options_.connection).get());
        listener_ = std::make_unique<Listener>(options_.connection, gates_);
    }

    Task<void> close() override {
        co_await pool_.run([this] { listener_.reset(); });
        std::lock_guard lock(mutex_);
        free_.clear();
    }
    Statistics statistics() const override { return {.commits = commits_, .conflicts = conflicts_}; }
    std::string_view engine() const override { return "postgres"; }

  protected:
    Task<void> run(Body body) override;

  private:
    /// False if it may run again.
    Task<bool> run_once(const Body& body, Connection& connection);
    Task<std::unique_ptr<Connection>> take_connection();
    void give_back(std::unique_ptr<Connection> connection);
    static Task<void> pause(int attempt);

    const PostgresOptions options_;
    Driver driver_;
    Semaphore places_;
    BlockingPool pool_{2};
    std::unique_ptr<Listener> listener_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Connection>> free_;
    std::atomic<uint64_t> commits_{0};
    std::atomic<uint64_t> conflicts_{0};
};

Task<std::unique_ptr<Connection>> PostgresStore::take_connection() {
    {
        std::lock_guard lock(mutex_);
        while (!free_.empty()) {
            auto connection = std::move(free_.back());
            free_.pop_back();
            if (connection->usable() && connection->quiet()) co_return std::move(connection);
        }
    }
    co_return co_await pool_.run([this] { return connect_prepared(options_.connection); });
}

void PostgresStore::give_back(std::unique_ptr<Connection> connection) {
    if (!connection->usable() || PQtransactionStatus(connection->link.get()) != PQTRANS_IDLE) return;
    std::lock_guard lock(mutex_);
    free_.push_back(std::move(connection));
}

Task<void> PostgresStore::pause(int attempt) {
    auto& reactor = Reactor::current();
    const uint64_t most_micros = uint64_t{500} << std::min(attempt, 7);
    co_await reactor.pause(std::chrono::microseconds(100 + reactor.random().below(most_micros)));
}

Task<void> PostgresStore::run(Body body) {
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        if (attempt > 0) co_await pause(attempt);
        const auto place = co_await places_.acquire();
        auto connection = co_await take_connection();
        bool ended = false;
        std::exception_ptr error;
        try {
            ended = co_await run_once(body, *connection);
        } catch (...) {
            error = std::current_exception();
        }
        give_back(std::move(connection));
        if (error) std::rethrow_exception(error);
        if (ended) co_return;
        conflicts_.fetch_add(1, std::memory_order_relaxed);
    }
    throw TooManyConflicts("a transaction conflicted with others 64 times");
}

Task<bool> PostgresStore::run_once(const Body& body, Connection& connection) {
    PostgresTransaction transaction(driver_, connection);
    std::exception_ptr error;
    try {
        co_await body(transaction);
    } catch (...) {
        error = std::current_exception();
    }
    std::exception_ptr failure;
    if (!transaction.refused()) {
        try {
            // An error also tells what was read, so what was read must stand.
            co_await (error ? transaction.end_reading() : transaction.commit());
        } catch (...) {
            failure = std::current_exception();
        }
    }
    co_await transaction.roll_back();
    if (transaction.refused()) co_return false;
    if (error) std::rethrow_exception(error);
    if (failure) std::rethrow_exception(failure);
    commits_.fetch_add(1, std::memory_order_relaxed);
    transaction.became_visible();
    for (const auto& topic : transaction.writes().topics()) gates_.wake(topic);
    co_return true;
}

}  // namespace

std::unique_ptr<Store> open_postgres_store(PostgresOptions options) {
    return std::make_unique<PostgresStore>(std::move(options));
}

}  // namespace cumulet::store
