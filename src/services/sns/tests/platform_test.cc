// Push applications and devices, and CloudFormation's resource types, over the memory store.
#include <gmock/gmock.h>

#include "services/sns/service.h"
#include "store/memory/memory_store.h"

namespace cumulet::sns {
namespace {

using Attributes = std::map<std::string, std::string>;
using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

/// Calls SNS itself.
struct ShortDoor : contracts::Door {
    Task<void> invoke(Call& caller, const contracts::Service& service, const contracts::Operation& operation,
                      void* input, void* output) override {
        if (service.name != "sns" || !sns) throw aws::not_implemented(service.name, operation.name);
        Call call = caller.child("sns", std::string(operation.name));
        co_await operation.invoke(*sns, call, input, output);
    }
    contracts::AnyApi* sns = nullptr;
};

struct World {
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    ShortDoor door;
    contracts::Metrics metrics;
    Service service{*store, door, metrics};
    Call call{reactor, "request"};

    World() { door.sns = &service; }

    template <typename T>
    T run(Task<T> task) {
        return reactor.block_on(std::move(task));
    }
    std::string application(Attributes attributes = {{"PlatformCredential", "secret"}}) {
        return *run(service.create_platform_application(
                        call, {.Name = "shop", .Platform = "GCM", .Attributes = std::move(attributes)}))
                    .PlatformApplicationArn;
    }
    std::string endpoint(std::string application, std::string token, Attributes attributes = {}) {
        return *run(service.create_platform_endpoint(call, {.PlatformApplicationArn = std::move(application),
                                                            .Token = std::move(token),
                                                            .Attributes = std::move(attributes)}))
                    .EndpointArn;
    }
    Attributes endpoint_attributes(std::string arn) {
        return *run(service.get_endpoint_attributes(call, {std::move(arn)})).Attributes;
    }
    void set_endpoint(std::string arn, Attributes attributes) {
        run(service.set_endpoint_attributes(call, {std::move(arn), std::move(attributes)}));
    }
    contracts::ResourceType& type(std::string_view name) {
        for (auto& each : types) {
            if (each->name() == name) return *each;
        }
        throw std::logic_error("no such type");
    }
    std::vector<std::unique_ptr<contracts::ResourceType>> types = resource_types(door);
};

template <typename Action>
std::string error_of(Action action) {
    try {
        action();
    } catch (const aws::Error& error) {
        return error.code + ": " + error.message;
    }
    return "";
}

TEST(PlatformApplication, IsKeptWithoutShowingItsCredentials) {
    World world;
    const auto arn = world.application({{"PlatformCredential", "secret"}, {"SuccessFeedbackSampleRate", "50"}});
    EXPECT_EQ(arn, "arn:aws:sns:us-east-1:000000000000:app/GCM/shop");
    const auto shown = world.run(world.service.get_platform_application_attributes(world.call, {arn}));
    EXPECT_THAT(*shown.Attributes,
                UnorderedElementsAre(Pair("Enabled", "true"), Pair("SuccessFeedbackSampleRate", "50")));
    const auto listed = world.run(world.service.list_platform_applications(world.call, {}));
    ASSERT_EQ(listed.PlatformApplications->size(), 1u);
    EXPECT_EQ(listed.PlatformApplications->front().PlatformApplicationArn, arn);
}

TEST(PlatformApplication, TakesItsEndpointsWithIt) {
    World world;
    const auto arn = world.application();
    const auto device = world.endpoint(arn, "t1");
    world.run(world.service.delete_platform_application(world.call, {arn}));
    EXPECT_EQ(error_of([&] { world.endpoint_attributes(device); }), "NotFound: Endpoint does not exist");
    EXPECT_EQ(error_of([&] { world.endpoint(arn, "t1"); }), "NotFound: PlatformApplication does not exist");
    world.run(world.service.delete_platform_application(world.call, {arn}));
}

TEST(PlatformApplication, RefusesWhatIsNone) {
    World world;
    const auto refuse = [&](std::string name, std::string platform, Attributes attributes) {
        return error_of([&] {
            world.run(world.service.create_platform_application(
                world.call, {.Name = name, .Platform = platform, .Attributes = attributes}));
        });
    };
    EXPECT_EQ(refuse("shop", "FAX", {{"PlatformCredential", "x"}}),
              "InvalidParameter: Invalid parameter: Platform Reason: FAX is not supported");
    EXPECT_NE(refuse("a b", "GCM", {{"PlatformCredential", "x"}}), "");
    EXPECT_NE(refuse("shop", "GCM", {}), "");
    EXPECT_NE(refuse("shop", "GCM", {{"PlatformCredential", "x"}, {"Colour", "red"}}), "");
}

TEST(PlatformEndpoint, IsTheSameForTheSameTokenUnlessItWouldDiffer) {
    World world;
    const auto application = world.application();
    const auto arn = world.endpoint(application, "t1", {{"CustomUserData", "ann"}});
    EXPECT_THAT(arn, testing::StartsWith("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/shop/"));
    EXPECT_EQ(world.endpoint(application, "t1", {{"CustomUserData", "ann"}}), arn);
    EXPECT_NE(world.endpoint(application, "t2"), arn);
    EXPECT_EQ(error_of([&] { world.endpoint(application, "t1", {{"CustomUserData", "bo"}}); }),
              "InvalidParameter: Invalid parameter: Token Reason: Endpoint " + arn +
                  " already exists with the same Token, but different attributes.");
    EXPECT_THAT(world.endpoint_attributes(arn),
                UnorderedElementsAre(Pair("Enabled", "true"), Pair("Token", "t1"), Pair("CustomUserData", "ann")));
}

TEST(PlatformEndpoint, ChangesItsToken) {
    World world;
    const auto application = world.application();
    const auto arn = world.endpoint(application, "t1");
    world.set_endpoint(arn, {{"Token", "t2"}, {"Enabled", "False"}});
    EXPECT_EQ(world.endpoint_attributes(arn)["Enabled"], "false");
    EXPECT_EQ(world.endpoint(application, "t2"), arn);
    const auto other = world.endpoint(application, "t1");
    EXPECT_NE(other, arn) << "the old token is free";
    EXPECT_NE(error_of([&] { world.set_endpoint(other, {{"Token", "t2"}}); }), "");
    EXPECT_EQ(error_of([&] { world.set_endpoint(arn, {{"Colour", "red"}}); }).substr(0, 16), "InvalidParameter");
}

TEST(PlatformEndpoint, GetsMessagesWhileItIsEnabled) {
    World world;
    const auto application = world.application();
    const auto arn = world.endpoint(application, "t1");
    const auto publish = [&] {
        world.run(world.service.publish(
            world.call,
            {.TargetArn = arn, .Message = R"({"default":"hello","GCM":"for Android"})", .MessageStructure = "json"}));
    };
    publish();
    const auto kept = world.run(world.store->transact([](store::Transaction& tx) -> Task<std::vector<Kept>> {
        co_return co_await list_kept(tx, {"000000000000", "us-east-1"}, "platform");
    }));
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_EQ(kept[0].recipient, arn);
    EXPECT_EQ(kept[0].message.at("Message").as_string(), "for Android");

    world.set_endpoint(arn, {{"Enabled", "false"}});
    EXPECT_EQ(error_of(publish), "EndpointDisabled: Endpoint is disabled");
    world.set_endpoint(arn, {{"Enabled", "true"}});
    world.run(world.service.set_platform_application_attributes(world.call, {application, {{"Enabled", "false"}}}));
    EXPECT_EQ(error_of(publish), "PlatformApplicationDisabled: Platform application is disabled");
    world.run(world.service.delete_endpoint(world.call, {arn}));
    EXPECT_EQ(error_of(publish).substr(0, 16), "InvalidParameter");
}

json::object properties(std::string_view text) { return json::parse(text).as_object(); }

TEST(TopicResource, IsMadeUpdatedAndRemoved) {
    World world;
    auto& type = world.type("AWS::SNS::Topic");
    const contracts::ResourceContext context{.stack_tags = {{"team", "a"}}, .generated_name = "stack-Topic-X"};
    const auto before =
        properties(R"({"DisplayName": "Orders", "SignatureVersion": "2", "Tags": [{"Key": "k", "Value": "v"}],
        "Subscription": [{"Protocol": "email", "Endpoint": "ann@example.com"}]})");
    const auto made = world.run(type.create(world.call, context, before));
    EXPECT_EQ(made.physical_id, "arn:aws:sns:us-east-1:000000000000:stack-Topic-X");
    EXPECT_EQ(made.attributes.at("TopicName"), "stack-Topic-X");
    const auto attributes = [&] {
        return *world.run(world.service.get_topic_attributes(world.call, {made.physical_id})).Attributes;
    };
    EXPECT_EQ(attributes()["DisplayName"], "Orders");
    EXPECT_EQ(attributes()["SubscriptionsPending"], "1");

