// $input, $util, $context and $stageVariables, by API Gateway's reference of mapping templates.
#include "velocity/mapping.h"

#include <gtest/gtest.h>

namespace cumulet::velocity {
namespace {

std::string rendered(std::string_view source, std::string body = R"({"name": "Ada", "age": 36, "tags": ["x", "y"],
        "address": {"city": "Bern"}, "text": "it's \"so\"", "none": null})") {
    MappingInput input;
    input.body = std::move(body);
    input.path = {{"id", "7"}, {"shared", "from path"}};
    input.querystring = {{"page", "2"}, {"shared", "from query"}};
    input.header = {{"Accept", "*/*"}, {"shared", "from header"}};
    Map identity;
    identity.put("sourceIp", "192.0.2.1");
    input.context.put("identity", std::move(identity));
    input.context.put("stage", "prod");
    input.stage_variables.put("colour", "blue");
    auto variables = mapping_variables(std::move(input));
    const auto parsed = Template::parse(source);
    if (!parsed) return "malformed: " + parsed.error();
    const auto out = parsed->render(variables);
    return out ? *out : "failed: " + out.error();
}

TEST(MappingTemplate, ReadsTheBody) {
    EXPECT_EQ(rendered("$input.json('$.name')"), "\"Ada\"");
    EXPECT_EQ(rendered("$input.json('$.age')"), "36");
    EXPECT_EQ(rendered("$input.json('$.tags')"), R"(["x","y"])");
    EXPECT_EQ(rendered("$input.json('$.address')"), R"({"city":"Bern"})");
    EXPECT_EQ(rendered("$input.json('$')", "[1, 2]"), "[1,2]");
    EXPECT_EQ(rendered("$input.json('$.missing')"), "\"\"");
    EXPECT_EQ(rendered("$input.path('$.name')"), "Ada");
    EXPECT_EQ(rendered("$input.path('$.tags[1]')"), "y");
    EXPECT_EQ(rendered("$input.path('$').address.city"), "Bern");
    EXPECT_EQ(rendered("$input.path('$.tags').size()"), "2");
    EXPECT_EQ(rendered("[$input.path('$.missing')]"), "[]");
    EXPECT_EQ(rendered("[$input.path('$.none')]"), "[]");
    EXPECT_EQ(rendered("$input.body", "not JSON"), "not JSON");
    EXPECT_EQ(rendered("[$input.path('$.x')]", "not JSON"), "[]");
    EXPECT_EQ(rendered("#set($root = $input.path('$'))#foreach($t in $root.tags)<$t>#end"), "<x><y>");
    EXPECT_EQ(rendered("$input.path('$.items[?(@.n > 1)].n')", R"({"items":[{"n":1},{"n":2},{"n":3}]})"), "[2, 3]");
}

TEST(MappingTemplate, ReadsParameters) {
    EXPECT_EQ(rendered("$input.params('id')"), "7");
    EXPECT_EQ(rendered("$input.params('page')"), "2");
    EXPECT_EQ(rendered("$input.params('Accept')"), "*/*");
    EXPECT_EQ(rendered("$input.params('shared')"), "from path") << "path comes first, then query string, then header";
    EXPECT_EQ(rendered("[$input.params('missing')]"), "[]");
    EXPECT_EQ(rendered("$input.params().querystring.page"), "2");
    EXPECT_EQ(rendered("$input.params().header.get('Accept')"), "*/*");
    EXPECT_EQ(rendered("$input.params().path.keySet()"), "[id, shared]");
    EXPECT_EQ(rendered("#set($all = $input.params())#foreach($type in $all.keySet())$type #end"),
              "path querystring header ");
}

TEST(MappingTemplate, ReadsContextAndStageVariables) {
    EXPECT_EQ(rendered("$context.stage"), "prod");
    EXPECT_EQ(rendered("$context.identity.sourceIp"), "192.0.2.1");
    EXPECT_EQ(rendered("[$context.identity.cognitoIdentityId]"), "[]");
    EXPECT_EQ(rendered("$stageVariables.colour"), "blue");
    EXPECT_EQ(rendered("${stageVariables.colour}ish"), "blueish");
    EXPECT_EQ(rendered("$stageVariables['colour']"), "blue");
}

TEST(MappingTemplate, HasUtilities) {
    EXPECT_EQ(rendered("$util.escapeJavaScript($input.path('$.text'))"), R"(it\'s \"so\")");
    EXPECT_EQ(rendered("$util.escapeJavaScript($input.path('$.text')).replaceAll(\"\\\\'\", \"'\")"), R"(it's \"so\")");
    EXPECT_EQ(escape_javascript("a\nb\t\\ \x01 \xC3\xA9 \xF0\x9F\x98\x80"), R"(a\nb\t\\ \u0001 \u00E9 \uD83D\uDE00)");
    EXPECT_EQ(rendered("$util.urlEncode('a b&c=d/e')"), "a+b%26c%3Dd%2Fe");
    EXPECT_EQ(rendered("$util.urlDecode('a+b%26c')"), "a b&c");
    EXPECT_EQ(rendered("$util.base64Encode('hello')"), "aGVsbG8=");
    EXPECT_EQ(rendered("$util.base64Decode('aGVsbG8=')"), "hello");
    EXPECT_EQ(rendered("[$util.base64Decode('?')]"), "[]");
    EXPECT_EQ(rendered(R"($util.parseJson('{"a": {"b": 1}}').a.b)"), "1");
    EXPECT_EQ(rendered("[$util.parseJson('{')]"), "[]");
    EXPECT_EQ(rendered("[$util.unknown('x')]"), "[]");
}

TEST(MappingTemplate, TakesTheTemplateThatPassesEverythingThrough) {
    constexpr std::string_view source = R"VTL(#set($allParams = $input.params())
{
"body-json" : $input.json('$'),
"params" : {
#foreach($type in $allParams.keySet())
    #set($params = $allParams.get($type))
"$type" : {
    #foreach($paramName in $params.keySet())
    "$paramName" : "$util.escapeJavaScript($params.get($paramName))"
        #if($foreach.hasNext),#end
    #end
}
    #if($foreach.hasNext),#end
#end
},
"stage" : "$context.stage"
}
)VTL";
    const auto document = parse_json(rendered(source, R"({"a":1})"));
    ASSERT_TRUE(document) << document.error();
    EXPECT_EQ(*document, *parse_json(R"({"body-json": {"a": 1}, "params": {
        "path": {"id": "7", "shared": "from path"}, "querystring": {"page": "2", "shared": "from query"},
        "header": {"Accept": "*/*", "shared": "from header"}}, "stage": "prod"})"));
}

}  // namespace
}  // namespace cumulet::velocity
