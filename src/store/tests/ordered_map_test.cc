#include "store/ordered_map.h"

#include <gtest/gtest.h>

#include <random>

namespace cumulet::store {
namespace {

using Model = std::map<std::string, std::string>;

std::vector<std::pair<std::string, std::string>> rows_of(const OrderedMap& map, const Range& range,
                                                         ScanOptions options) {
    std::vector<Entry> rows;
    map.scan(range, options, rows);
    std::vector<std::pair<std::string, std::string>> found;
    for (auto& row : rows) found.emplace_back(row.key, row.value);
    return found;
}

std::vector<std::pair<std::string, std::string>> rows_of(const Model& model, const Range& range, ScanOptions options) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& row : model) {
        if (range.contains(row.first)) found.push_back(row);
    }
    if (options.order == Order::descending) std::reverse(found.begin(), found.end());
    if (found.size() > options.limit) found.resize(options.limit);
    return found;
}

/// Keys that share long beginnings, hold zeros, begin one another, or have nothing in common.
std::string any_key(std::mt19937& random, unsigned kind) {
    switch (kind) {
        case 0: return fmt::format("account/region/service/{:05}", random() % 3000);
        case 1: return std::string(random() % 40, 'a') + std::string(random() % 12, '\0');
        case 2: {
            std::string key;
            for (auto length = random() % 6; length > 0; --length)
                key.push_back(
                    "\0\x01\xff"
                    "b"[random() % 4]);
            return key;
        }
        default: return std::to_string(random() % 5000) + std::string(random() % 3, '\xff');
    }
}

TEST(OrderedMap, IsLikeAMapForAnySequence) {
    for (unsigned seed = 0; seed < 12; ++seed) {
        std::mt19937 random(seed);
        OrderedMap map;
        Model model;
        size_t bytes = 0;
        for (int step = 0; step < 12'000; ++step) {
            const auto key = any_key(random, seed % 5 == 4 ? random() % 4 : seed % 5);
            // Grows, then shrinks, then grows again.
            const bool growing = step / 4000 != 1;
            if (random() % 10 < (growing ? 8 : 2)) {
                const auto value = std::string(random() % 20, 'v');
                map.put(key, value);
                model[key] = value;
            } else if (random() % 500 == 0) {
                const Range range{key, random() % 4 ? any_key(random, seed % 4) : ""};
                if (range.empty()) continue;
                map.erase_range(range);
                model.erase(model.lower_bound(range.begin),
                            range.end.empty() ? model.end() : model.lower_bound(range.end));
            } else {
                map.erase(key);
                model.erase(key);
            }
            const auto other = any_key(random, seed % 4);
            const auto found = map.find(other);
            const auto expected = model.find(other);
            ASSERT_EQ(found.has_value(), expected != model.end()) << "seed " << seed << ", step " << step;
            if (found) ASSERT_EQ(*found, expected->second);
            if (step % 50 != 0) continue;
            const Range range{any_key(random, seed % 4), random() % 3 ? any_key(random, seed % 4) : ""};
            const ScanOptions options{.limit = 1 + random() % 200,
                                      .order = random() % 2 ? Order::ascending : Order::descending};
            if (!range.empty())
                ASSERT_EQ(rows_of(map, range, options), rows_of(model, range, options)) << "seed " << seed;
        }
        for (const auto& [key, value] : model) bytes += key.size() + value.size();
        EXPECT_EQ(map.size(), model.size());
        EXPECT_EQ(map.bytes(), bytes);
        EXPECT_EQ(rows_of(map, {"", ""}, {.limit = SIZE_MAX}), rows_of(model, {"", ""}, {.limit = SIZE_MAX}));
    }
}

TEST(OrderedMap, ServesAsAQueue) {
    OrderedMap map;
    for (uint64_t i = 0; i < 100'000; ++i) {
        map.put(Key("queue", i).bytes(), "x");
        if (i < 1000) continue;
        std::vector<Entry> head;
        map.scan({"", ""}, {.limit = 1}, head);
        ASSERT_EQ(head.at(0).key, Key("queue", i - 1000).bytes());
        map.erase(head[0].key);
    }
    EXPECT_EQ(map.size(), 1000u);
    map.erase_range({"", ""});
    EXPECT_EQ(map.size(), 0u);
    EXPECT_EQ(map.bytes(), 0u);
}

TEST(OrderedMap, MovesWithAllItHolds) {
    OrderedMap map;
    for (int i = 0; i < 1000; ++i) map.put(std::to_string(i), "x");
    OrderedMap other(std::move(map));
    EXPECT_EQ(other.size(), 1000u);
    map = OrderedMap();
    map.put("a", "b");
    map = std::move(other);
    EXPECT_EQ(map.size(), 1000u);
    EXPECT_EQ(map.find("a"), std::nullopt);
    EXPECT_EQ(map.find("999"), "x");
}

}  // namespace
}  // namespace cumulet::store
