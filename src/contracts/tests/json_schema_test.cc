// What fits a JSON schema of draft 4, and what does not.

#include "contracts/json_schema.h"

#include <gtest/gtest.h>

namespace cumulet::contracts {
namespace {

bool fits(std::string_view schema, std::string_view document) {
    const auto read = JsonSchema::parse(schema, [](std::string_view name) -> std::optional<std::string> {
        if (name == "Name") return R"({"type": "string", "minLength": 1})";
        return std::nullopt;
    });
    EXPECT_TRUE(read) << read.error();
    return read && !read->refusal(*parse_json(document));
}

TEST(JsonSchema, SaysWhatFits) {
    const struct {
        const char* schema;
        const char* fits;
        const char* does_not;
    } rows[] = {
        {R"({"type": "object", "required": ["a"]})", R"({"a": null})", R"({"b": 1})"},
        {R"({"type": ["string", "null"]})", "null", "1"},
        {R"({"type": "integer"})", "3.0", "3.5"},
        {R"({"enum": ["a", 1]})", "1.0", "\"b\""},
        {R"({"minimum": 3, "exclusiveMinimum": true})", "4", "3"},
        {R"({"multipleOf": 0.5})", "1.5", "1.25"},
        {R"({"minLength": 2, "maxLength": 3})", "\"äöü\"", "\"a\""},
        {R"({"pattern": "^a+$"})", "\"aa\"", "\"ab\""},
        {R"({"items": {"type": "number"}, "maxItems": 2})", "[1, 2]", "[1, \"2\"]"},
        {R"({"items": [{}, {"type": "string"}], "additionalItems": false})", "[1, \"a\"]", "[1, \"a\", 2]"},
        {R"({"uniqueItems": true})", "[1, 2]", "[1, 1.0]"},
        {R"({"uniqueItems": true})", R"([{"a": 1}, {"a": "1"}])", R"([{"a": 1, "b": []}, {"b": [], "a": 1.0}])"},
        {R"({"enum": [{"a": [1]}, "b"]})", R"({"a": [1.0]})", R"({"a": 1})"},
        {R"({"properties": {"a": {}}, "additionalProperties": false})", R"({"a": 1})", R"({"b": 1})"},
        {R"({"patternProperties": {"^x": {"type": "null"}}})", R"({"x1": null})", R"({"x1": 1})"},
        {R"({"dependencies": {"a": ["b"]}})", R"({"a": 1, "b": 2})", R"({"a": 1})"},
        {R"({"minProperties": 1})", R"({"a": 1})", "{}"},
        {R"({"allOf": [{"minimum": 1}, {"maximum": 2}]})", "2", "3"},
        {R"({"anyOf": [{"type": "string"}, {"minimum": 5}]})", "6", "4"},
        {R"({"oneOf": [{"minimum": 1}, {"minimum": 5}]})", "2", "6"},
        {R"({"not": {"type": "string"}})", "1", "\"a\""},
        {R"({"definitions": {"n": {"type": "null"}}, "items": {"$ref": "#/definitions/n"}})", "[null]", "[1]"},
        {R"({"$ref": "https://apigateway.amazonaws.com/restapis/x/models/Name"})", "\"a\"", "\"\""}};
    for (const auto& row : rows) {
        EXPECT_TRUE(fits(row.schema, row.fits)) << row.schema;
        EXPECT_FALSE(fits(row.schema, row.does_not)) << row.schema;
    }
}

TEST(JsonSchema, RefusesReferencesThatLeadNowhereOrInCircles) {
    const auto nothing = [](std::string_view) { return std::optional<std::string>(); };
    EXPECT_FALSE(JsonSchema::parse(R"({"$ref": "https://x/models/Unknown"})", nothing));
    EXPECT_FALSE(JsonSchema::parse("{", nothing));
    const auto circle = JsonSchema::parse(R"({"$ref": "#"})", nothing);
    ASSERT_TRUE(circle);
    EXPECT_TRUE(circle->refusal(json::value(1)));
}

}  // namespace
}  // namespace cumulet::contracts
