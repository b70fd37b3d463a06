#include "contracts/attribute_value.h"

#include <gtest/gtest.h>

#include "contracts/error.h"

namespace cumulet::contracts {
namespace {

std::string refusal(auto action) {
    try {
        action();
    } catch (const aws::Error& error) {
        return error.message;
    }
    return "";
}

struct NumberRow {
    std::string_view given;
    std::string_view printed;
};

class PrintedNumber : public testing::TestWithParam<NumberRow> {};

TEST_P(PrintedNumber, IsPlainAndSurvivesItsStoredForm) {
    const auto number = Decimal::parse(GetParam().given);
    EXPECT_EQ(number.text(), GetParam().printed);
    std::string stored;
    number.append_stored(stored);
    EXPECT_LE(stored.size(), Decimal::max_stored_bytes);
    EXPECT_EQ(Decimal::load(stored), number);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, PrintedNumber,
    testing::Values(NumberRow{"0", "0"}, NumberRow{"-0", "0"}, NumberRow{"-0.000e7", "0"}, NumberRow{"1", "1"},
                    NumberRow{"1.0", "1"}, NumberRow{"+1", "1"}, NumberRow{"001", "1"}, NumberRow{"1E2", "100"},
                    NumberRow{"1e-2", "0.01"}, NumberRow{".5", "0.5"}, NumberRow{"5.", "5"},
                    NumberRow{"-12.50", "-12.5"}, NumberRow{"10.01", "10.01"}, NumberRow{"100e-4", "0.01"},
                    NumberRow{"0.00120", "0.0012"},
                    NumberRow{"1000000000000000000000000000000000000000", "1000000000000000000000000000000000000000"},
                    NumberRow{"12345678901234567890123456789012345678", "12345678901234567890123456789012345678"},
                    NumberRow{"-0.12345678901234567890123456789012345678",
                              "-0.12345678901234567890123456789012345678"}));

struct RefusalRow {
    std::string_view given;
    std::string_view message;
};

class RefusedNumber : public testing::TestWithParam<RefusalRow> {};

TEST_P(RefusedNumber, IsRefusedInDynamoDBsWords) {
    EXPECT_EQ(refusal([] { Decimal::parse(GetParam().given); }), GetParam().message);
}

constexpr std::string_view too_large =
    "Number overflow. Attempting to store a number with magnitude larger than supported range";
constexpr std::string_view too_small =
    "Number underflow. Attempting to store a number with magnitude smaller than supported range";
constexpr std::string_view too_long = "Attempting to store more than 38 significant digits in a Number";

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedNumber,
    testing::Values(RefusalRow{"", "The parameter cannot be converted to a numeric value: "},
                    RefusalRow{"abc", "The parameter cannot be converted to a numeric value: abc"},
                    RefusalRow{"1 ", "The parameter cannot be converted to a numeric value: 1 "},
                    RefusalRow{"1.2.3", "The parameter cannot be converted to a numeric value: 1.2.3"},
                    RefusalRow{".", "The parameter cannot be converted to a numeric value: ."},
                    RefusalRow{"1e", "The parameter cannot be converted to a numeric value: 1e"},
                    RefusalRow{"NaN", "The parameter cannot be converted to a numeric value: NaN"},
                    RefusalRow{"1e126", too_large}, RefusalRow{"-1e126", too_large},
                    RefusalRow{"1e2147483647", too_large}, RefusalRow{"1e99999999999", too_large},
                    RefusalRow{"1e9223372036854775807", too_large},
                    RefusalRow{"1e9223372036854775808",
                               "The parameter cannot be converted to a numeric value: 1e9223372036854775808"},
                    RefusalRow{"1e++1", "The parameter cannot be converted to a numeric value: 1e++1"},
                    RefusalRow{"1e+-1", "The parameter cannot be converted to a numeric value: 1e+-1"},
                    RefusalRow{"0e126", too_large}, RefusalRow{"0e-131", too_small}, RefusalRow{"1e-131", too_small},
                    RefusalRow{"1e-99999999999", too_small},
                    RefusalRow{"123456789012345678901234567890123456789", too_long},
                    RefusalRow{"0.100000000000000000000000000000000000001", too_long},
                    RefusalRow{"100000000000000000000000000000000000000000001", too_long}));

// https://github.com/paritysuite/dynamodb-conformance: verified on AWS.
TEST(Decimal, IsReadAsJavaReadsItInTheOlderLayer) {
    const auto refused = [](std::string_view text) { return refusal([&] { Decimal::parse(text, Wording::older); }); };
    const std::string no_number = "The parameter cannot be converted to a numeric value";
    EXPECT_EQ(refused(""), no_number);
    EXPECT_EQ(refused("1e126"), too_large);
    EXPECT_EQ(refused("1e2147483647"), too_small);
    EXPECT_EQ(refused("1e2147483648"), no_number + ": 1e2147483648");
    EXPECT_EQ(refused("1e-2147483648"), no_number + ": 1e-2147483648");
    EXPECT_EQ(refused("1.5e-2147483647"), no_number + ": 1.5e-2147483647");
    EXPECT_EQ(Decimal::parse("0e125", Wording::older).text(), "0");
}

TEST(Decimal, ReachesTheDocumentedBounds) {
    EXPECT_EQ(Decimal::parse("1e-130").text(), "0." + std::string(129, '0') + "1");
    EXPECT_EQ(Decimal::parse("9.9999999999999999999999999999999999999e125").text(),
              std::string(38, '9') + std::string(88, '0'));
}

TEST(Decimal, StoredFormsSortAsTheNumbersDo) {
    const std::vector<std::string_view> ascending = {
        "-9.9e125", "-1000", "-100.01", "-100", "-99.9", "-11",  "-10", "-1.01", "-1",   "-0.99", "-1e-130", "0",
        "1e-130",   "0.09",  "0.1",     "0.99", "1",     "1.01", "9",   "10",    "10.5", "99",    "100",     "9e125"};
    for (size_t index = 1; index < ascending.size(); ++index) {
        const auto lower = Decimal::parse(ascending[index - 1]), upper = Decimal::parse(ascending[index]);
        std::string lower_bytes, upper_bytes;
        lower.append_stored(lower_bytes);
        upper.append_stored(upper_bytes);
        EXPECT_LT(lower_bytes, upper_bytes) << ascending[index - 1] << " before " << ascending[index];
        EXPECT_LT(lower, upper) << ascending[index - 1] << " before " << ascending[index];
    }
}

TEST(Decimal, AddsExactly) {
    const auto sum = [](std::string_view a, std::string_view b) {
        return (Decimal::parse(a) + Decimal::parse(b)).text();
    };
    EXPECT_EQ(sum("1", "2"), "3");
    EXPECT_EQ(sum("99", "1"), "100");
    EXPECT_EQ(sum("0.1", "0.2"), "0.3");
    EXPECT_EQ(sum("5", "-5"), "0");
    EXPECT_EQ(sum("5", "-7.5"), "-2.5");
    EXPECT_EQ(sum("1000", "-0.001"), "999.999");
    EXPECT_EQ(sum("0", "-3"), "-3");
    EXPECT_EQ((Decimal::parse("3") - Decimal::parse("10")).text(), "-7");
    EXPECT_EQ(refusal([] { Decimal::parse("1e50") + Decimal::parse("1"); }), too_large);
    EXPECT_EQ(refusal([] { Decimal::parse("9e125") + Decimal::parse("1e125"); }), too_large);
}

TEST(AttributeMap, IsEqualWhateverTheOrderOfItsMembers) {
    const auto one =
        AttributeMap::from_json(R"({"b":{"N":"1.0"},"a":{"SS":["x","y"]},"c":{"M":{"q":{"S":""},"p":{"BOOL":true}}}})");
    const auto two =
        AttributeMap::from_json(R"({"c":{"M":{"p":{"BOOL":true},"q":{"S":""}}},"a":{"SS":["y","x"]},"b":{"N":"1"}})");
    EXPECT_EQ(one, two);
    EXPECT_EQ(one.json(), R"({"a":{"SS":["x","y"]},"b":{"N":"1"},"c":{"M":{"p":{"BOOL":true},"q":{"S":""}}}})");
    EXPECT_NE(one, AttributeMap::from_json(R"({"b":{"N":"1"}})"));
    EXPECT_EQ(AttributeMap(), AttributeMap::from_json("{}"));
}

TEST(AttributeMap, SaysEveryTypeAsItWasSaid) {
    const std::string_view text =
        R"({"a":{"S":"t\"e"},"b":{"N":"-1.5"},"c":{"B":"AP8="},"d":{"BOOL":false},"e":{"NULL":true},"f":{"SS":["a"]},)"
        R"("g":{"NS":["1","2"]},"h":{"BS":["AA=="]},"i":{"L":[{"S":"x"},{"L":[]},{"M":{}}]},"j":{"M":{"k":{"N":"0"}}}})";
    EXPECT_EQ(AttributeMap::from_json(text).json(), text);
}

