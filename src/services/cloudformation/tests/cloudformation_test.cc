// Stacks and change sets, deployed over resource types of the test's own.
#include <gtest/gtest.h>

#include "contracts/s3.h"
#include "runtime/byte_stream.h"
#include "services/cloudformation/service.h"
#include "store/memory/memory_store.h"

namespace cumulet::cloudformation {
namespace {

/// What stands behind the test's resources, in the order in which things happened to it.
struct Backend {
    std::map<std::string, json::object> things;
    std::map<std::string, std::string> made_by_token;
    std::vector<std::string> log;
    std::set<std::string> refuse;       ///< "create A", "update A", "delete A": these fail
    std::set<std::string> unavailable;  ///< these fail once, for the moment
    std::set<std::string> cut_after;    ///< after these the process dies
    int made = 0;

    void step(const std::string& what) {
        if (unavailable.erase(what)) throw aws::Error("ServiceUnavailable", "not for the moment", 503, false);
        if (refuse.contains(what)) throw aws::Error("InvalidParameterValue", what + " refused", 400);
        log.push_back(what);
    }
    void maybe_cut(const std::string& what) {
        if (cut_after.erase(what)) throw Interrupted();
    }
};

/// A type whose property Name cannot change in place.
class Thing : public contracts::ResourceType {
  public:
    Thing(std::string_view name, Backend& backend) : name_(name), backend_(backend) {}
    std::string_view name() const override { return name_; }
    Task<contracts::Resource> create(Call&, const contracts::ResourceContext& context,
                                     json::object properties) override {
        auto& id = backend_.made_by_token[context.client_token];
        if (id.empty()) {
            backend_.step("create " + context.logical_id);
            id = fmt::format("{}-{}", context.logical_id, ++backend_.made);
            backend_.things[id] = properties;
        }
        backend_.maybe_cut("create " + context.logical_id);
        co_return contracts::Resource{.physical_id = id, .attributes = json::object{{"Arn", "arn:" + id}}};
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"Name"});
    }
    Task<contracts::Resource> update(Call&, const contracts::ResourceContext& context, std::string id, json::object,
                                     json::object after) override {
        backend_.step("update " + context.logical_id);
        backend_.things.at(id) = after;
        backend_.maybe_cut("update " + context.logical_id);
        co_return contracts::Resource{.physical_id = id, .attributes = json::object{{"Arn", "arn:" + id}}};
    }
    Task<void> remove(Call&, const contracts::ResourceContext& context, std::string id, json::object) override {
        backend_.step("delete " + context.logical_id);
        backend_.things.erase(id);
        backend_.maybe_cut("delete " + context.logical_id);
        co_return;
    }

  private:
    std::string_view name_;
    Backend& backend_;
};

/// Leads back to CloudFormation itself, and to templates that lie in S3.
class TestDoor : public contracts::Door {
  public:
    model::Api* cloudformation = nullptr;
    std::map<std::string, std::string> objects;  ///< by key

    Task<void> invoke(Call& caller, const contracts::Service& service, const contracts::Operation& operation,
                      void* input, void* output) override {
        auto call = caller.child(std::string(service.name), std::string(operation.name));
        if (service.name == "cloudformation" && call.depth < 16) {
            co_await operation.invoke(*cloudformation, call, input, output);
        } else if (operation.name == "GetObject") {
            const auto& key = static_cast<aws::s3::GetObjectRequest*>(input)->Key;
            if (!objects.contains(key)) throw aws::Error("NoSuchKey", "The specified key does not exist.", 404);
            static_cast<aws::s3::GetObjectOutput*>(output)->Body = stream_of(objects.at(key));
        } else {
            throw aws::not_implemented(service.name, operation.name);
        }
    }
};

