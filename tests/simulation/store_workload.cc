#include <charconv>

#include "workloads.h"

namespace cumulet::simulation {
namespace {

using store::Entry;
using store::Key;
using store::Order;
using store::Range;
using store::Transaction;

constexpr int accounts = 6, first_balance = 100, most_members = 5;

int64_t number_of(const std::optional<std::string>& text) {
    int64_t number = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

class StoreWorkload {
  public:
    explicit StoreWorkload(World& world) : world_(world) { balances_.fill(first_balance); }

    void run() {
        world_.start(open_accounts());
        world_.run();
        const auto many = [this](size_t most) { return 2 + world_.below(most); };
        for (size_t i = many(5); i > 0; --i) world_.start(transfer(i));
        for (size_t i = many(3); i > 0; --i) world_.start(look_at_all());
        for (size_t i = many(4); i > 0; --i) world_.start(append(i));
        for (size_t i = many(4); i > 0; --i) world_.start(join(i));
        for (size_t i = many(3); i > 0; --i) world_.start(watch());
        world_.start(raise());
        world_.run();
        world_.start(look_at_the_end());
        world_.run();
    }

  private:
    static constexpr int transfers_each = 12, appends_each = 8, raises = 15;

    static Key account(int64_t number) { return Key("bank", number); }

    /// Runs `body` once, however often its answer is lost: what it did is marked in the same transaction.
    template <typename Body>
    Task<std::string> once(std::string name, Body body) {
        auto answer = co_await world_.persist([&] {
            return world_.store().transact([&](Transaction& tx) -> Task<std::string> {
                const auto done = co_await tx.get(Key("done", name));
                if (done) co_return *done;
                auto result = co_await body(tx);
                tx.put(Key("done", name), result);
                co_return result;
            });
        });
        world_.note(fmt::format("{}: {}", name, answer.value));
        co_return std::move(answer.value);
    }

    Task<void> open_accounts() {
        co_await once("open", [](Transaction& tx) -> Task<std::string> {
            for (int number = 0; number < accounts; ++number) tx.put(account(number), std::to_string(first_balance));
            co_return "opened";
        });
    }

    Task<void> transfer(size_t actor) {
        for (int round = 0; round < transfers_each; ++round) {
            const auto from = static_cast<int64_t>(world_.below(accounts));
            const auto to =
                static_cast<int64_t>((from + 1 + static_cast<int64_t>(world_.below(accounts - 1))) % accounts);
            const auto amount = static_cast<int64_t>(1 + world_.below(40));
            const auto result =
                co_await once(fmt::format("transfer {}.{}", actor, round), [=](Transaction& tx) -> Task<std::string> {
                    const auto rich = number_of(co_await tx.get(account(from)));
                    if (rich < amount) co_return "refused";
                    const auto poor = number_of(co_await tx.get(account(to)));
                    tx.put(account(from), std::to_string(rich - amount));
                    tx.put(account(to), std::to_string(poor + amount));
                    co_return "moved";
                });
            if (result != "moved") continue;
            balances_[static_cast<size_t>(from)] -= amount;
            balances_[static_cast<size_t>(to)] += amount;
        }
    }

    /// The sum of all accounts, read one by one or in pages, forwards or backwards.
    Task<int64_t> sum(Transaction& tx, bool one_by_one, Order order) {
        int64_t total = 0;
        if (one_by_one) {
            for (int number = 0; number < accounts; ++number) total += number_of(co_await tx.get(account(number)));
            co_return total;
        }
        auto range = Range::prefix(Key("bank"));
        while (true) {
            const auto rows = co_await tx.scan(range, {.limit = 2, .order = order});
            if (rows.empty()) co_return total;
            for (const auto& row : rows) total += number_of(row.value);
            (order == Order::ascending ? range.begin : range.end) =
                order == Order::ascending ? rows.back().key + '\0' : rows.back().key;
        }
    }

    Task<void> look_at_all() {
        for (int round = 0; round < 10; ++round) {
            const bool one_by_one = world_.chance(0.5);
            const auto order = world_.chance(0.5) ? Order::ascending : Order::descending;
            co_await world_.persist([&] {
                return world_.store().transact([&](Transaction& tx) -> Task<bool> {
                    const auto total = co_await sum(tx, one_by_one, order);
                    // Not even a body that is going to be refused sees half of a transfer.
                    world_.check(total == accounts * first_balance, "a transaction saw a sum of {}", total);
                    co_return true;
                });
            });
            co_await world_.dawdle(10ms);
        }
    }

    /// Numbers entries without gaps: two that saw the same last number must not both commit.
    Task<void> append(size_t actor) {
        for (int round = 0; round < appends_each; ++round) {
            co_await once(fmt::format("append {}.{}", actor, round), [](Transaction& tx) -> Task<std::string> {
                const auto last = co_await tx.scan(Range::prefix(Key("log")), {.limit = 1, .order = Order::descending});
                const int64_t next = last.empty() ? 1 : number_of(last.front().value) + 1;
                tx.put(Key("log", next), std::to_string(next));
                co_return std::to_string(next);
            });
            ++appended_;
        }
    }

    /// Joins a group that must not grow past a bound, or clears it: what others add to a range counts as read.
    Task<void> join(size_t actor) {
        for (int round = 0; round < 8; ++round) {
            const auto name = fmt::format("join {}.{}", actor, round);
            co_await once(name, [&](Transaction& tx) -> Task<std::string> {
                const auto group = Range::prefix(Key("group"));
                const auto members = co_await tx.scan(group, {});
                world_.check(members.size() <= most_members, "a group of {} has {} members", most_members,
                             members.size());
                if (members.size() == most_members) {
                    tx.erase_range(group);
                    const auto left = co_await tx.scan(group, {});
                    world_.check(left.empty(), "a transaction does not see what it erased");
                }
                tx.put(Key("group", name), "");
                co_return std::to_string(members.size());
            });
        }
    }

    Task<void> raise() {
        for (int round = 1; round <= raises; ++round) {
            co_await world_.dawdle(100ms);
            co_await once(fmt::format("raise {}", round), [=](Transaction& tx) -> Task<std::string> {
                tx.put(Key("level"), std::to_string(round));
                tx.wake("level");
                co_return "raised";
            });
        }
    }

    Task<void> watch() {
        const auto wanted = static_cast<int64_t>(1 + world_.below(raises));
        auto watch = world_.store().watch("level");
        while (true) {
            const auto level = co_await world_.persist([&] {
                return world_.store().transact(
                    [](Transaction& tx) -> Task<int64_t> { co_return number_of(co_await tx.get(Key("level"))); });
            });
            if (level.value >= wanted) break;
            const bool woken = co_await watch.wait(world_.now() + 1h);
            world_.check(woken, "a watcher of a level that rises was not woken");
        }
        world_.note(fmt::format("saw level {}", wanted));
    }

    Task<void> look_at_the_end() {
        const auto rows = co_await world_.persist([&] {
            return world_.store().transact(
                [](Transaction& tx) -> Task<std::vector<Entry>> { return tx.scan(Range::prefix(Key("log")), {}); });
        });
        world_.check(rows.value.size() == appended_, "{} entries were appended, {} are there", appended_,
                     rows.value.size());
        for (size_t i = 0; i < rows.value.size(); ++i) {
            world_.check(number_of(rows.value[i].value) == static_cast<int64_t>(i + 1), "the numbers have a gap at {}",
                         i);
        }
        for (int number = 0; number < accounts; ++number) {
            const auto balance = co_await world_.persist([&] {
                return world_.store().transact(
                    [&](Transaction& tx) -> Task<int64_t> { co_return number_of(co_await tx.get(account(number))); });
            });
            const auto expected = balances_[static_cast<size_t>(number)];
            world_.check(balance.value == expected, "account {} has {}, not {}", number, balance.value, expected);
        }
    }

    World& world_;
    std::array<int64_t, accounts> balances_{};
    size_t appended_ = 0;
};

}  // namespace

void store_workload(World& world) { StoreWorkload(world).run(); }

}  // namespace cumulet::simulation
