#include "main/parameters.h"

#include <gtest/gtest.h>

#include "main/since.h"

namespace cumulet {
namespace {

const json::object document =
    parse_json(R"({"Parameters": {"Stage": {"Type": "String"}, "Size": {"Type": "Number"}}})")->as_object();

TEST(Parameters, SplitsAtTheFirstEqualsSign) {
    const std::map<std::string, std::string> expected{{"Empty", ""}, {"Url", "http://x?a=b"}};
    EXPECT_EQ(parse_parameters({"Url=http://x?a=b", "Empty="}), expected);
}

TEST(Parameters, RefusesWhatIsNoPairAndWhatComesTwice) {
    EXPECT_THROW(parse_parameters({"Stage"}), std::invalid_argument);
    EXPECT_THROW(parse_parameters({"=prod"}), std::invalid_argument);
    EXPECT_THROW(parse_parameters({"Stage=a", "Stage=b"}), std::invalid_argument);
}

TEST(Parameters, KeepTheStacksValueUnlessOneIsGiven) {
    const std::vector<ChosenParameter> expected{{"Stage", "prod", false}, {"Size", "", true}};
    EXPECT_EQ(choose_parameters(document, {{"Stage", "prod"}}, {"Stage", "Size", "Gone"}), expected);
}

TEST(Parameters, HaveTheirDefaultsInANewStack) { EXPECT_TRUE(choose_parameters(document, {}, {}).empty()); }

TEST(Parameters, NamesThoseThatTheTemplateHas) {
    try {
        choose_parameters(document, {{"Color", "red"}}, {});
        FAIL() << "nothing was thrown";
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(), "The template has no parameter Color: it has Stage, Size");
    }
}

TEST(Parameters, StacksAreNamedAfterFolders) {
    EXPECT_EQ(stack_name_from("figure-04"), "figure-04");
    EXPECT_EQ(stack_name_from("my_app v2"), "my-app-v2");
    EXPECT_EQ(stack_name_from("2048"), "stack-2048");
    EXPECT_EQ(stack_name_from("_x"), "x");
    EXPECT_EQ(stack_name_from(""), "stack");
    EXPECT_EQ(stack_name_from(std::string(200, 'a')).size(), 128u);
}

TEST(Since, ReadsACountAndAUnit) {
    EXPECT_EQ(parse_since("30s"), 30s);
    EXPECT_EQ(parse_since("10m"), 10min);
    EXPECT_EQ(parse_since("2h"), 2h);
    EXPECT_EQ(parse_since("1d"), 24h);
    for (const auto* text : {"", "m", "10", "-1m", "1.5h", "10x", "99999999999d", "4000d"}) {
        EXPECT_EQ(parse_since(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace cumulet