    const auto after = properties(R"({"Tags": [{"Key": "k", "Value": "w"}], "DeliveryStatusLogging":
        [{"Protocol": "http/s", "SuccessFeedbackSampleRate": "5"}]})");
    EXPECT_FALSE(type.needs_replacement(before, after));
    world.run(type.update(world.call, context, made.physical_id, before, after));
    EXPECT_EQ(attributes()["DisplayName"], "");
    EXPECT_EQ(attributes()["HTTPSuccessFeedbackSampleRate"], "5");
    const auto tags = world.run(world.service.list_tags_for_resource(world.call, {made.physical_id}));
    EXPECT_EQ(tags.Tags->size(), 2u);

    EXPECT_TRUE(type.needs_replacement(after, properties(R"({"TopicName": "other"})")));
    world.run(type.remove(world.call, context, made.physical_id, after));
    world.run(type.remove(world.call, context, made.physical_id, after));
    EXPECT_NE(error_of([&] { attributes(); }), "");
}

TEST(TopicPolicyResource, GivesTheTopicItsOwnPolicyBack) {
    World world;
    const auto arn = *world.run(world.service.create_topic(world.call, {.Name = "orders"})).TopicArn;
    const auto policy = [&] {
        return world.run(world.service.get_topic_attributes(world.call, {arn})).Attributes->at("Policy");
    };
    const auto given = policy();
    const json::value document = json::parse(R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": "*", "Action": "sns:Publish", "Resource": "*"}]})");
    for (const auto name : {"AWS::SNS::TopicPolicy", "AWS::SNS::TopicInlinePolicy"}) {
        auto& type = world.type(name);
        const bool is_inline = type.name().ends_with("InlinePolicy");
        json::object wanted{{"PolicyDocument", document}};
        if (is_inline) {
            wanted["TopicArn"] = arn;
        } else {
            wanted["Topics"] = json::array{arn};
        }
        const auto made = world.run(type.create(world.call, {.generated_name = "p"}, wanted));
        EXPECT_EQ(json::parse(policy()), document) << name;
        world.run(type.remove(world.call, {}, made.physical_id, wanted));
        EXPECT_EQ(json::parse(policy()), json::parse(given)) << name;
    }
}

