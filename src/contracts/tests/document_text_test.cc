#include "contracts/document_text.h"

#include <gtest/gtest.h>

namespace cumulet::contracts {
namespace {

TEST(Documents, AreTheSameInYaml) {
    const auto value = *parse_json(R"({"200": {"a": ["x", 1, true, null, {}], "true": "true", "~": "~"},)"
                                   R"( "text": "lines\n\tand \"quotes\": ${x} \u00e9", "/pets/{id}": [], "n": "12"})");
    EXPECT_EQ(parse_document(write_yaml(value)), value);
}

TEST(Documents, QuoteAllStringsInYaml) {
    EXPECT_EQ(write_yaml(*parse_json(R"({"title": "shop", "count": 3, "200": {}})")),
              "---\ntitle: \"shop\"\ncount: 3\n\"200\":\n  {}\n");
}

}  // namespace
}  // namespace cumulet::contracts
