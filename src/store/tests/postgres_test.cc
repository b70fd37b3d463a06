#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/postgres/postgres_store.h"
#include "store/tests/support/postgres_server.h"

namespace cumulet::store::test {
namespace {

class PostgresStoreTest : public testing::Test {
  protected:
    ~PostgresStoreTest() override {
        run(ours_->close());
        run(theirs_->close());
    }
    template <typename T>
    T run(Task<T> task) {
        return reactor_.block_on(std::move(task));
    }
    static auto putting(std::string key, std::string value) {
        return [=](Transaction& tx) -> Task<void> {
            tx.put(key, value);
            tx.wake(key);
            co_return;
        };
    }
    static auto getting(std::string key) {
        return [=](Transaction& tx) -> Task<std::optional<std::string>> { co_return co_await tx.get(key); };
    }

    Clock clock_;
    Reactor reactor_{clock_, Random(1)};
    const std::string database_ = PostgresServer::shared().create_database();
    std::unique_ptr<Store> ours_ = open_postgres_store({.connection = database_});
    std::unique_ptr<Store> theirs_ = open_postgres_store({.connection = database_, .most_connections = 2});
};

TEST_F(PostgresStoreTest, WakesWatchersInOtherProcesses) {
    auto watch = theirs_->watch("topic \xff");
    run(ours_->transact(putting("topic \xff", "1")));
    EXPECT_TRUE(run(watch.wait(clock_.now() + 30s)));
    EXPECT_EQ(run(theirs_->transact(getting("topic \xff"))), "1");
}

TEST_F(PostgresStoreTest, GoesOnAfterItsConnectionsWereCut) {
    run(ours_->transact(putting("a", "1")));
    auto watch = ours_->watch("b");
    PostgresServer::shared().execute(database_,
                                     "DO $$ BEGIN PERFORM pg_terminate_backend(pid, 30000) FROM pg_stat_activity "
                                     "WHERE datname = current_database() AND pid <> pg_backend_pid(); END $$");
    EXPECT_EQ(run(ours_->transact(getting("a"))), "1");
    run(theirs_->transact(putting("a", "2")));
    EXPECT_EQ(run(ours_->transact(getting("a"))), "2");
    // The listener comes back too, and wakes everyone, since it may have missed something.
    EXPECT_TRUE(run(watch.wait(clock_.now() + 30s)));
}

TEST_F(PostgresStoreTest, FailsATransactionWhoseConnectionIsCut) {
    run(ours_->transact(putting("a", "1")));
    const auto cut = [this](Transaction& tx) -> Task<void> {
        co_await tx.get("a");
        PostgresServer::shared().execute(database_,
                                         "DO $$ BEGIN PERFORM pg_terminate_backend(pid, 30000) FROM pg_stat_activity "
                                         "WHERE datname = current_database() AND pid <> pg_backend_pid(); END $$");
        tx.put("a", "2");
    };
    EXPECT_THROW(run(ours_->transact(cut)), store::Unavailable);
    EXPECT_EQ(run(ours_->transact(getting("a"))), "1");
}

TEST_F(PostgresStoreTest, ServesMoreCallersThanItHasConnections) {
    run([](Store& store) -> Task<void> {
        std::vector<Task<void>> tasks;
        for (int i = 0; i < 40; ++i) tasks.push_back(store.transact(putting(std::to_string(i), "x")));
        co_await all(std::move(tasks));
    }(*theirs_));
    const auto rows = run(ours_->transact([](Transaction& tx) -> Task<std::vector<Entry>> {
        co_return co_await tx.scan(Range{"", ""});
    }));
    EXPECT_EQ(rows.size(), 40u);
}

TEST_F(PostgresStoreTest, ReturnsNoMoreBytesThanAScanAsksFor) {
    run(ours_->transact([](Transaction& tx) -> Task<void> {
        for (char key = 'a'; key < 'f'; ++key) tx.put(std::string(1, key), std::string(1000, 'x'));
        co_return;
    }));
    const auto scan = [](Order order) {
        return [=](Transaction& tx) -> Task<std::string> {
            std::string keys;
            for (const auto& row : co_await tx.scan(Range{"", ""}, {.max_bytes = 2500, .order = order}))
                keys += row.key;
            co_return keys;
        };
    };
    EXPECT_EQ(run(ours_->transact(scan(Order::ascending))), "abc");
    EXPECT_EQ(run(ours_->transact(scan(Order::descending))), "edc");
}

TEST(PostgresStore, SaysThatTheServerDoesNotAnswer) {
    try {
        open_postgres_store({.connection = "host=/nonexistent dbname=x"});
        FAIL() << "opened";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("PostgreSQL does not answer"));
    }
}

}  // namespace
}  // namespace cumulet::store::test
