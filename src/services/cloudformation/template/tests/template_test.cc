// The template language: parsing, parameters, functions, order.
#include <gtest/gtest.h>

#include "services/cloudformation/template/error.h"
#include "services/cloudformation/template/evaluate.h"
#include "services/cloudformation/template/parse.h"
#include "services/cloudformation/template/references.h"

namespace cumulet::cloudformation {
namespace {

json::value parsed(std::string_view text) { return parse_json(text).value(); }

std::string message_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const TemplateError& error) {
        return error.what();
    }
    return "";
}

TEST(ParseTemplate, WritesShortTagsOut) {
    struct Row {
        std::string_view yaml, json;
    };
    const Row rows[] = {
        {"a: !Ref B", R"({"a":{"Ref":"B"}})"},
        {"a: !GetAtt B.Endpoint.Address", R"({"a":{"Fn::GetAtt":["B","Endpoint.Address"]}})"},
        {"a: !GetAtt [B, Arn]", R"({"a":{"Fn::GetAtt":["B","Arn"]}})"},
        {"a: !Sub 'x-${B}'", R"({"a":{"Fn::Sub":"x-${B}"}})"},
        {"a: !Sub\n  - x-${C}\n  - C: !Ref D", R"({"a":{"Fn::Sub":["x-${C}",{"C":{"Ref":"D"}}]}})"},
        {"a: !If [IsProd, 1, !Ref 'AWS::NoValue']", R"({"a":{"Fn::If":["IsProd",1,{"Ref":"AWS::NoValue"}]}})"},
        {"a: !Join ['', [x, !Ref B]]", R"({"a":{"Fn::Join":["",["x",{"Ref":"B"}]]}})"},
        {"a: !Not [!Equals [!Ref B, '']]", R"({"a":{"Fn::Not":[{"Fn::Equals":[{"Ref":"B"},""]}]}})"},
        {"a: !And [!Condition X, !Condition Y]", R"({"a":{"Fn::And":[{"Condition":"X"},{"Condition":"Y"}]}})"},
        {"a:\n  Fn::Base64: !Sub |\n    one\n    two\n", R"({"a":{"Fn::Base64":{"Fn::Sub":"one\ntwo\n"}}})"},
        {"a: !FindInMap [M, !Ref 'AWS::Region', k]", R"({"a":{"Fn::FindInMap":["M",{"Ref":"AWS::Region"},"k"]}})"},
    };
    for (const auto& row : rows) EXPECT_EQ(json::value(parse_template(row.yaml)), parsed(row.json)) << row.yaml;
}

TEST(ParseTemplate, ReadsScalarsAsCloudFormationDoes) {
    const auto document = parse_template(
        "date: 2010-09-09\nnumber: 30\nnegative: -1\nfraction: 0.5\nyes: true\nquoted: '30'\naccount: "
        "012345678901\nempty:\nword: Enabled\n");
    EXPECT_EQ(json::value(document),
              parsed(R"({"date":"2010-09-09","number":30,"negative":-1,"fraction":0.5,"yes":true,"quoted":"30",)"
                     R"("account":"012345678901","empty":null,"word":"Enabled"})"));
}

TEST(ParseTemplate, RefusesWhatIsNoTemplate) {
    EXPECT_EQ(message_of([] { parse_template("just words"); }), "Template format error: unsupported structure.");
    EXPECT_EQ(message_of([] { parse_template("a: b: c"); }),
              "Template format error: YAML not well-formed. (line 1, column 5)");
    EXPECT_EQ(message_of([] { parse_template("a: &x [1]\nb: *x"); }),
              "Template error: YAML aliases are not allowed in CloudFormation templates");
    EXPECT_NE(message_of([] { parse_template(std::string(200, '[')); }), "");
    EXPECT_NE(message_of([] { parse_template(std::string(max_template_bytes + 1, ' ')); }), "");
    EXPECT_NE(message_of([] { parse_template("a: 1\na: 2"); }), "");
}

constexpr std::string_view full = R"(
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Zones: {Type: CommaDelimitedList, Default: "a, b,c"}
  Count: {Type: Number, Default: 3, MinValue: 1, MaxValue: 5}
Mappings:
  Sizes: {dev: {Memory: 128, Names: [x, y]}, prod: {Memory: 512, Names: [z]}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  NotProd: !Not [!Condition IsProd]
  Both: !And [!Condition IsProd, !Condition NotProd]
  Either: !Or [!Condition IsProd, !Condition NotProd]
Resources:
  Queue: {Type: 'AWS::SQS::Queue'}
)";

struct World {
    Template definition = read_template(parse_template(full));
    Scope scope;
    explicit World(ParameterTexts texts = {}) {
        scope.account = "000000000000";
        scope.region = "eu-west-1";
        scope.stack_name = "shop";
        scope.parameters = parameter_values(definition, texts);
        scope.resources["Queue"] = {"http://queue", json::object{{"Arn", "arn:queue"}, {"Nested.Name", "deep"}}};
        scope.exports["net-id"] = "vpc-1";
    }
    std::optional<json::value> evaluate(std::string_view yaml) {
        return Evaluator(definition, scope).value(parse_yaml(yaml));
    }
};

