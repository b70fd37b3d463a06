#include "store/key.h"

#include <gtest/gtest.h>

#include <random>

namespace cumulet::store {
namespace {

using namespace std::string_literals;

TEST(Key, SortsTextAsTheTextSorts) {
    const std::vector<std::string> sorted{"",     "\0"s,   "\0\0"s, "\0\xff"s, "\x01", "a",
                                          "a\0"s, "a\0b"s, "a\x01", "aa",      "b",    "\xff"};
    for (size_t i = 0; i + 1 < sorted.size(); ++i) {
        EXPECT_LT((Key(sorted[i]) << "z").bytes(), (Key(sorted[i + 1]) << "a").bytes()) << i;
    }
}

TEST(Key, SortsNumbersAsTheNumbersSort) {
    const std::vector<int64_t> sorted{INT64_MIN, -1'000'000'000'000, -256, -1, 0, 1, 255, 256, INT64_MAX};
    for (size_t i = 0; i + 1 < sorted.size(); ++i) EXPECT_LT(Key(sorted[i]).bytes(), Key(sorted[i + 1]).bytes());
    EXPECT_LT(Key(uint64_t{INT64_MAX}).bytes(), Key(UINT64_MAX).bytes());
    EXPECT_LT(Key(Time(-5s)).bytes(), Key(Time(5s)).bytes());
}

TEST(Key, GivesItsPartsBack) {
    const auto prefix = Key("000000000000", "us-east-1");
    const auto key = Key("000000000000", "us-east-1") << "a\0\xff\0b"s << -7 << uint64_t{9} << Time(3s);
    const auto stored = Key(key).raw("tail").bytes();
    KeyReader reader(stored, prefix.bytes());
    EXPECT_EQ(reader.text(), "a\0\xff\0b"s);
    EXPECT_EQ(reader.number(), -7);
    EXPECT_EQ(reader.unsigned_number(), 9u);
    EXPECT_EQ(reader.time(), Time(3s));
    EXPECT_EQ(reader.rest(), "tail");
}

TEST(Key, RefusesToReadWhatIsNotThere) {
    EXPECT_THROW(KeyReader("abc", "b"), std::runtime_error);
    EXPECT_THROW(KeyReader("abc").text(), std::runtime_error);
    EXPECT_THROW(KeyReader("abc\0"s).text(), std::runtime_error);
    EXPECT_THROW(KeyReader("abc\0\x02"s).text(), std::runtime_error);
    EXPECT_THROW(KeyReader("1234567").number(), std::runtime_error);
}

TEST(Key, ComparesLikeItsTupleForAllTexts) {
    std::mt19937 random(1);
    const auto text = [&] {
        std::string text;
        for (auto length = random() % 5; length > 0; --length)
            text.push_back(
                "\0\x01\xff"
                "a"[random() % 4]);
        return text;
    };
    for (int i = 0; i < 20'000; ++i) {
        const auto a = std::pair(text(), text());
        const auto b = std::pair(text(), text());
        EXPECT_EQ(a < b, Key(a.first, a.second).bytes() < Key(b.first, b.second).bytes());
    }
}

TEST(Range, OfAPrefixHoldsWhatBeginsWithIt) {
    const auto range = Range::prefix(Key("queue"));
    EXPECT_TRUE(range.contains(Key("queue").bytes()));
    EXPECT_TRUE(range.contains(Key("queue", "\xff\xff").bytes()));
    EXPECT_FALSE(range.contains(Key("queue2").bytes()));
    EXPECT_EQ(Range::prefix("a\xff\xff").end, "b");
    EXPECT_EQ(Range::prefix("\xff").end, "");
    EXPECT_TRUE(Range::prefix("\xff").contains("\xff\xff"));
    EXPECT_FALSE(Range::from(Key("queue", 5), Key("queue")).contains(Key("queue", 4).bytes()));
    EXPECT_TRUE(Range::from(Key("queue", 5), Key("queue")).contains(Key("queue", 6).bytes()));
}

}  // namespace
}  // namespace cumulet::store