struct World {
    Clock clock{Time(std::chrono::days(20000))};
    Reactor reactor{clock, Random(7)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    TestDoor door;
    Backend backend;
    std::unique_ptr<Service> service = make();

    std::unique_ptr<Service> make() {
        std::vector<std::unique_ptr<contracts::ResourceType>> types;
        for (const std::string_view name : {"Test::Thing", "AWS::IAM::Role", "AWS::Lambda::Function"}) {
            types.push_back(std::make_unique<Thing>(name, backend));
        }
        auto made = std::make_unique<Service>(*store, door, std::move(types));
        door.cloudformation = made.get();
        return made;
    }
    ~World() { reactor.block_on(service->stop()); }

    /// The process is gone; another one starts on the same store.
    void restart() {
        reactor.block_on(service->stop());
        service = make();
        reactor.block_on(service->start());
    }
    template <typename Output, typename Input>
    Output run(Task<Output> (Service::*operation)(Call&, Input), Input input) {
        Call call(reactor, "request");
        return reactor.block_on(((*service).*operation)(call, std::move(input)));
    }
    void create(std::string body, std::string name = "shop") {
        run(&Service::create_stack, model::CreateStackInput{.StackName = name, .TemplateBody = std::move(body)});
    }
    void update(std::string body, std::string name = "shop") {
        run(&Service::update_stack, model::UpdateStackInput{.StackName = name, .TemplateBody = std::move(body)});
    }
    void remove(std::string name = "shop") {
        run(&Service::delete_stack, model::DeleteStackInput{.StackName = std::move(name)});
    }
    std::string change_set(std::string body, std::string type, std::string name = "first") {
        return run(&Service::create_change_set, model::CreateChangeSetInput{.StackName = "shop",
                                                                            .TemplateBody = std::move(body),
                                                                            .ChangeSetName = name,
                                                                            .ChangeSetType = type})
            .Id.value();
    }
    model::DescribeChangeSetOutput describe_change_set(std::string name = "first") {
        return run(&Service::describe_change_set,
                   model::DescribeChangeSetInput{.ChangeSetName = std::move(name), .StackName = "shop"});
    }
    void execute(std::string name = "first") {
        run(&Service::execute_change_set,
            model::ExecuteChangeSetInput{.ChangeSetName = std::move(name), .StackName = "shop"});
    }
    model::Stack stack(std::string name = "shop") {
        return run(&Service::describe_stacks, model::DescribeStacksInput{.StackName = std::move(name)}).Stacks->at(0);
    }
    /// The stack's status once its work has ended.
    std::string settled(std::string name = "shop") {
        const auto wait = [](World& world, std::string id) -> Task<void> {
            auto watch = world.store->watch(storage::topic_of(id.substr(id.rfind('/') + 1)));
            for (int looks = 0; looks < 1000; ++looks) {
                Call call(world.reactor, "request");
                const auto found = co_await world.service->describe_stacks(call, {.StackName = id});
                if (!found.Stacks->at(0).StackStatus.ends_with("_IN_PROGRESS")) co_return;
                co_await watch.wait(Time::max());
            }
        };
        const auto id = stack(name).StackId.value();
        reactor.block_on(wait(*this, id));
        return stack(id).StackStatus;
    }
    /// "logical id status", oldest first.
    std::vector<std::string> events(std::string name = "shop") {
        std::vector<std::string> lines;
        const auto output =
            run(&Service::describe_stack_events, model::DescribeStackEventsInput{.StackName = std::move(name)});
        for (const auto& event : *output.StackEvents)
            lines.push_back(*event.LogicalResourceId + " " + *event.ResourceStatus);
        std::ranges::reverse(lines);
        return lines;
    }
    std::string refusal(const std::function<void()>& action) {
        try {
            action();
        } catch (const aws::Error& error) {
            return fmt::format("{}: {}", error.code, error.message);
        }
        return "";
    }
};

using Lines = std::vector<std::string>;

constexpr const char* two = R"(
Resources:
  A: {Type: Test::Thing, Properties: {Size: 1, Uses: !GetAtt B.Arn}}
  B: {Type: Test::Thing, Properties: {Name: b}}
Outputs:
  Address: {Value: !Sub 'at ${A}', Export: {Name: address}}
)";

