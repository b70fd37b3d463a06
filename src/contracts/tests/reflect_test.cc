// Generated structs and their tables, through the plain JSON form.
#include "contracts/reflect.h"

#include <gmock/gmock.h>

#include "contracts/apigatewayv2.h"
#include "contracts/error.h"
#include "contracts/resource.h"
#include "contracts/resource_tags.h"
#include "contracts/sqs.h"

namespace cumulet::contracts {
namespace {

using aws::sqs::SendMessageRequest;

const Shape& input_of(std::string_view operation) { return *aws::sqs::service.find(operation)->input; }

TEST(Reflect, FillsAStructByMemberNames) {
    SendMessageRequest request;
    from_json(input_of("SendMessage"), &request,
              json::parse(R"({"QueueUrl":"http://q","MessageBody":"hi","DelaySeconds":5,
                              "MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"AAE="}}})"));
    EXPECT_EQ(request.QueueUrl, "http://q");
    EXPECT_EQ(request.MessageBody, "hi");
    EXPECT_EQ(request.DelaySeconds, 5);
    EXPECT_FALSE(request.MessageGroupId.has_value());
    EXPECT_EQ(request.MessageAttributes->at("a").BinaryValue, std::string("\0\1", 2));
}

TEST(Reflect, ComesBackAsItWas) {
    aws::sqs::ReceiveMessageResult result;
    result.Messages.emplace().push_back({.MessageId = "1", .Body = "b"});
    result.Messages->back().Attributes.emplace()["SentTimestamp"] = "7";
    const Shape& shape = *aws::sqs::service.find("ReceiveMessage")->output;

    const json::value text = to_json(shape, &result);
    EXPECT_EQ(text, json::parse(R"({"Messages":[{"MessageId":"1","Body":"b","Attributes":{"SentTimestamp":"7"}}]})"));
    aws::sqs::ReceiveMessageResult again;
    from_json(shape, &again, text);
    EXPECT_EQ(again, result);
}

TEST(Reflect, ReadsNumbersAndTruthFromTextAsTemplatesWriteThem) {
    SendMessageRequest request;
    from_json(input_of("SendMessage"), &request,
              json::parse(R"({"QueueUrl":"q","MessageBody":12,"DelaySeconds":"30"})"));
    EXPECT_EQ(request.MessageBody, "12");
    EXPECT_EQ(request.DelaySeconds, 30);
}

TEST(Reflect, NamesThePathOfWhatDoesNotFit) {
    struct Row {
        std::string_view source;
        std::string_view message;
    };
    for (const Row& row : {
             Row{R"({"QueueUrl":"q","Entries":[{"Id":"a","MessageBody":"b"},{"Id":"c","MessageBody":[]}]})",
                 "Entries[1].MessageBody: text is expected"},
             Row{R"({"QueueUrl":"q","Entries":[{"Id":"a"}]})", "Entries[0].MessageBody: required, but absent"},
             Row{R"({"QueueUrl":"q","Entries":[],"Extra":1})", "Extra: no such member"},
             Row{R"({"QueueUrl":"q","Entries":{}})", "Entries: a list is expected"},
             Row{R"([])", "an object is expected"},
         }) {
        aws::sqs::SendMessageBatchRequest request;
        try {
            from_json(input_of("SendMessageBatch"), &request, json::parse(row.source));
            ADD_FAILURE() << "accepted " << row.source;
        } catch (const aws::Error& error) {
            EXPECT_EQ(error.message, row.message);
            EXPECT_EQ(error.code, "ValidationException");
        }
    }
}

TEST(Contract, FindsOperationsByName) {
    EXPECT_EQ(aws::sqs::service.find("SendMessage")->name, "SendMessage");
    EXPECT_EQ(aws::sqs::service.find("sendmessage"), nullptr);
    EXPECT_EQ(aws::sqs::service.find(""), nullptr);
    EXPECT_EQ(aws::sqs::service.find("ZZZ"), nullptr);
    for (const Operation& operation : aws::sqs::service.operations) {
        EXPECT_EQ(aws::sqs::service.find(operation.name), &operation);
        EXPECT_EQ(&aws::sqs::service.operations[operation.index], &operation);
    }
}

TEST(Contract, KnowsTheQueryProtocolsNamesBesideJsons) {
    const Shape& shape = input_of("CreateQueue");
    const auto& attributes = *std::ranges::find(shape.members, "Attributes", &Member::name);
    EXPECT_EQ(attributes.wire_name, "Attributes");
    EXPECT_EQ(attributes.query_name, "Attribute");
    EXPECT_TRUE(attributes.flattened);
    EXPECT_EQ(attributes.shape->key_name, "Name");
    EXPECT_EQ(attributes.shape->element_name, "Value");
    EXPECT_THAT(aws::sqs::service.protocols, testing::ElementsAre(Protocol::aws_json_1_0, Protocol::aws_query));
}

TEST(Contract, GivesErrorsTheirCodesStatusAndTable) {
    const aws::sqs::QueueDoesNotExist error;
    EXPECT_EQ(error.code, "QueueDoesNotExist");
    EXPECT_EQ(error.query_code, "AWS.SimpleQueueService.NonExistentQueue");
    EXPECT_EQ(error.message, "The specified queue does not exist.");
    EXPECT_EQ(to_json(*error.shape(), error.self()),
              json::parse(R"({"message":"The specified queue does not exist."})"));

    aws::apigatewayv2::NotFoundException missing("no such API");
    missing.ResourceType = "Api";
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(to_json(*missing.shape(), missing.self()),
              json::parse(R"({"Message":"no such API","ResourceType":"Api"})"));
    EXPECT_EQ(aws::make_error(*missing.shape())->code, "NotFoundException");
}

/// A service that builds one operation, and nothing else.
class OneOperation : public aws::sqs::Api {
    Task<aws::sqs::GetQueueUrlResult> get_queue_url(Call& call, aws::sqs::GetQueueUrlRequest request) override {
        co_return aws::sqs::GetQueueUrlResult{.QueueUrl = "http://" + request.QueueName};
    }
};

/// A door without steps.
class OpenDoor : public Door {
  public:
    explicit OpenDoor(AnyApi& api) : api_(api) {}
    Task<void> invoke(Call& caller, const Service& service, const Operation& operation, void* input,
                      void* output) override {
        co_await operation.invoke(api_, caller, input, output);
    }