TEST(Evaluate, GivesTheValueOfEachFunction) {
    struct Row {
        std::string_view expression, expected;
    };
    const Row rows[] = {
        {"!Ref Stage", R"("dev")"},
        {"!Ref Zones", R"(["a","b","c"])"},
        {"!Ref Queue", R"("http://queue")"},
        {"!Ref AWS::Region", R"("eu-west-1")"},
        {"!GetAtt Queue.Arn", R"("arn:queue")"},
        {"!GetAtt Queue.Nested.Name", R"("deep")"},
        {"!Sub '${Stage}-${Queue}-${Queue.Arn}-${AWS::StackName}-${!Literal}'",
         R"("dev-http://queue-arn:queue-shop-${Literal}")"},
        {"!Sub ['${A}${Stage}', {A: !Ref Count}]", R"("3dev")"},
        {"!Join ['-', [a, 1, true, !Ref Stage]]", R"("a-1-true-dev")"},
        {"!Join [',', !Ref Zones]", R"("a,b,c")"},
        {"!Select [1, !Ref Zones]", R"("b")"},
        {"!Select ['0', [x]]", R"("x")"},
        {"!Split ['/', 'a//b']", R"(["a","","b"])"},
        {"!FindInMap [Sizes, !Ref Stage, Memory]", "128"},
        {"!FindInMap [Sizes, nowhere, Memory, {DefaultValue: 7}]", "7"},
        {"!FindInMap [None, nowhere, Memory, {DefaultValue: 7}]", "7"},
        {"!If [IsProd, yes-it-is, no-it-is-not]", R"("no-it-is-not")"},
        {"{a: !If [IsProd, 1, !Ref 'AWS::NoValue'], b: 2}", R"({"b":2})"},
        {"[1, !If [IsProd, 2, !Ref 'AWS::NoValue'], 3]", "[1,3]"},
        {"!Base64 hello", R"("aGVsbG8=")"},
        {"!GetAZs ''", R"(["eu-west-1a","eu-west-1b","eu-west-1c"])"},
        {"!Cidr [10.0.0.0/16, 3, 8]", R"(["10.0.0.0/24","10.0.1.0/24","10.0.2.0/24"])"},
        {"!ImportValue net-id", R"("vpc-1")"},
        {"!Length [1, 2, 3]", "3"},
        {"!ToJsonString {a: !Ref Stage}", R"("{\"a\":\"dev\"}")"},
    };
    World world;
    for (const auto& row : rows) EXPECT_EQ(world.evaluate(row.expression), parsed(row.expected)) << row.expression;
    EXPECT_EQ(world.evaluate("!Ref AWS::NoValue"), std::nullopt);
}

TEST(Evaluate, DecidesConditions) {
    for (const auto& [stage, prod] : {std::pair("dev", false), std::pair("prod", true)}) {
        World world({{"Stage", stage}});
        Evaluator evaluator(world.definition, world.scope);
        EXPECT_EQ(evaluator.condition("IsProd"), prod);
        EXPECT_EQ(evaluator.condition("NotProd"), !prod);
        EXPECT_FALSE(evaluator.condition("Both"));
        EXPECT_TRUE(evaluator.condition("Either"));
    }
}

TEST(Evaluate, SaysWhatIsWrongInAwsWords) {
    World world;
    struct Row {
        std::string_view expression, message;
    };
    const Row rows[] = {
        {"!ImportValue nothing", "No export named nothing found."},
        {"!FindInMap [Sizes, test, Memory]", "Template error: Unable to get mapping for Sizes::test::Memory"},
        {"!Select [5, [a]]", "Template error: Fn::Select  cannot select nonexistent value at index 5"},
        {"!Sub '${a b}'",
         "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, "
         "periods, and colons"},
        {"!Nonsense x", "Template error: the function Fn::Nonsense is not supported"},
        {"!Cidr [10.0.0.0/30, 5, 1]", "Template error: Fn::Cidr cannot take 5 blocks from 10.0.0.0/30"},
    };
    for (const auto& row : rows)
        EXPECT_EQ(message_of([&] { world.evaluate(row.expression); }), row.message) << row.expression;
}

TEST(Evaluate, BoundsWhatATemplateMayGrowTo) {
    std::string text =
        "Mappings: {M: {a: {b: '" + std::string(100000, 'x') + "'}}}\nResources: {R: {Type: T, Properties: {L: [";
    for (int i = 0; i < 1000; ++i) text += "!FindInMap [M, a, b], ";
    const auto definition = read_template(parse_template(text + "]}}}"));
    const Scope scope;
    EXPECT_EQ(message_of([&] { Evaluator(definition, scope).properties(definition.resources[0]); }),
              "Template error: the values of this template are too large");
}

TEST(Evaluate, MarksWhatOnlyTheDeploymentWillKnow) {
    World world;
    world.scope.resources.clear();
    world.scope.foresee = true;
    EXPECT_EQ(world.evaluate("!Sub 'a-${Queue.Arn}'"), json::value("a-{{changeSet:KNOWN_AFTER_APPLY}}"));
}

TEST(Parameters, AreCheckedAgainstTheirConstraints) {
    const auto definition = read_template(parse_template(full));
    const auto settle = [&](std::vector<GivenParameter> given) {
        settle_parameters(definition, given, {{"Stage", "prod"}});
    };
    EXPECT_EQ(message_of([&] { settle({{"Stage", "test"}}); }),
              "Parameter 'Stage' must be one of AllowedValues [dev, prod]");
    EXPECT_EQ(message_of([&] { settle({{"Count", "9"}}); }), "Parameter 'Count' must be a number not greater than 5");
    EXPECT_EQ(message_of([&] { settle({{"Count", "x"}}); }), "Parameter 'Count' must be a number");
    EXPECT_EQ(message_of([&] { settle({{"Other", "x"}}); }), "Parameters: [Other] do not exist in the template");
    EXPECT_EQ(settle_parameters(definition, {{"Stage", "", true}}, {{"Stage", "prod"}}).at("Stage"), "prod");
    const auto needy = read_template(parse_template("Parameters: {A: {Type: String}}\nResources: {Q: {Type: T}}"));
    EXPECT_EQ(message_of([&] { settle_parameters(needy, {}, {}); }), "Parameters: [A] must have values");
    const auto pattern =
        read_template(parse_template("Parameters: {A: {Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: "
                                     "only letters}}\nResources: {Q: {Type: T}}"));
    EXPECT_EQ(message_of([&] { settle_parameters(pattern, {{"A", "1"}}, {}); }),
              "Parameter 'A' failed to satisfy constraint: only letters");
}

TEST(ReadTemplate, RefusesWhatCannotWork) {
    struct Row {
        std::string_view yaml, message;
    };
    const Row rows[] = {
        {"Resources: {}", "Template format error: At least one Resources member must be defined."},
        {"Resources: {A: {Properties: {}}}",
         "Template format error: [/Resources/A] Every Resources object must contain a Type member."},
        {"Resources: {a-b: {Type: T}}", "Template format error: Resource name a-b is non alphanumeric."},
        {"Resources: {A: {Type: T, Properties: {X: !Ref B}}}",
         "Template format error: Unresolved resource dependencies [B] in the Resources block of the template"},
        {"Resources: {A: {Type: T, DependsOn: B}}",
         "Template format error: Unresolved resource dependencies [B] in the Resources block of the template"},
        {"Resources: {A: {Type: T}}\nOutputs: {O: {Value: !Ref B}}",
         "Template format error: Unresolved resource dependencies [B] in the Outputs block of the template"},
        {"Resources: {A: {Type: T, Properties: {X: !GetAtt B.Arn}}}",
         "Template error: instance of Fn::GetAtt references undefined resource B"},
        {"Resources: {A: {Type: T, Properties: {X: !Ref B}}, B: {Type: T, DependsOn: A}, C: {Type: T, DependsOn: A}}",
         "Circular dependency between resources: [A, B]"},
        {"Resources: {A: {Type: T, Properties: {X: !Sub '${A}'}}}", "Circular dependency between resources: [A]"},
        {"Resources: {A: {Type: T}}\nSurprise: 1", "Invalid template property or properties [Surprise]"},
        {"Resources: {A: {Type: T}}\nParameters: {P: {Type: Strange}}",
         "Template format error: Unrecognized parameter type: Strange"},
        {"Resources: {A: {Type: T, Properties: {X: {Y: ~}}}}",
         "Template format error: [/Resources/A/Properties/X/Y] 'null' values are not allowed in templates"},
        {"Resources: {A: {Type: T}}\nOutputs: {O: {Description: d}}",
         "Template format error: Every Outputs member must contain a Value object"},
    };
    for (const auto& row : rows)
        EXPECT_EQ(message_of([&] { read_template(parse_template(row.yaml)); }), row.message) << row.yaml;
}

TEST(ReadTemplate, KnowsTheCapabilityThatItsIamResourcesNeed) {
    const auto capability = [](std::string_view yaml) {
        return needed_capability(read_template(parse_template(yaml)));
    };
    EXPECT_EQ(capability("Resources: {A: {Type: 'AWS::SQS::Queue'}}"), "");
    EXPECT_EQ(capability("Resources: {A: {Type: 'AWS::IAM::Role'}}"), "CAPABILITY_IAM");
    EXPECT_EQ(capability("Resources: {A: {Type: 'AWS::IAM::Role', Properties: {RoleName: r}}}"),
              "CAPABILITY_NAMED_IAM");
}

TEST(Dependencies, ComeBeforeWhatNeedsThem) {
    const auto definition = read_template(parse_template(
        "Resources: {A: {Type: T, Properties: {X: !GetAtt B.Arn}}, B: {Type: T, DependsOn: [C]}, C: {Type: T}}"));
    EXPECT_EQ(ordered(dependencies(definition)), (std::vector<std::string>{"C", "B", "A"}));
}

}  // namespace
}  // namespace cumulet::cloudformation