TEST(CreateStack, MakesResourcesInTheOrderOfTheirDependencies) {
    World world;
    world.create(two);
    EXPECT_EQ(world.settled(), "CREATE_COMPLETE");
    EXPECT_EQ(world.backend.log, (Lines{"create B", "create A"}));
    EXPECT_EQ(world.backend.things.at("A-2").at("Uses"), "arn:B-1");
    EXPECT_EQ(world.stack().Outputs->at(0).OutputValue, "at A-2");
    EXPECT_EQ(world.events(), (Lines{"shop CREATE_IN_PROGRESS", "B CREATE_IN_PROGRESS", "B CREATE_COMPLETE",
                                     "A CREATE_IN_PROGRESS", "A CREATE_COMPLETE", "shop CREATE_COMPLETE"}));
    EXPECT_TRUE(world.stack().StackId->starts_with("arn:aws:cloudformation:us-east-1:000000000000:stack/shop/"));
}

TEST(CreateStack, RollsBackWhatItMadeWhenSomethingFails) {
    World world;
    world.backend.refuse = {"create A"};
    world.create(two);
    EXPECT_EQ(world.settled(), "ROLLBACK_COMPLETE");
    EXPECT_EQ(world.backend.log, (Lines{"create B", "delete B"}));
    EXPECT_TRUE(world.backend.things.empty());
    const auto output =
        world.run(&Service::describe_stack_events, model::DescribeStackEventsInput{.StackName = "shop"});
    std::string reason, resource_reason;
    for (const auto& event : *output.StackEvents) {
        if (event.ResourceStatus == "ROLLBACK_IN_PROGRESS") reason = *event.ResourceStatusReason;
        if (event.ResourceStatus == "CREATE_FAILED") resource_reason = *event.ResourceStatusReason;
    }
    EXPECT_EQ(reason, "The following resource(s) failed to create: [A]. Rollback requested by user.");
    EXPECT_TRUE(resource_reason.starts_with("Resource handler returned message: \"create A refused\""))
        << resource_reason;
}

TEST(CreateStack, LeavesAFailureAsItIsWhenAskedTo) {
    World world;
    world.backend.refuse = {"create A"};
    world.run(&Service::create_stack,
              model::CreateStackInput{.StackName = "shop", .TemplateBody = two, .DisableRollback = true});
    EXPECT_EQ(world.settled(), "CREATE_FAILED");
    EXPECT_EQ(world.backend.things.size(), 1u);
}

TEST(CreateStack, RefusesInAwsWords) {
    World world;
    world.create(two);
    EXPECT_EQ(world.refusal([&] { world.create(two); }), "AlreadyExistsException: Stack [shop] already exists");
    EXPECT_EQ(world.refusal([&] { world.create("Resources: {A: {Type: 'Test::Unknown'}}", "other"); }),
              "ValidationError: Template format error: Unrecognized resource types: [Test::Unknown]");
    EXPECT_EQ(world.refusal([&] { world.create("Resources: {A: {Type: 'AWS::IAM::Role'}}", "other"); }),
              "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_IAM]");
    EXPECT_EQ(world.refusal([&] { world.stack("other"); }), "ValidationError: Stack with id other does not exist");
    EXPECT_EQ(
        world.refusal([&] { world.create("Resources: {A: {Type: 'Custom::X'}}", "other"); }),
        "ValidationError: Template format error: custom resources are not supported by Cumulet: [A] of type Custom::X");
    world.settled();
}

TEST(UpdateStack, ChangesInPlaceReplacesAndRemoves) {
    World world;
    world.create(two);
    world.settled();
    world.backend.log.clear();
    // A changes in place, B must be replaced: A sees the new one before the old one goes.
    world.update(R"(
Resources:
  A: {Type: Test::Thing, Properties: {Size: 2, Uses: !GetAtt B.Arn}}
  B: {Type: Test::Thing, Properties: {Name: other}}
)");
    EXPECT_EQ(world.settled(), "UPDATE_COMPLETE");
    EXPECT_EQ(world.backend.log, (Lines{"create B", "update A", "delete B"}));
    EXPECT_EQ(world.backend.things.at("A-2").at("Uses"), "arn:B-3");
    EXPECT_FALSE(world.backend.things.contains("B-1"));
    EXPECT_FALSE(world.stack().Outputs) << "AWS leaves out what a stack does not have";
    world.backend.log.clear();
    world.update("Resources: {A: {Type: 'Test::Thing', Properties: {Size: 3}}}");
    EXPECT_EQ(world.settled(), "UPDATE_COMPLETE");
    EXPECT_EQ(world.backend.log, (Lines{"update A", "delete B"}));
    const auto left = world.run(&Service::list_stack_resources, model::ListStackResourcesInput{.StackName = "shop"});
    ASSERT_EQ(left.StackResourceSummaries->size(), 1u);
    EXPECT_EQ(left.StackResourceSummaries->at(0).PhysicalResourceId, "A-2");
}