  private:
    AnyApi& api_;
};

struct World {
    Clock clock{Time{}};
    Reactor reactor{clock, Random(1)};
    Call call{reactor, "request"};
    OneOperation api;
    OpenDoor door{api};
    aws::sqs::Client client{door};
};

TEST(Api, AnswersThroughAClient) {
    World world;
    const auto result = world.reactor.block_on(world.client.get_queue_url(world.call, {.QueueName = "jobs"}));
    EXPECT_EQ(result.QueueUrl, "http://jobs");
}

TEST(Api, Answers501ByNameForWhatIsNotBuilt) {
    World world;
    try {
        world.reactor.block_on(world.client.purge_queue(world.call, {.QueueUrl = "http://jobs"}));
        ADD_FAILURE() << "PurgeQueue answered";
    } catch (const aws::Error& error) {
        EXPECT_EQ(error.status, 501);
        EXPECT_THAT(error.message, testing::HasSubstr("sqs.PurgeQueue"));
    }
}

TEST(Resource, DiffersWhereANamedPropertyDoes) {
    const json::object before{{"Name", "a"}, {"Size", 1}};
    const json::object after{{"Name", "a"}, {"Size", 2}, {"Extra", true}};
    EXPECT_FALSE(any_differs(before, after, {"Name", "Absent"}));
    EXPECT_TRUE(any_differs(before, after, {"Name", "Size"}));
    EXPECT_TRUE(any_differs(before, after, {"Extra"}));
}

TEST(Resource, HasItsOwnTagsOverItsStacks) {
    ResourceContext context;
    context.stack_tags = {{"team", "orders"}, {"stage", "test"}};
    const auto tags = [&](std::string_view properties) {
        return merged_tags(context, parse_json(properties).value().as_object());
    };
    using Tags = std::map<std::string, std::string>;
    EXPECT_EQ(tags("{}"), (Tags{{"stage", "test"}, {"team", "orders"}}));
    EXPECT_EQ(tags(R"({"Tags":[{"Key":"stage","Value":"live"},{"Key":"n","Value":1},{"Key":"none"},"x"]})"),
              (Tags{{"n", "1"}, {"stage", "live"}, {"team", "orders"}}));
    EXPECT_EQ(tags(R"({"Tags":{"stage":"live"}})"), (Tags{{"stage", "live"}, {"team", "orders"}}));
}

}  // namespace
}  // namespace cumulet::contracts
