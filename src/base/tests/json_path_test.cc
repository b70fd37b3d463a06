#include "base/json_path.h"

#include <gtest/gtest.h>

namespace cumulet {
namespace {

std::string read(std::string_view path) {
    static const auto store = *parse_json(R"({"store": {"book": [
        {"title": "A", "price": 8, "tags": ["x"]}, {"title": "B", "price": 12, "isbn": "1"},
        {"title": "C", "price": 9, "isbn": "2"}], "open": true, "a b": 1, "limit": 9}, "none": null})");
    const auto parsed = JsonPath::parse(path);
    if (!parsed) return "malformed";
    const auto found = parsed->read(store);
    return found ? json::serialize(*found) : "nothing";
}

TEST(JsonPath, ReadsOnePlace) {
    EXPECT_EQ(read("$.store.open"), "true");
    EXPECT_EQ(read("$['store']['open']"), "true");
    EXPECT_EQ(read("$[\"store\"].limit"), "9");
    EXPECT_EQ(read("$.store['a b']"), "1");
    EXPECT_EQ(read("$.store.book[0].title"), "\"A\"");
    EXPECT_EQ(read("$.store.book[-1].title"), "\"C\"");
    EXPECT_EQ(read("$.none"), "null");
    EXPECT_EQ(read("$.missing"), "nothing");
    EXPECT_EQ(read("$.store.book[7]"), "nothing");
    EXPECT_EQ(read("$.store.open.deeper"), "nothing");
}

TEST(JsonPath, ReadsManyPlaces) {
    EXPECT_EQ(read("$.store.book[*].title"), R"(["A","B","C"])");
    EXPECT_EQ(read("$.store.book.*.title"), R"(["A","B","C"])");
    EXPECT_EQ(read("$..title"), R"(["A","B","C"])");
    EXPECT_EQ(read("$..book[1].title"), R"(["B"])");
    EXPECT_EQ(read("$.store.book[0,2].title"), R"(["A","C"])");
    EXPECT_EQ(read("$.store.book[1:].title"), R"(["B","C"])");
    EXPECT_EQ(read("$.store.book[:1].title"), R"(["A"])");
    EXPECT_EQ(read("$.store.book[-2:].title"), R"(["B","C"])");
    EXPECT_EQ(read("$.store.book[0]['title','price']"), R"(["A",8])");
    EXPECT_EQ(read("$..missing"), "[]");
}

TEST(JsonPath, Filters) {
    EXPECT_EQ(read("$.store.book[?(@.isbn)].title"), R"(["B","C"])");
    EXPECT_EQ(read("$.store.book[?(!@.isbn)].title"), R"(["A"])");
    EXPECT_EQ(read("$.store.book[?(@.price < 10)].title"), R"(["A","C"])");
    EXPECT_EQ(read("$.store.book[?(@.price >= $.store.limit)].title"), R"(["B","C"])");
    EXPECT_EQ(read("$.store.book[?(@.title == 'B')].price"), "[12]");
    EXPECT_EQ(read("$.store.book[?(@.title != 'B')].price"), "[8,9]");
    EXPECT_EQ(read("$.store.book[?(@.price > 8 && @.price < 12)].title"), R"(["C"])");
    EXPECT_EQ(read("$.store.book[?(@.price == 8 || @.isbn == '2')].title"), R"(["A","C"])");
    EXPECT_EQ(read("$.store.book[?(@.title in ['A', 'B'])].price"), "[8,12]");
    EXPECT_EQ(read("$.store.book[?(@.title < 1)].price"), "[]");
}

TEST(JsonPath, AppliesFunctions) {
    EXPECT_EQ(read("$.store.book.length()"), "3");
    EXPECT_EQ(read("$..price.max()"), "1.2E1");
    EXPECT_EQ(read("$.store.book[0].keys()"), R"(["title","price","tags"])");
}

TEST(JsonPath, RefusesWhatIsNone) {
    for (const auto* wrong :
         {"", "store", "$.", "$[", "$['a", "$[?(@.a", "$.a.length().b", "$.a b", "$[1:x]", "$[?()]"}) {
        EXPECT_EQ(read(wrong), "malformed") << wrong;
    }
    EXPECT_EQ(read("$[?" + std::string(1000, '(')), "malformed");
    EXPECT_EQ(read("$" + std::string(5000, 'a')), "malformed");
}

}  // namespace
}  // namespace cumulet