TEST(UpdateStack, RemovesWhatItReplacedInTheOrderInWhichThatWasMade) {
    World world;
    world.create(two);
    world.settled();
    world.backend.log.clear();
    // A used B; now B uses A, and both are replaced.
    world.update(R"(
Resources:
  A: {Type: Test::Thing, Properties: {Name: new}}
  B: {Type: Test::Thing, Properties: {Name: new, Uses: !GetAtt A.Arn}}
)");
    EXPECT_EQ(world.settled(), "UPDATE_COMPLETE");
    EXPECT_EQ(world.backend.log, (Lines{"create A", "create B", "delete A", "delete B"}));
}

TEST(CreateStack, TriesAgainWhileAServiceIsUnavailable) {
    World world;
    world.backend.unavailable = {"create B"};
    world.create(two);
    EXPECT_EQ(world.settled(), "CREATE_COMPLETE");
    EXPECT_EQ(world.backend.log, (Lines{"create B", "create A"}));
}

TEST(UpdateStack, ReturnsToWhatWasWhenSomethingFails) {
    World world;
    world.create(two);
    world.settled();
    world.backend.log.clear();
    const auto before = world.backend.things;
    world.backend.refuse = {"create C"};
    world.update(R"(
Resources:
  A: {Type: Test::Thing, Properties: {Size: 2, Uses: !GetAtt B.Arn}}
  B: {Type: Test::Thing, Properties: {Name: other}}
  C: {Type: Test::Thing, DependsOn: A}
)");
    EXPECT_EQ(world.settled(), "UPDATE_ROLLBACK_COMPLETE");
    EXPECT_EQ(world.backend.things, before);
    EXPECT_EQ(world.backend.log, (Lines{"create B", "update A", "update A", "delete B"}));
    EXPECT_EQ(world.stack().Outputs->at(0).OutputValue, "at A-2");
    EXPECT_EQ(world.run(&Service::get_template, model::GetTemplateInput{.StackName = "shop"}).TemplateBody, two);
}

TEST(UpdateStack, SaysWhenThereIsNothingToDo) {
    World world;
    world.create(two);
    EXPECT_NE(world.refusal([&] { world.update(two); }).find("is in CREATE_IN_PROGRESS state and can not be updated."),
              std::string::npos);
    world.settled();
    EXPECT_EQ(world.refusal([&] { world.update(two); }), "ValidationError: No updates are to be performed.");
    EXPECT_EQ(world.refusal([&] { world.update(two, "other"); }), "ValidationError: Stack [other] does not exist");
}

TEST(DeleteStack, RemovesInReverseAndKeepsWhatIsRetained) {
    World world;
    world.create(R"(
Resources:
  A: {Type: Test::Thing, Properties: {Uses: !Ref B}}
  B: {Type: Test::Thing}
  C: {Type: Test::Thing, DeletionPolicy: Retain}
)");
    world.settled();
    const auto id = world.stack().StackId.value();
    world.backend.log.clear();
    world.remove();
    EXPECT_EQ(world.settled(id), "DELETE_COMPLETE");
    EXPECT_EQ(world.backend.log, (Lines{"delete A", "delete B"}));
    EXPECT_EQ(world.backend.things.size(), 1u);
    EXPECT_EQ(world.refusal([&] { world.stack(); }), "ValidationError: Stack with id shop does not exist");
    const auto events = world.events(id);
    EXPECT_NE(std::ranges::find(events, "C DELETE_SKIPPED"), events.end());
    EXPECT_EQ(world.refusal([&] { world.remove("nothing"); }), "");
}