TEST(AttributeMap, FindsMembersAndElements) {
    const auto item = AttributeMap::from_json(R"({"l":{"L":[{"S":"a"},{"N":"7"}]},"s":{"NS":["3","1"]}})");
    EXPECT_EQ(item.find("l").at(1).number().text(), "7");
    EXPECT_FALSE(item.find("l").at(2));
    EXPECT_TRUE(item.find("s").contains(AttributeValue::N(Decimal::parse("3.0")).view()));
    EXPECT_FALSE(item.find("s").contains(AttributeValue::S("3").view()));
    EXPECT_FALSE(item.find("m"));
}

struct ItemRefusal {
    std::string_view json;
    std::string_view message;
};

class RefusedItem : public testing::TestWithParam<ItemRefusal> {};

TEST_P(RefusedItem, IsRefusedInDynamoDBsWords) {
    EXPECT_EQ(refusal([] { AttributeMap::from_json(GetParam().json); }), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedItem,
    testing::Values(
        ItemRefusal{R"({"a":{}})",
                    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
        ItemRefusal{R"({"a":{"S":null}})",
                    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
        ItemRefusal{R"({"a":{"X":{"y":["z"]}}})",
                    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
        ItemRefusal{
            R"({"a":{"S":"x","N":"1"}})",
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
            "datatypes"},
        ItemRefusal{R"({"a":{"N":"x"}})", "The parameter cannot be converted to a numeric value: x"},
        ItemRefusal{R"({"a":{"SS":[]}})", "One or more parameter values were invalid: An string set  may not be empty"},
        ItemRefusal{R"({"a":{"NS":[]}})", "One or more parameter values were invalid: An number set  may not be empty"},
        ItemRefusal{R"({"a":{"BS":[]}})", "One or more parameter values were invalid: Binary sets should not be empty"},
        ItemRefusal{R"({"a":{"SS":["b","a","b"]}})",
                    "One or more parameter values were invalid: Input collection [\"a\", \"b\", \"b\"] contains "
                    "duplicates."},
        ItemRefusal{R"({"a":{"SS":["",""]}})",
                    "One or more parameter values were invalid: Input collection [\"\", \"\"] contains duplicates."},
        ItemRefusal{
            R"({"a":{"BS":["/w==","AA==","AA=="]}})",
            "One or more parameter values were invalid: Input collection [\"AA==\",\"/w==\",\"AA==\"]of type BS "
            "contains duplicates."},
        ItemRefusal{R"({"a":{"NS":["1","1.0"]}})",
                    "One or more parameter values were invalid: Input collection contains duplicates."},
        ItemRefusal{R"({"a":{"N":"x"},"":{"S":"x"}})", "Empty attribute name"},
        ItemRefusal{R"({"a":{"M":{"":{"S":"x"}}}})", "Empty attribute name"},
        ItemRefusal{R"({"a":{"M":{"":{"S":"x"}}},"b":{"N":"x"}})",
                    "The parameter cannot be converted to a numeric value: x"},
        ItemRefusal{
            R"({"a":{"NULL":false}})",
            "One or more parameter values were invalid: Null attribute value types must have the value of true"},
        ItemRefusal{R"({"a":{"B":"abc"}})", "Base64 encoded length is expected a multiple of 4 bytes but found: 3"},
        ItemRefusal{R"({"a":{"B":"ab*="}})", "Invalid Base64 character: '*'"},
        ItemRefusal{R"({"a":{"S":"x","N":"y"}})", "The parameter cannot be converted to a numeric value: y"},
        ItemRefusal{"5", "Unexpected field type"},
        ItemRefusal{R"(["a"])",
                    "Unrecognized collection type java.util.Map<java.lang.String, "
                    "com.amazonaws.dynamodb.v20120810.AttributeValue>"},
        ItemRefusal{R"({"a":5})", "Unexpected value type in payload"},
        ItemRefusal{R"({"a":["b"]})",
                    "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
        ItemRefusal{R"({"a":{"S":5}})", "NUMBER_VALUE cannot be converted to String"},
        ItemRefusal{R"({"a":{"BOOL":"perhaps"}})", "Unexpected token received from parser"}));

/// What a codec made of `json`, refused or not.
template <typename Value>
Value decoded(const Native& native, std::string_view first_key, const std::function<void(NativeBuilder&)>& rest) {
    Value value;
    const auto builder = native.build(&value);
    builder->begin_object();
    builder->key(first_key);
    rest(*builder);
    builder->end_object();
    return value;
}

TEST(AttributeMap, KeepsWhatIsWrongWithItAndItsNames) {
    const auto map = decoded<AttributeMap>(attribute_map_native, "good", [](NativeBuilder& builder) {
        builder.begin_object(), builder.key("S"), builder.string("x"), builder.end_object();
        for (const char* name : {"bad", "worse"}) {
            builder.key(name);
            builder.begin_object(), builder.key("N"), builder.string(name), builder.end_object();
        }
    });
    ASSERT_TRUE(map.refusal());
    EXPECT_EQ(map.refusal()->member, "bad");
    EXPECT_EQ(map.refusal()->message, "The parameter cannot be converted to a numeric value: bad");
    EXPECT_EQ(map.count(), 3u);
    EXPECT_EQ(map.find("good").content(), "x");
    EXPECT_EQ(AttributeMap(map).bytes(), map.view().bytes());
    EXPECT_EQ(refusal([&] { map.check(); }), map.refusal()->message);
}

TEST(AttributeMap, IsRefusedInTheWordsOfTheLayer) {
    const auto map = decoded<AttributeMap>(attribute_map_native, "s", [](NativeBuilder& builder) {
        builder.begin_object(), builder.key("SS"), builder.begin_array();
        for (const char* element : {"b", "a", "b"}) builder.string(element);
        builder.end_array(), builder.end_object();
    });
    const std::string invalid = "One or more parameter values were invalid: Input collection ";
    EXPECT_EQ(refusal([&] { map.check(); }), invalid + "[\"a\", \"b\", \"b\"] contains duplicates.");
    EXPECT_EQ(refusal([&] { map.check(Wording::older); }), invalid + "[b, a, b] contains duplicates.");
    EXPECT_EQ(map.view().find("s").count(), 2u);
}

TEST(AttributeMap, HoldsEmptyStringsInSets) {
    constexpr std::string_view item = R"({"b":{"BS":["","AA=="]},"s":{"SS":["","a"]}})";
    EXPECT_EQ(AttributeMap::from_json(item).json(), item);
}

TEST(AttributeValue, IsRefusedWithSomethingInItsPlace) {
    const auto several = decoded<AttributeValue>(attribute_value_native, "S", [](NativeBuilder& builder) {
        builder.string("x");
        builder.key("L"), builder.begin_array(), builder.begin_object(), builder.end_object(), builder.end_array();
    });
    EXPECT_EQ(refusal([&] { several.check(); }),
              "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
              "datatypes");
    EXPECT_EQ(several.view().content(), "x");
    const auto empty = decoded<AttributeValue>(attribute_value_native, "S", [](NativeBuilder& b) { b.null(); });
    EXPECT_TRUE(empty);
    EXPECT_TRUE(empty.view().is(AttributeType::NULL_));
    EXPECT_EQ(refusal([&] { empty.check(); }),
              "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
}

std::string nested(int levels) {
    std::string text = R"({"S":"x"})";
    for (int level = 0; level < levels; ++level)
        text = (level % 2 ? R"({"L":[)" : R"({"M":{"m":)") + text + (level % 2 ? "]}" : "}}");
    return R"({"a":)" + text + "}";
}

TEST(AttributeMap, NestsThirtyOneLevelsAndNoMore) {
    EXPECT_EQ(AttributeMap::from_json(nested(31)).json(), nested(31));
    EXPECT_EQ(
        refusal([] { AttributeMap::from_json(nested(32)); }),
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported "
        "limit");
}

TEST(AttributeMap, CountsItsSizeAsDynamoDBDoes) {
    const auto size = [](std::string_view json) { return AttributeMap::from_json(json).size_bytes(); };
    EXPECT_EQ(size(R"({"ab":{"S":"xyz"}})"), 5u);
    EXPECT_EQ(size(R"({"a":{"N":"0"}})"), 2u);
    EXPECT_EQ(size(R"({"a":{"N":"12"}})"), 3u);
    EXPECT_EQ(size(R"({"a":{"N":"-12"}})"), 4u);
    EXPECT_EQ(size(R"({"a":{"BOOL":true},"b":{"NULL":true}})"), 4u);
    EXPECT_EQ(size(R"({"a":{"SS":["xx","y"]}})"), 4u);
    EXPECT_EQ(size(R"({"a":{"L":[{"S":"x"},{"S":"y"}]}})"), 8u);
    EXPECT_EQ(size(R"({"a":{"M":{"k":{"S":"x"}}}})"), 7u);
}

}  // namespace
}  // namespace cumulet::contracts