TEST(SubscriptionResource, ChangesScopeAndFilterTogether) {
    World world;
    const auto arn = *world.run(world.service.create_topic(world.call, {.Name = "orders"})).TopicArn;
    auto& type = world.type("AWS::SNS::Subscription");
    const auto with = [&](std::string_view more) {
        return properties(fmt::format(R"({{"TopicArn": "{}", "Protocol": "sqs",
            "Endpoint": "arn:aws:sqs:us-east-1:000000000000:jobs"{}}})",
                                      arn, more));
    };
    const auto flat = with(R"(, "FilterPolicy": {"a": ["x"]}, "RawMessageDelivery": true)");
    const auto nested = with(R"(, "FilterPolicy": {"a": {"b": ["x"]}}, "FilterPolicyScope": "MessageBody")");
    const auto made = world.run(type.create(world.call, {}, flat));
    EXPECT_THAT(made.physical_id, testing::StartsWith(arn + ":"));
    const auto attribute = [&](const char* name) {
        auto all = *world.run(world.service.get_subscription_attributes(world.call, {made.physical_id})).Attributes;
        return all[name];
    };
    EXPECT_EQ(attribute("RawMessageDelivery"), "true");
    world.run(type.update(world.call, {}, made.physical_id, flat, nested));
    EXPECT_EQ(attribute("FilterPolicy"), R"({"a":{"b":["x"]}})");
    EXPECT_EQ(attribute("FilterPolicyScope"), "MessageBody");
    EXPECT_EQ(attribute("RawMessageDelivery"), "false");
    world.run(type.update(world.call, {}, made.physical_id, nested, flat));
    EXPECT_EQ(attribute("FilterPolicy"), R"({"a":["x"]})");
    EXPECT_EQ(attribute("FilterPolicyScope"), "MessageAttributes");
    world.run(type.update(world.call, {}, made.physical_id, flat, with("")));
    EXPECT_EQ(attribute("FilterPolicy"), "");
    EXPECT_TRUE(type.needs_replacement(flat, with(R"(, "Endpoint": "arn:aws:sqs:us-east-1:000000000000:other")")));
    EXPECT_FALSE(type.needs_replacement(flat, nested));
    world.run(type.remove(world.call, {}, made.physical_id, flat));
    world.run(type.remove(world.call, {}, made.physical_id, flat));
}

TEST(ResourceTypes, RefuseWhatTheyDoNotKnow) {
    World world;
    for (auto& type : world.types)
        EXPECT_NE(error_of([&] { world.run(type->create(world.call, {}, properties(R"({"Colour": "red"})"))); }), "")
            << type->name();
}

}  // namespace
}  // namespace cumulet::sns