TEST(DeleteStack, TellsWhatItCouldNotDeleteAndTriesAgain) {
    World world;
    world.create(two);
    world.settled();
    world.backend.refuse = {"delete B"};
    world.remove();
    EXPECT_EQ(world.settled(), "DELETE_FAILED");
    EXPECT_EQ(world.stack().StackStatusReason, "The following resource(s) failed to delete: [B]. ");
    world.backend.refuse.clear();
    const auto id = world.stack().StackId.value();
    world.remove();
    EXPECT_EQ(world.settled(id), "DELETE_COMPLETE");
    EXPECT_TRUE(world.backend.things.empty());
}

TEST(Exports, AreSharedAndProtectedWhileTheyAreUsed) {
    World world;
    world.create(two);
    world.settled();
    world.create("Resources: {X: {Type: 'Test::Thing', Properties: {From: !ImportValue address}}}", "user");
    EXPECT_EQ(world.settled("user"), "CREATE_COMPLETE");
    EXPECT_EQ(world.backend.things.at("X-3").at("From"), "at A-2");
    EXPECT_EQ(world.run(&Service::list_imports, model::ListImportsInput{.ExportName = "address"}).Imports,
              Lines{"user"});
    EXPECT_NE(world.refusal([&] { world.remove(); }).find("Cannot delete export address as it is in use by user"),
              std::string::npos);
    world.create("Resources: {X: {Type: 'Test::Thing', Properties: {From: !ImportValue nothing}}}", "lost");
    EXPECT_EQ(world.settled("lost"), "ROLLBACK_COMPLETE");
    world.remove("user");
    world.settled(world.run(&Service::list_stacks, model::ListStacksInput{}).StackSummaries->at(0).StackId.value());
    EXPECT_EQ(world.run(&Service::list_exports, model::ListExportsInput{}).Exports->size(), 1u);
}

TEST(ChangeSets, CreateAndUpdateAStack) {
    World world;
    world.change_set(two, "CREATE");
    EXPECT_EQ(world.stack().StackStatus, "REVIEW_IN_PROGRESS");
    auto described = world.describe_change_set();
    EXPECT_EQ(described.Status, "CREATE_COMPLETE");
    EXPECT_EQ(described.ExecutionStatus, "AVAILABLE");
    ASSERT_EQ(described.Changes->size(), 2u);
    EXPECT_EQ(described.Changes->at(0).ResourceChange->Action, "Add");
    world.execute();
    EXPECT_EQ(world.settled(), "CREATE_COMPLETE");
    world.change_set(R"(
Resources:
  A: {Type: Test::Thing, Properties: {Size: 1, Uses: !GetAtt B.Arn}}
  B: {Type: Test::Thing, Properties: {Name: other}}
)",
                     "UPDATE", "second");
    described = world.describe_change_set("second");
    ASSERT_EQ(described.Changes->size(), 2u);
    EXPECT_EQ(described.Changes->at(0).ResourceChange->Replacement, "False");
    EXPECT_EQ(described.Changes->at(1).ResourceChange->Replacement, "True");
    world.execute("second");
    EXPECT_EQ(world.settled(), "UPDATE_COMPLETE");
}

TEST(ChangeSets, FailWithTheTextThatToolsKnowWhenNothingChanges) {
    World world;
    world.create(two);
    world.settled();
    world.change_set(two, "UPDATE");
    const auto described = world.describe_change_set();
    EXPECT_EQ(described.Status, "FAILED");
    EXPECT_EQ(described.StatusReason,
              "The submitted information didn't contain changes. Submit different information to create a change set.");
    EXPECT_NE(world.refusal([&] { world.execute(); }).find("InvalidChangeSetStatus"), std::string::npos);
    EXPECT_EQ(world.refusal([&] { world.describe_change_set("nothing"); }),
              "ChangeSetNotFound: ChangeSet [nothing] does not exist");
    world.run(&Service::delete_change_set, model::DeleteChangeSetInput{.ChangeSetName = "first", .StackName = "shop"});
    EXPECT_TRUE(
        world.run(&Service::list_change_sets, model::ListChangeSetsInput{.StackName = "shop"}).Summaries->empty());
}

