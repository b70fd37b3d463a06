// Event patterns: AWS's documented operators, and its refusals word for word where they were recorded.
#include "contracts/event_pattern.h"

#include <gmock/gmock.h>

namespace cumulet::contracts {
namespace {

using enum PatternDialect;

struct MatchRow {
    const char* name;
    const char* pattern;
    const char* event;
    bool matches;
    PatternDialect dialect = event_bridge;
};

void PrintTo(const MatchRow& row, std::ostream* out) { *out << row.name; }

class EventPatternMatches : public testing::TestWithParam<MatchRow> {};

TEST_P(EventPatternMatches, AsAwsDoes) {
    const auto& row = GetParam();
    EXPECT_EQ(EventPattern::compile(row.pattern, row.dialect).matches_text(row.event), row.matches)
        << row.name << ": " << row.pattern << " against " << row.event;
}

constexpr MatchRow exact[] = {
    {"string", R"({"a":["x"]})", R"({"a":"x"})", true},
    {"other string", R"({"a":["x"]})", R"({"a":"y"})", false},
    {"case counts", R"({"a":["x"]})", R"({"a":"X"})", false},
    {"any of several", R"({"a":["x","y"]})", R"({"a":"y"})", true},
    {"all keys", R"({"a":["x"],"b":["y"]})", R"({"a":"x","b":"y"})", true},
    {"one key of two", R"({"a":["x"],"b":["y"]})", R"({"a":"x","b":"z"})", false},
    {"other fields do not matter", R"({"a":["x"]})", R"({"a":"x","z":1})", true},
    {"key case counts", R"({"a":["x"]})", R"({"A":"x"})", false},
    {"missing field", R"({"a":["x"]})", R"({"b":"x"})", false},
    {"empty string", R"({"a":[""]})", R"({"a":""})", true},
    {"empty string is no null", R"({"a":[""]})", R"({"a":null})", false},
    {"null", R"({"a":[null]})", R"({"a":null})", true},
    {"null is no empty string", R"({"a":[null]})", R"({"a":""})", false},
    {"null is not absent", R"({"a":[null]})", R"({})", false},
    {"true", R"({"a":[true]})", R"({"a":true})", true},
    {"false is not true", R"({"a":[true]})", R"({"a":false})", false},
    {"true is no string", R"({"a":[true]})", R"({"a":"true"})", false},
    {"number", R"({"a":[100]})", R"({"a":100})", true},
    {"number in another form", R"({"a":[300]})", R"({"a":3.0e2})", true},
    {"number of a fraction", R"({"a":[3.5]})", R"({"a":3.5})", true},
    {"number is no string", R"({"a":[100]})", R"({"a":"100"})", false},
    {"string is no number", R"({"a":["100"]})", R"({"a":100})", false},
    {"number past the comparable", R"({"a":[123456789012]})", R"({"a":123456789012})", true},
    {"other number past the comparable", R"({"a":[123456789012]})", R"({"a":123456789013})", false},
    {"negative number", R"({"a":[-1]})", R"({"a":-1})", true},
    {"exactly", R"({"a":[{"exactly":"x"}]})", R"({"a":"x"})", true},
    {"escapes in the pattern", R"({"a":["\u0078\n\"\\"]})", R"({"a":"x\n\"\\"})", true},
    {"surrogate pairs", R"({"a":["\ud83d\ude00"]})", "{\"a\":\"\xF0\x9F\x98\x80\"}", true},
    {"empty pattern of SNS", "{}", R"({"a":1})", true, sns_body},
    {"event is no object", R"({"a":["x"]})", R"(["a"])", false},
    {"event is no JSON", R"({"a":["x"]})", "a: x", false},
    {"white space in the pattern", " {\n \"a\" : [ \"x\" , \"y\" ] } ", R"({"a":"y"})", true},
    {"the last of two equal keys", R"({"a":["x"],"a":["y"]})", R"({"a":"y"})", true},
    {"address written otherwise", R"({"a":["2001:db8::1"]})", R"({"a":"2001:0db8:0:0:0:0:0:1"})", true},
};
INSTANTIATE_TEST_SUITE_P(Exact, EventPatternMatches, testing::ValuesIn(exact));

