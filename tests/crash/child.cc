// A child to be killed: says what the store holds, then writes without end and says what was acknowledged.
//
//     S caller slot number     at the start, for each slot that is there: what it holds
//     READY
//     I caller from to number  before a transaction: it gives the slots from..to this number; 0 erases them
//     A caller                 after it: acknowledged
//     BAD sentence             the store holds what no transaction wrote

#include <unistd.h>

#include <charconv>
#include <thread>

#include "store/rocksdb/rocksdb_store.h"

namespace cumulet::store {
namespace {

constexpr int reactors = 2, callers_per_reactor = 8, slots = 40;

void say(const std::string& line) {
    // Short lines reach a pipe whole.
    if (write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(3);
}

/// Every slot is two keys, one of them in a resident range, which every transaction writes alike.
Key left(int caller, int slot) { return Key("left", caller, slot); }
Key right(int caller, int slot) { return Key("right", caller, slot); }

/// Tells its number, and by its length whether it is whole.
std::string value_of(uint64_t number) {
    const size_t padding = number % 61 == 0 ? 200'000 : number * 7919 % 6000;
    return fmt::format("{}:{}", number, std::string(padding, static_cast<char>('a' + number % 26)));
}

uint64_t number_of(const std::string& value) {
    uint64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    if (value != value_of(number)) say("BAD a value is not whole\n");
    return number;
}

Task<std::map<std::pair<int, int>, uint64_t>> read_side(Store& store, std::string side) {
    std::map<std::pair<int, int>, uint64_t> numbers;
    auto range = Range::prefix(Key(side));
    while (true) {
        const auto rows = co_await store.transact([range](Transaction& transaction) -> Task<std::vector<Entry>> {
            co_return co_await transaction.scan(range, {.limit = 100});
        });
        if (rows.empty()) co_return numbers;
        for (const auto& row : rows) {
            KeyReader reader(row.key, Key(side).bytes());
            const int caller = static_cast<int>(reader.number());
            numbers[{caller, static_cast<int>(reader.number())}] = number_of(row.value);
        }
        range.begin = rows.back().key + '\0';
    }
}

using Numbers = std::map<std::pair<int, int>, uint64_t>;

/// Says which slots `here` holds otherwise than `there`.
void compare(std::string_view side, const Numbers& here, const Numbers& there) {
    for (const auto& [place, number] : here) {
        const auto other = there.find(place);
        if (other != there.end() && other->second == number) continue;
        say(fmt::format("BAD half of a transaction is missing: {} {} {} is {:#x}, and the other side's {:#x}\n", side,
                        place.first, place.second, number, other == there.end() ? 0 : other->second));
    }
}

Task<void> say_what_is_there(Store& store) {
    const auto lefts = co_await read_side(store, "left");
    const auto rights = co_await read_side(store, "right");
    compare("left", lefts, rights);
    compare("right", rights, lefts);
    for (const auto& [place, number] : lefts) say(fmt::format("S {} {} {}\n", place.first, place.second, number));
    say("READY\n");
}

Task<void> write_without_end(Store& store, Random random, int caller, uint64_t number) {
    while (true) {
        const int from = static_cast<int>(random.below(slots));
        const auto dice = random.below(10);
        const bool erases = dice < 3;
        const int to =
            dice == 0 || dice == 9 ? std::min<int>(slots - 1, from + static_cast<int>(random.below(6))) : from;
        const uint64_t given = erases ? 0 : ++number;
        say(fmt::format("I {} {} {} {}\n", caller, from, to, given));
        co_await store.transact([=](Transaction& transaction) -> Task<void> {
            co_await transaction.get(left(caller, from));
            if (erases && to > from) {
                transaction.erase_range({left(caller, from).bytes(), left(caller, to + 1).bytes()});
                transaction.erase_range({right(caller, from).bytes(), right(caller, to + 1).bytes()});
                co_return;
            }
            for (int slot = from; slot <= to; ++slot) {
                for (const auto& key : {left(caller, slot), right(caller, slot)}) {
                    if (erases) {
                        transaction.erase(key);
                    } else {
                        transaction.put(key, value_of(given));
                    }
                }
            }
        });
        say(fmt::format("A {}\n", caller));
    }
}

Task<void> write_on_all(Store& store, int reactor, uint64_t seed) {
    std::vector<Task<void>> callers;
    for (int i = 0; i < callers_per_reactor; ++i) {
        const int caller = reactor * callers_per_reactor + i;
        callers.push_back(
            write_without_end(store, Random(seed * 1000 + static_cast<uint64_t>(caller)), caller, seed << 20));
    }
    co_await all(std::move(callers));
}

int run(const char* folder, uint64_t seed) {
    const auto store = open_rocksdb_store(folder);
    store->keep_resident(Range::prefix(Key("left")));
    Clock clock;
    {
        Reactor reactor(clock, Random(seed));
        reactor.block_on(say_what_is_there(*store));
    }
    std::vector<std::jthread> threads;
    for (int index = 0; index < reactors; ++index) {
        threads.emplace_back([&, index] {
            Reactor reactor(clock, Random(seed));
            reactor.block_on(write_on_all(*store, index, seed));
        });
    }
    return 0;
}

}  // namespace
}  // namespace cumulet::store

int main(int, char** arguments) {
    try {
        return cumulet::store::run(arguments[1], std::strtoull(arguments[2], nullptr, 10));
    } catch (const std::exception& error) {
        cumulet::store::say(fmt::format("BAD {}\n", error.what()));
        return 1;
    }
}