TEST(ChangeSets, SayWhyATransformRefused) {
    World world;
    world.change_set("Transform: AWS::Serverless-2016-10-31\nResources: {F: {Type: 'AWS::Serverless::Function'}}",
                     "CREATE");
    const auto described = world.describe_change_set();
    EXPECT_EQ(described.Status, "FAILED");
    EXPECT_TRUE(described.StatusReason->starts_with(
        "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application"));
}

TEST(Restart, ContinuesWhereTheProcessDied) {
    struct Row {
        std::string cut;
        Lines log;
        std::string status;
    };
    // However late the process dies, each thing is made once and the stack comes to its end.
    const Row rows[] = {{"create B", {"create B", "create A"}, "CREATE_COMPLETE"},
                        {"create A", {"create B", "create A"}, "CREATE_COMPLETE"}};
    for (const auto& row : rows) {
        World world;
        world.backend.cut_after = {row.cut};
        world.create(two);
        while (world.reactor.run_ready()) {
        }
        EXPECT_EQ(world.stack().StackStatus, "CREATE_IN_PROGRESS") << row.cut;
        world.restart();
        EXPECT_EQ(world.settled(), row.status) << row.cut;
        EXPECT_EQ(world.backend.log, row.log) << row.cut;
        EXPECT_EQ(world.backend.things.size(), 2u) << row.cut;
    }
}

TEST(Restart, ContinuesUpdatesAndTheirRollback) {
    const std::string next = R"(
Resources:
  A: {Type: Test::Thing, Properties: {Size: 2, Uses: !GetAtt B.Arn}}
  B: {Type: Test::Thing, Properties: {Name: other}}
  C: {Type: Test::Thing, DependsOn: A}
)";
    for (const std::string cut : {"create B", "update A", "create C", "delete B"}) {
        for (const bool fails : {false, true}) {
            if (fails && cut == "create C") continue;
            World world;
            world.create(two);
            world.settled();
            const auto before = world.backend.things;
            world.backend.cut_after = {cut};
            if (fails) world.backend.refuse = {"create C"};
            world.update(next);
            while (world.reactor.run_ready()) {
            }
            world.restart();
            EXPECT_EQ(world.settled(), fails ? "UPDATE_ROLLBACK_COMPLETE" : "UPDATE_COMPLETE") << cut;
            if (fails)
                EXPECT_EQ(world.backend.things, before) << cut;
            else
                EXPECT_EQ(world.backend.things.size(), 3u) << cut;
        }
    }
}

constexpr const char* nesting = R"(
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: 'https://s3.amazonaws.com/b/inner.yaml', Parameters: {Size: 5}}
  Outer: {Type: Test::Thing, Properties: {Uses: !GetAtt Inner.Outputs.Id}}
)";
constexpr const char* inner = R"(
Parameters: {Size: {Type: Number}}
Resources: {Deep: {Type: Test::Thing, Properties: {Size: !Ref Size}}}
Outputs: {Id: {Value: !Ref Deep}}
)";

TEST(TemplateSummary, TellsWhatATemplateNeeds) {
    World world;
    const std::string body = R"(
Transform: AWS::Serverless-2016-10-31
Description: of orders
Parameters: {Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}}
Resources:
  F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: python3.12, CodeUri: s3://b/k}}
)";
    const auto summary =
        world.run(&Service::get_template_summary, model::GetTemplateSummaryInput{.TemplateBody = body});
    EXPECT_EQ(summary.Capabilities, (Lines{"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"}));
    EXPECT_EQ(summary.CapabilitiesReason, "The following resource(s) require capabilities: [AWS::IAM::Role]");
    EXPECT_EQ(summary.DeclaredTransforms, Lines{"AWS::Serverless-2016-10-31"});
    EXPECT_EQ(summary.ResourceTypes, Lines{"AWS::Serverless::Function"});
    EXPECT_EQ(summary.Parameters->at(0).ParameterConstraints->AllowedValues, (Lines{"dev", "prod"}));
    const auto validated = world.run(&Service::validate_template, model::ValidateTemplateInput{.TemplateBody = body});
    EXPECT_EQ(validated.Description, "of orders");
    EXPECT_NE(world
                  .refusal([&] {
                      world.run(
                          &Service::validate_template,
                          model::ValidateTemplateInput{.TemplateBody = "Resources: {A: {Type: T, DependsOn: B}}"});
                  })
                  .find("ValidationError: Template format error: Unresolved resource dependencies [B]"),
              std::string::npos);
}