constexpr MatchRow texts[] = {
    {"prefix", R"({"a":[{"prefix":"us-"}]})", R"({"a":"us-east-1"})", true},
    {"other prefix", R"({"a":[{"prefix":"us-"}]})", R"({"a":"eu-west-1"})", false},
    {"prefix of a number", R"({"a":[{"prefix":"1"}]})", R"({"a":12})", false},
    {"empty prefix", R"({"a":[{"prefix":""}]})", R"({"a":"x"})", true},
    {"suffix", R"({"a":[{"suffix":".png"}]})", R"({"a":"cat.png"})", true},
    {"other suffix", R"({"a":[{"suffix":".png"}]})", R"({"a":"cat.jpg"})", false},
    {"suffix longer than the value", R"({"a":[{"suffix":"abc"}]})", R"({"a":"bc"})", false},
    {"equals ignore case", R"({"a":[{"equals-ignore-case":"alice"}]})", R"({"a":"ALICE"})", true},
    {"equals ignore case, not a prefix", R"({"a":[{"equals-ignore-case":"alice"}]})", R"({"a":"Alices"})", false},
    {"ignore case of Latin letters", R"({"a":[{"equals-ignore-case":"CAFÉ"}]})", R"({"a":"café"})", true},
    {"ignore case of Greek letters", R"({"a":[{"equals-ignore-case":"ΣΟΦΊΑ"}]})", R"({"a":"σοφΊα"})", true},
    {"ignore case of Cyrillic letters", R"({"a":[{"equals-ignore-case":"ПРИВЕТ"}]})", R"({"a":"Привет"})", true},
    {"prefix ignoring case", R"({"a":[{"prefix":{"equals-ignore-case":"EventB"}}]})", R"({"a":"EVENTBridge"})", true},
    {"other prefix ignoring case", R"({"a":[{"prefix":{"equals-ignore-case":"EventB"}}]})", R"({"a":"Events"})", false},
    {"suffix ignoring case", R"({"a":[{"suffix":{"equals-ignore-case":".png"}}]})", R"({"a":"CAT.PNG"})", true},
    {"other suffix ignoring case", R"({"a":[{"suffix":{"equals-ignore-case":".png"}}]})", R"({"a":"CAT.JPG"})", false},
    {"wildcard inside", R"({"a":[{"wildcard":"dir/*.png"}]})", R"({"a":"dir/a/b.png"})", true},
    {"wildcard of nothing", R"({"a":[{"wildcard":"a*b"}]})", R"({"a":"ab"})", true},
    {"wildcard at both ends", R"({"a":[{"wildcard":"*mid*"}]})", R"({"a":"amidst"})", true},
    {"wildcard alone", R"({"a":[{"wildcard":"*"}]})", R"({"a":""})", true},
    {"wildcard that fits not", R"({"a":[{"wildcard":"dir/*.png"}]})", R"({"a":"dirs/a.png"})", false},
    {"wildcard may not overlap", R"({"a":[{"wildcard":"ab*ba"}]})", R"({"a":"aba"})", false},
    {"wildcard tries again", R"({"a":[{"wildcard":"*ab*ac"}]})", R"({"a":"aababbac"})", true},
    {"wildcard in order", R"({"a":[{"wildcard":"*x*y*"}]})", R"({"a":"yx"})", false},
    {"wildcard without asterisk", R"({"a":[{"wildcard":"abc"}]})", R"({"a":"abcd"})", false},
    {"escaped asterisk", R"({"a":[{"wildcard":"a\\*b"}]})", R"({"a":"a*b"})", true},
    {"escaped asterisk is no wildcard", R"({"a":[{"wildcard":"a\\*b"}]})", R"({"a":"axb"})", false},
    {"escaped backslash", R"({"a":[{"wildcard":"a\\\\*"}]})", R"({"a":"a\\b"})", true},
    {"wildcard of a number", R"({"a":[{"wildcard":"*"}]})", R"({"a":1})", false},
};
INSTANTIATE_TEST_SUITE_P(Texts, EventPatternMatches, testing::ValuesIn(texts));

constexpr MatchRow anything_but[] = {
    {"string", R"({"a":[{"anything-but":"x"}]})", R"({"a":"y"})", true},
    {"that string", R"({"a":[{"anything-but":"x"}]})", R"({"a":"x"})", false},
    {"string, of null", R"({"a":[{"anything-but":"x"}]})", R"({"a":null})", true},
    {"string, of a number", R"({"a":[{"anything-but":"1"}]})", R"({"a":1})", true},
    {"absent field", R"({"a":[{"anything-but":"x"}]})", R"({"b":"x"})", false},
    {"list", R"({"a":[{"anything-but":["x","y"]}]})", R"({"a":"z"})", true},
    {"one of the list", R"({"a":[{"anything-but":["x","y"]}]})", R"({"a":"y"})", false},
    {"number", R"({"a":[{"anything-but":123}]})", R"({"a":456})", true},
    {"that number", R"({"a":[{"anything-but":123}]})", R"({"a":123.0})", false},
    {"numbers", R"({"a":[{"anything-but":[100,200]}]})", R"({"a":200})", false},
    {"prefix", R"({"a":[{"anything-but":{"prefix":"init"}}]})", R"({"a":"running"})", true},
    {"that prefix", R"({"a":[{"anything-but":{"prefix":"init"}}]})", R"({"a":"initializing"})", false},
    {"prefixes", R"({"a":[{"anything-but":{"prefix":["init","err"]}}]})", R"({"a":"error"})", false},
    {"suffix", R"({"a":[{"anything-but":{"suffix":".png"}}]})", R"({"a":"a.jpg"})", true},
    {"that suffix", R"({"a":[{"anything-but":{"suffix":".png"}}]})", R"({"a":"a.png"})", false},
    {"suffixes", R"({"a":[{"anything-but":{"suffix":[".png",".jpg"]}}]})", R"({"a":"a.jpg"})", false},
    {"ignoring case", R"({"a":[{"anything-but":{"equals-ignore-case":"x"}}]})", R"({"a":"y"})", true},
    {"that ignoring case", R"({"a":[{"anything-but":{"equals-ignore-case":"x"}}]})", R"({"a":"X"})", false},
    {"list ignoring case", R"({"a":[{"anything-but":{"equals-ignore-case":["x","y"]}}]})", R"({"a":"Y"})", false},
    {"wildcard", R"({"a":[{"anything-but":{"wildcard":"*/lib/*"}}]})", R"({"a":"/bin/x"})", true},
    {"that wildcard", R"({"a":[{"anything-but":{"wildcard":"*/lib/*"}}]})", R"({"a":"/usr/lib/x"})", false},
    {"wildcards", R"({"a":[{"anything-but":{"wildcard":["a*","b*"]}}]})", R"({"a":"bc"})", false},
    {"some element of an array", R"({"a":[{"anything-but":"x"}]})", R"({"a":["x","y"]})", true},
    {"no element of an array", R"({"a":[{"anything-but":"x"}]})", R"({"a":["x","x"]})", false},
};
INSTANTIATE_TEST_SUITE_P(AnythingBut, EventPatternMatches, testing::ValuesIn(anything_but));

constexpr MatchRow numeric[] = {
    {"equal", R"({"a":[{"numeric":["=",301.5]}]})", R"({"a":3.015e2})", true},
    {"not equal", R"({"a":[{"numeric":["=",301.5]}]})", R"({"a":301})", false},
    {"greater", R"({"a":[{"numeric":[">",5]}]})", R"({"a":5.1})", true},
    {"not greater", R"({"a":[{"numeric":[">",5]}]})", R"({"a":5})", false},
    {"greater or equal", R"({"a":[{"numeric":[">=",5]}]})", R"({"a":5})", true},
    {"less", R"({"a":[{"numeric":["<",5]}]})", R"({"a":-100})", true},
    {"not less", R"({"a":[{"numeric":["<",5]}]})", R"({"a":5})", false},
    {"less or equal", R"({"a":[{"numeric":["<=",5]}]})", R"({"a":5})", true},
    {"inside a range", R"({"a":[{"numeric":[">",0,"<=",5]}]})", R"({"a":5})", true},
    {"below a range", R"({"a":[{"numeric":[">",0,"<=",5]}]})", R"({"a":0})", false},
    {"above a range", R"({"a":[{"numeric":[">=",0,"<",5]}]})", R"({"a":5})", false},
    {"a string is no number", R"({"a":[{"numeric":[">",0]}]})", R"({"a":"5"})", false},
    {"past the comparable", R"({"a":[{"numeric":[">",0]}]})", R"({"a":6000000000})", false},
    {"the sixth digit counts", R"({"a":[{"numeric":["=",0.000001]}]})", R"({"a":0.000002})", false},
};
INSTANTIATE_TEST_SUITE_P(Numeric, EventPatternMatches, testing::ValuesIn(numeric));

constexpr MatchRow addresses[] = {
    {"inside", R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.0.255"})", true},
    {"outside", R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.1.0"})", false},
    {"mask inside a byte", R"({"a":[{"cidr":"10.0.0.0/28"}]})", R"({"a":"10.0.0.15"})", true},
    {"past the mask inside a byte", R"({"a":[{"cidr":"10.0.0.0/28"}]})", R"({"a":"10.0.0.16"})", false},
    {"everything", R"({"a":[{"cidr":"0.0.0.0/0"}]})", R"({"a":"255.255.255.255"})", true},
    {"no address", R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.0"})", false},
    {"inside of IPv6", R"({"a":[{"cidr":"2001:db8::/32"}]})", R"({"a":"2001:DB8:1::5"})", true},
    {"outside of IPv6", R"({"a":[{"cidr":"2001:db8::/32"}]})", R"({"a":"2001:db9::"})", false},
    {"the other family", R"({"a":[{"cidr":"2001:db8::/32"}]})", R"({"a":"10.0.0.1"})", false},
};
INSTANTIATE_TEST_SUITE_P(Addresses, EventPatternMatches, testing::ValuesIn(addresses));

constexpr MatchRow exists[] = {
    {"there", R"({"a":[{"exists":true}]})", R"({"a":1})", true},
    {"null is there", R"({"a":[{"exists":true}]})", R"({"a":null})", true},
    {"not there", R"({"a":[{"exists":true}]})", R"({"b":1})", false},
    {"wanted absent", R"({"a":[{"exists":false}]})", R"({"b":1})", true},
    {"wanted absent, but there", R"({"a":[{"exists":false}]})", R"({"a":""})", false},
    {"an object is no value", R"({"a":[{"exists":true}]})", R"({"a":{"b":1}})", false},
    {"an empty array is no value", R"({"a":[{"exists":true}]})", R"({"a":[]})", false},
    {"an empty array is absent", R"({"a":[{"exists":false}]})", R"({"a":[]})", true},
    {"absent or a value", R"({"a":[{"exists":false},"x"]})", R"({"a":"x"})", true},
    {"absent or another value", R"({"a":[{"exists":false},"x"]})", R"({"a":"y"})", false},
    {"absent below a missing parent", R"({"d":{"a":[{"exists":false}]}})", R"({"b":1})", true},
    {"there in one element", R"({"d":{"a":[{"exists":false}]}})", R"({"d":[{"b":1},{"a":1}]})", false},
    {"absent in all elements", R"({"d":{"a":[{"exists":false}],"b":[1]}})", R"({"d":[{"b":1},{"c":1}]})", true},
    {"absent in the event of DynamoDB", R"({"dynamodb":{"NewImage":{"home":{"S":[{"exists":false}]}}}})",
     R"({"dynamodb":{"NewImage":{"work":{"S":"x"}}}})", true},
};
INSTANTIATE_TEST_SUITE_P(Exists, EventPatternMatches, testing::ValuesIn(exists));

constexpr MatchRow nested[] = {
    {"nested", R"({"d":{"s":{"t":["x"]}}})", R"({"d":{"s":{"t":"x"}}})", true},
    {"not so deep", R"({"d":{"s":["x"]}})", R"({"d":"x"})", false},
    {"deeper than asked", R"({"d":["x"]})", R"({"d":{"s":"x"}})", false},
    {"dot in the pattern", R"({"d.s":["x"]})", R"({"d":{"s":"x"}})", true},
    {"dot in the event", R"({"d":{"s":["x"]}})", R"({"d.s":"x"})", true},
    {"dots in both", R"({"d.s":["x"]})", R"({"d.s":"x"})", true},
    {"dots in other places", R"({"d.s":{"t":["x"]}})", R"({"d":{"s.t":"x"}})", true},
    {"dots beside objects", R"({"d":{"a":[1],"b":[2]}})", R"({"d.a":1,"d":{"b":2}})", true},
    {"dot is no other path", R"({"d.s":["x"]})", R"({"d":{"t":"x"}})", false},
    {"a name that begins alike", R"({"d":{"s":["x"]}})", R"({"ds":"x","d-s":"x"})", false},
    {"array holds it", R"({"a":["x"]})", R"({"a":["w","x"]})", true},
    {"array holds it not", R"({"a":["x"]})", R"({"a":["w","y"]})", false},
    {"array of arrays", R"({"a":["x"]})", R"({"a":[["w"],["x"]]})", true},
    {"empty array", R"({"a":["x"]})", R"({"a":[]})", false},
    {"array of objects", R"({"a":{"b":["x"]}})", R"({"a":[{"b":"w"},{"b":"x"}]})", true},
    {"fields of one element", R"({"a":{"b":[1],"c":[2]}})", R"({"a":[{"b":1,"c":2},{"b":3}]})", true},
    {"fields of different elements", R"({"a":{"b":[1],"c":[2]}})", R"({"a":[{"b":1},{"c":2}]})", false},
    {"elements of elements", R"({"a":{"b":{"c":[1],"d":[2]}}})",
     R"({"a":[{"b":[{"c":1},{"d":2}]},{"b":[{"c":1,"d":2}]}]})", true},
    {"elements of different elements", R"({"a":{"b":{"c":[1]},"d":[2]}})",
     R"({"a":[{"b":[{"c":1}]},{"b":[{"c":3}],"d":2}]})", false},
    {"scalars and objects mixed", R"({"a":{"b":[1]}})", R"({"a":["x",{"b":1}]})", true},
};
INSTANTIATE_TEST_SUITE_P(Nested, EventPatternMatches, testing::ValuesIn(nested));

constexpr MatchRow alternatives[] = {
    {"first", R"({"$or":[{"a":["x"]},{"b":["y"]}]})", R"({"a":"x"})", true},
    {"second", R"({"$or":[{"a":["x"]},{"b":["y"]}]})", R"({"b":"y"})", true},
    {"none", R"({"$or":[{"a":["x"]},{"b":["y"]}]})", R"({"a":"y","b":"x"})", false},
    {"and what stands beside", R"({"s":["q"],"$or":[{"a":["x"]},{"b":["y"]}]})", R"({"s":"q","b":"y"})", true},
    {"without what stands beside", R"({"s":["q"],"$or":[{"a":["x"]},{"b":["y"]}]})", R"({"s":"r","b":"y"})", false},
    {"what stands after", R"({"$or":[{"a":["x"]},{"b":["y"]}],"s":["q"]})", R"({"a":"x"})", false},
    {"several fields of one", R"({"$or":[{"a":["x"],"b":["y"]},{"c":["z"]}]})", R"({"a":"x"})", false},
    {"below a field", R"({"d":{"$or":[{"a":[1]},{"b":[{"numeric":[">",5]}]}]}})", R"({"d":{"b":6}})", true},
    {"inside another", R"({"$or":[{"a":[1],"$or":[{"b":[1]},{"c":[1]}]},{"d":[1]}]})", R"({"a":1,"c":1})", true},
    {"two of them", R"({"$or":[{"a":[1]},{"b":[1]}],"d":{"$or":[{"e":[1]},{"f":[1]}]}})", R"({"b":1,"d":{"e":1}})",
     true},
    {"absent or another", R"({"$or":[{"a":[{"exists":false}]},{"a":["x"]}]})", R"({"a":"y"})", false},
    {"one element of an array", R"({"d":{"s":[1],"$or":[{"a":[1]},{"b":[1]}]}})", R"({"d":[{"s":1},{"s":2,"a":1}]})",
     false},
};
INSTANTIATE_TEST_SUITE_P(Or, EventPatternMatches, testing::ValuesIn(alternatives));

struct RefusalRow {
    const char* name;
    const char* pattern;
    std::string text;
    PatternDialect dialect = event_bridge;
};
void PrintTo(const RefusalRow& row, std::ostream* out) { *out << row.name; }

class EventPatternRefused : public testing::TestWithParam<RefusalRow> {};

TEST_P(EventPatternRefused, InAwsWords) {
    const auto& row = GetParam();
    try {
        EventPattern::compile(row.pattern, row.dialect);
        ADD_FAILURE() << row.pattern << " was accepted";
    } catch (const InvalidPattern& refusal) {
        EXPECT_EQ(std::string(refusal.what()), row.text);
    }
}

/// The text of a refusal that names its place.
std::string at(std::string_view text, std::string_view pattern, int column) {
    return fmt::format("{}\n at [Source: (String)\"{}\"; line: 1, column: {}]", text, pattern, column);
}
RefusalRow sns(const char* pattern, std::string_view reason, int column) {
    return {pattern, pattern, "FilterPolicy: " + at(reason, pattern, column), sns_attributes};
}
RefusalRow rule(const char* pattern, std::string_view reason, int column) {
    return {pattern, pattern, "Event pattern is not valid. Reason: " + at(reason, pattern, column)};
}

/// Recorded from AWS, by several projects' public suites.
const RefusalRow recorded[] = {
    sns(R"({"key":[["value"]]})", "Match value must be String, number, true, false, or null", 10),
    sns(R"({"key":[{"wrong-operator":true}]})", "Unrecognized match type wrong-operator", 31),
    sns(R"({"key":[{"suffix":"value","prefix":"value2"}]})", "Only one key allowed in match expression", 37),
    sns(R"({"key":[{"suffix":100}]})", "suffix match pattern must be a string", 22),
    sns(R"({"key":[{"suffix":null}]})", "suffix match pattern must be a string", 23),
    sns(R"({"key":{"suffix":"value"}})", "\"suffix\" must be an object or an array", 19),
    sns(R"({"key":[{"suffix":[]}]})", "suffix match pattern must be a string", 20),
    sns(R"({"key":{"not-an-operator":"value"}})", "\"not-an-operator\" must be an object or an array", 28),
    sns(R"({"key":[{"numeric":[]}]})", "Invalid member in numeric match: ]", 22),
    sns(R"({"key":[{"numeric":["operator"]}]})", "Unrecognized numeric range operator: operator", 32),
    sns(R"({"key":[{"numeric":[1,"<="]}]})", "Invalid member in numeric match: 1", 22),
    sns(R"({"key":[{"numeric":["=","000"]}]})", "Value of equals must be numeric", 26),
    sns(R"({"key":[{"numeric":[">="]}]})", "Value of >= must be numeric", 26),
    sns(R"({"key":[{"numeric":["<",100,">",10]}]})", "Too many elements in numeric expression", 30),
    sns(R"({"key":[{"numeric":[">=",1,">",2]}]})", "Bad numeric range operator: >", 31),
    sns(R"({"key":[{"numeric":[">",3,"<",1]}]})", "Bottom must be less than top", 33),
    sns(R"({"key":[{"numeric":[">",20,"<="]}]})", "Value of <= must be numeric", 33),
    sns(R"({"key":[{"numeric":[">",20,30]}]})", "Bad value in numeric range: 30", 30),
    sns(R"({"key":[{"numeric":[">",20,"test"]}]})", "Bad numeric range operator: test", 34),
    sns(R"({"key":[{"numeric":[">","20","<","30"]}]})", "Value of > must be numeric", 26),
    sns(R"({"key":[{"numeric":[">",20,"<","30"]}]})", "Value of < must be numeric", 33),
    sns(R"({"key":[{"numeric":[">",20,"<",30,"<",50]}]})", "Too many terms in numeric range expression", 36),
    sns(R"({"key":[{"exists":null}]})", "exists match pattern must be either true or false.", 23),
    sns(R"({"key":[{"exists":"no"}]})", "exists match pattern must be either true or false.", 20),
    sns(R"({"key_a":"value_one"})", "\"key_a\" must be an object or an array", 11),
    rule(R"({"int": 42})", "\"int\" must be an object or an array", 11),
    rule(R"({"string": "my-value"})", "\"string\" must be an object or an array", 13),
    rule(R"({"resources": []})", "Empty arrays are not allowed", 17),
    rule(R"({"detail": {"equal": [{"NUMERIC": ["=", 5]}]}})", "Unrecognized match type NUMERIC", 36),
    rule(R"({"my_key": [{"EXISTS": true}]})", "Unrecognized match type EXISTS", 28),
    rule(R"({"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}})", "Bad numeric range operator: >", 49),
    rule(R"({"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}})", "Value of < must be numeric", 50),
    rule(R"({"detail-type": [{"equals-ignore-case": ["ec2 instance state-change notification"]}]})",
         "equals-ignore-case match pattern must be a string", 42),
    rule(R"({"detail-type": [{"equals-ignore-case": {"prefix": "ec2"}}]})",
         "equals-ignore-case match pattern must be a string", 42),
    rule(R"({"detail": {"state": [{"anything-but": {"equals-ignore-case": 123}}]}})",
         "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.", 66),
    rule("this is valid json but not a dict",
         "Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
         "'false')",
         5),
    {"a list names its place twice", R"({"detail": {"state": [{"anything-but": {"equals-ignore-case": [123, 456]}}]}})",
     "Event pattern is not valid. Reason: " +
         at(at("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
               R"({"detail": {"state": [{"anything-but": {"equals-ignore-case": [123, 456]}}]}})", 67),
            R"({"detail": {"state": [{"anything-but": {"equals-ignore-case": [123, 456]}}]}})", 67)},
    {"an address range without mask", R"({"a":[{"cidr":"bad-filter"}]})",
     "Event pattern is not valid. Reason: Malformed CIDR, one '/' required"},
    {"too many wildcards", R"({"a":[{"wildcard":"*a*a*a*a*a*a*a*"}]})",
     "Event pattern is not valid. Reason: Rule is too complex - try using fewer wildcard characters or fewer repeating "
     "character sequences after a wildcard character"},
    {"too many keys of SNS", R"({"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]})",
     "FilterPolicy: Filter policy can not have more than 5 keys", sns_attributes},
    {"nested attributes of SNS", R"({"a":{"b":["x"]}})",
     "Filter policy scope MessageAttributes does not support nested filter policy", sns_attributes},
    {"no JSON of SNS", "{", "FilterPolicy: failed to parse JSON.", sns_body},
};
INSTANTIATE_TEST_SUITE_P(Recorded, EventPatternRefused, testing::ValuesIn(recorded));

/// By the texts of AWS's public compiler.
const RefusalRow by_source[] = {
    rule("[]", "Filter is not an object", 2),
    rule("{}", "Empty objects are not allowed", 3),
    rule(R"({"a":[{}]})", "Match expression name not found", 9),
    rule(R"({"a":[{"prefix":1}]})", "prefix match pattern must be a string", 18),
    rule(R"({"a":[{"prefix":{"x":"y"}}]})", "Unsupported prefix pattern: x", 23),
    rule(R"({"a":[{"anything-but":{"x":"y"}}]})", "Unsupported anything-but pattern: x", 29),
    rule(R"({"a":[{"anything-but":{"prefix":""}}]})", "Null prefix/suffix not allowed", 35),
    rule(R"({"a":[{"anything-but":true}]})", "Value of anything-but must be an array or single string/number value.",
         27),
    rule(R"({"a":[{"numeric":1}]})", "Value of numeric must be an array.", 19),
    rule(R"({"a":[{"numeric":["=",6000000000]}]})", "Value must be between -5.0E9 and 5.0E9, inclusive", 34),
    rule(R"({"a":[{"wildcard":"a**b"}]})", "Consecutive wildcard characters at pos 2", 25),
    rule(R"({"a":[{"wildcard":"a\\b"}]})", "Invalid escape character at pos 2", 25),
    rule(R"({"$or":[{"a":[1]}]})", "There must have at least 2 Objects in $or relationship.", 19),
    rule(R"({"$or":{"a":[1]}})", "It must be an Array followed with $or.", 9),
    rule(R"({"$or":[1,2]})", "Only JSON object is allowed in array of $or relationship.", 10),
    rule(R"({"a":["x" "y"]})", "Unexpected character ('\"' (code 34)): was expecting comma to separate Array entries",
         12),
    {"mask of letters", R"({"a":[{"cidr":"10.0.0.0/x"}]})",
     "Event pattern is not valid. Reason: Malformed CIDR, mask bits must be an integer"},
    {"mask too long", R"({"a":[{"cidr":"10.0.0.0/32"}]})",
     "Event pattern is not valid. Reason: IPv4 mask bits must be < 32"},
    {"range of a name", R"({"a":[{"cidr":"xx/11"}]})",
     "Event pattern is not valid. Reason: Nonstandard IP address: xx"},
    {"range of no address", R"({"a":[{"cidr":"300.0.0.0/8"}]})",
     "Event pattern is not valid. Reason: Invalid IP address: 300.0.0.0"},
};
INSTANTIATE_TEST_SUITE_P(BySource, EventPatternRefused, testing::ValuesIn(by_source));

std::string values(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += fmt::format("{}\"v{}\"", i ? "," : "", i);
    return "[" + text + "]";
}

TEST(EventPatternLimits, SnsMultipliesTheNumbersOfValues) {
    EventPattern::compile(fmt::format(R"({{"a":{},"b":{}}})", values(15), values(10)), sns_attributes);
    EXPECT_THROW(EventPattern::compile(fmt::format(R"({{"a":{},"b":{}}})", values(16), values(10)), sns_attributes),
                 InvalidPattern);
}

TEST(EventPatternLimits, SnsMultipliesDepthToo) {
    // AWS's example: four values at the third level, three at the second are 4 x 3 x 3 x 2 = 72.
    const auto policy = [](int deep, int flat) {
        return fmt::format(R"({{"key_a":{{"key_b":{{"key_c":{}}}}},"key_d":{{"key_e":{}}}}})", values(deep),
                           values(flat));
    };
    EventPattern::compile(policy(4, 3), sns_body);
    EventPattern::compile(policy(5, 5), sns_body);
    EXPECT_THROW(EventPattern::compile(policy(13, 2), sns_body), InvalidPattern);
}

TEST(EventPatternLimits, SnsAddsAlternatives) {
    const auto policy = [](int first, int second) {
        return fmt::format(R"({{"$or":[{{"a":{}}},{{"b":{}}}]}})", values(first), values(second));
    };
    EventPattern::compile(policy(75, 75), sns_body);
    EXPECT_THROW(EventPattern::compile(policy(75, 76), sns_body), InvalidPattern);
}

TEST(EventPatternLimits, AlternativesAreBounded) {
    std::string pattern = "{";
    for (int i = 0; i < 11; ++i)
        pattern += fmt::format(R"({}"k{}":{{"$or":[{{"a":[1]}},{{"b":[1]}}]}})", i ? "," : "", i);
    EXPECT_THROW(EventPattern::compile(pattern + "}", event_bridge), InvalidPattern);
}

TEST(EventPatternLimits, DepthIsBounded) {
    std::string pattern;
    for (int i = 0; i < 5000; ++i) pattern += R"({"a":)";
    EXPECT_THROW(EventPattern::compile(pattern, event_bridge), InvalidPattern);
}

TEST(EventPatternLimits, ALongSourceIsShownInPart) {
    const std::string pattern = R"({"a":")" + std::string(600, 'x') + "\"}";
    try {
        EventPattern::compile(pattern, event_bridge);
        ADD_FAILURE();
    } catch (const InvalidPattern& refusal) {
        EXPECT_THAT(refusal.what(), testing::EndsWith("x\"[truncated 108 chars]; line: 1, column: 7]"));
    }
}

}  // namespace
}  // namespace cumulet::contracts