TEST(NestedStack, IsMadeAndDeletedWithItsParent) {
    World world;
    world.door.objects["inner.yaml"] = inner;
    world.create(nesting);
    EXPECT_EQ(world.settled(), "CREATE_COMPLETE");
    EXPECT_EQ(world.backend.things.at("Outer-2").at("Uses"), "Deep-1");
    EXPECT_EQ(world.backend.things.at("Deep-1").at("Size"), "5");
    const auto id = world.stack().StackId.value();
    world.remove();
    EXPECT_EQ(world.settled(id), "DELETE_COMPLETE");
    EXPECT_TRUE(world.backend.things.empty());
}

TEST(NestedStack, LeavesNothingBehindWhenItFails) {
    World world;
    world.door.objects["inner.yaml"] = std::string(inner) + "Metadata: {}\nConditions: {Never: !Equals [a, b]}\n";
    world.backend.refuse = {"create Deep"};
    world.create(nesting);
    EXPECT_EQ(world.settled(), "ROLLBACK_COMPLETE");
    EXPECT_TRUE(world.backend.things.empty());
    EXPECT_TRUE(world.run(&Service::describe_stacks, model::DescribeStacksInput{}).Stacks->size() == 1u);
}

TEST(NestedStack, ThatContainsItselfEnds) {
    World world;
    world.door.objects["inner.yaml"] = nesting;
    world.create(nesting);
    EXPECT_EQ(world.settled(), "ROLLBACK_COMPLETE");
}

TEST(TemplateUrl, IsReadThroughS3) {
    World world;
    world.door.objects["a.yaml"] = two;
    world.run(&Service::create_stack,
              model::CreateStackInput{.StackName = "shop", .TemplateURL = "https://s3.amazonaws.com/b/a.yaml"});
    EXPECT_EQ(world.settled(), "CREATE_COMPLETE");
    EXPECT_NE(world
                  .refusal([&] {
                      world.run(&Service::create_stack,
                                model::CreateStackInput{.StackName = "other",
                                                        .TemplateURL = "https://s3.amazonaws.com/b/none"});
                  })
                  .find("ValidationError: S3 error: The specified key does not exist."),
              std::string::npos);
}

TEST(TemplateUrl, IsReadInEachOfItsForms) {
    EXPECT_EQ(parse_object_url("https://s3.amazonaws.com/bucket/a/b.json"), (ObjectAddress{"bucket", "a/b.json"}));
    EXPECT_EQ(parse_object_url("https://bucket.s3.eu-west-1.amazonaws.com/a%20b"), (ObjectAddress{"bucket", "a b"}));
    EXPECT_EQ(parse_object_url("https://s3-us-west-2.amazonaws.com/bucket/k"), (ObjectAddress{"bucket", "k"}));
    EXPECT_EQ(parse_object_url("http://localhost:4566/bucket/k"), (ObjectAddress{"bucket", "k"}));
    EXPECT_EQ(parse_object_url("http://bucket.s3.localhost.localstack.cloud:4566/k?versionId=1"),
              (ObjectAddress{"bucket", "k"}));
    EXPECT_EQ(parse_object_url("s3://bucket/k"), std::nullopt);
    EXPECT_EQ(parse_object_url("https://s3.amazonaws.com/bucket"), std::nullopt);
}

TEST(GeneratedName, FitsAndFollowsItsStep) {
    const auto name = generated_name("shop", "Table", "token");
    EXPECT_TRUE(name.starts_with("shop-Table-")) << name;
    EXPECT_EQ(name, generated_name("shop", "Table", "token"));
    EXPECT_NE(name, generated_name("shop", "Table", "other"));
    EXPECT_LE(generated_name(std::string(128, 's'), std::string(255, 'l'), "token").size(), 63u);
}

}  // namespace
}  // namespace cumulet::cloudformation
