// Looking into a queue without receiving.

#include "services/sqs/peek.h"

#include "base/json.h"
#include "services/sqs/tests/support/world.h"

namespace cumulet::sqs {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Looker : World {
    Peek peek{*store};

    http::Response ask(std::string target, http::Headers headers = {}, std::string method = "GET",
                       std::string body = "") {
        http::Request request;
        request.method = std::move(method);
        request.set_target(std::move(target));
        request.headers = std::move(headers);
        request.body = std::move(body);
        return run(peek.serve(call, std::move(request)));
    }
    json::value look(std::string parameters = "") {
        const auto answer = ask("/_aws/sqs/messages?QueueUrl=" + jobs + parameters, {{"Accept", "application/json"}});
        EXPECT_EQ(answer.status, 200) << answer.body;
        const auto document = parse_json(answer.body).value();
        const auto result = document.at("ReceiveMessageResponse").at("ReceiveMessageResult");
        return result.is_null() ? json::value() : result.at("Message");
    }
    Bodies bodies(std::string parameters = "") {
        const auto found = look(std::move(parameters));
        Bodies bodies;
        if (found.is_object()) bodies.emplace_back(found.at("Body").as_string());
        if (!found.is_array()) return bodies;
        for (const auto& message : found.as_array()) bodies.emplace_back(message.at("Body").as_string());
        return bodies;
    }
};

TEST(Peek, ShowsMessagesWithoutReceivingThem) {
    Looker world;
    EXPECT_TRUE(world.look().is_null());
    world.send({.QueueUrl = world.jobs, .MessageBody = "one <&>"});
    world.advance(1s);
    world.send({.QueueUrl = world.jobs, .MessageBody = "two"});
    for (int i = 0; i < 2; ++i) {
        const auto messages = world.look();
        ASSERT_EQ(messages.as_array().size(), 2u);
        EXPECT_EQ(messages.at(0).at("Body"), "one <&>");
        EXPECT_EQ(messages.at(0).at("ReceiptHandle"), "SQS/BACKDOOR/ACCESS");
        std::map<std::string, std::string> attributes;
        for (const auto& attribute : messages.at(0).at("Attribute").as_array()) {
            attributes[std::string(attribute.at("Name").as_string())] = attribute.at("Value").as_string();
        }
        EXPECT_EQ(attributes.at("ApproximateReceiveCount"), "0");
        EXPECT_EQ(attributes.at("SentTimestamp"), "1700000000000");
    }
    const auto xml = world.ask("/_aws/sqs/messages/us-east-1/000000000000/jobs");
    EXPECT_EQ(xml.headers.get("content-type"), "text/xml");
    EXPECT_THAT(xml.body, HasSubstr("<ReceiveMessageResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">"
                                    "<ReceiveMessageResult><Message><MessageId>"));
    EXPECT_THAT(xml.body, HasSubstr("<Body>one &lt;&amp;&gt;</Body>"));
    EXPECT_THAT(xml.body, HasSubstr("<Attribute><Name>SenderId</Name><Value>"));
    EXPECT_EQ(world.receive().size(), 2u);
}

TEST(Peek, ShowsWhatIsInFlightOrDelayedWhereAsked) {
    Looker world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "taken"});
    EXPECT_EQ(world.receive(), Bodies{"taken"});
    world.advance(1s);
    world.send({.QueueUrl = world.jobs, .MessageBody = "there"});
    world.advance(1s);
    world.send({.QueueUrl = world.jobs, .MessageBody = "late", .DelaySeconds = 10});
    EXPECT_EQ(world.bodies(), Bodies{"there"});
    EXPECT_EQ(world.bodies("&ShowInvisible=True"), (Bodies{"taken", "there"}));
    EXPECT_EQ(world.bodies("&ShowDelayed=true"), (Bodies{"there", "late"}));
    EXPECT_EQ(world.bodies("&ShowDelayed=true&ShowInvisible=true"), (Bodies{"taken", "there", "late"}));
    EXPECT_THAT(json::serialize(world.look("&ShowInvisible=true").at(0)),
                HasSubstr(R"({"Name":"IsVisible","Value":"false"})"));
    world.advance(31s);
    EXPECT_EQ(world.bodies(), (Bodies{"taken", "there", "late"}));
}

TEST(Peek, HidesGroupsOfWhichAMessageIsInFlight) {
    Looker world;
    world.jobs = world.create(
        {.QueueName = "jobs.fifo", .Attributes = {{{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}}}});
    for (const auto* body : {"a1", "a2", "b1"}) {
        world.send({.QueueUrl = world.jobs, .MessageBody = body, .MessageGroupId = std::string(body).substr(0, 1)});
    }
    EXPECT_EQ(world.bodies(), (Bodies{"a1", "a2", "b1"}));
    const auto taken = world.receive(1);
    ASSERT_EQ(taken, Bodies{"a1"});
    EXPECT_EQ(world.bodies(), Bodies{"b1"});
    EXPECT_EQ(world.bodies("&ShowInvisible=true").size(), 3u);
}

TEST(Peek, AnswersAnSdkWhoseEndpointItIs) {
    Looker world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "one"});
    const http::Headers json_call{{"X-Amz-Target", "AmazonSQS.ReceiveMessage"}};
    const auto answer = world.ask("/_aws/sqs/messages", json_call, "POST",
                                  fmt::format(R"({{"QueueUrl":"{}","MaxNumberOfMessages":1}})", world.jobs));
    EXPECT_EQ(parse_json(answer.body).value().at("Messages").at(0).at("Attributes").at("ApproximateReceiveCount"), "0");
    const auto query =
        world.ask("/_aws/sqs/messages", {}, "POST", "Action=ReceiveMessage&Version=2012-11-05&QueueUrl=" + world.jobs);
    EXPECT_THAT(query.body, HasSubstr("<Body>one</Body>"));

    const auto refused = world.ask("/_aws/sqs/messages", {}, "POST", "Action=SendMessage&QueueUrl=" + world.jobs);
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("<Code>InvalidRequest</Code><Message>This endpoint only accepts"));
    const auto refused_json =
        world.ask("/_aws/sqs/messages", {{"X-Amz-Target", "AmazonSQS.SendMessage"}}, "POST", "{}");
    EXPECT_EQ(refused_json.headers.get("x-amzn-query-error"), "InvalidRequest;Sender");
}

TEST(Peek, NamesAQueueThatIsNotThere) {
    Looker world;
    for (const auto* target : {"/_aws/sqs/messages", "/_aws/sqs/messages?QueueUrl=http://localhost/000000000000/none",
                               "/_aws/sqs/messages/eu-west-1/000000000000/jobs"}) {
        const auto answer = world.ask(target, {{"Accept", "application/json"}});
        EXPECT_EQ(answer.status, 400) << target;
        EXPECT_THAT(answer.body, HasSubstr(R"("Code":"AWS.SimpleQueueService.NonExistentQueue")")) << target;
    }
}

}  // namespace
}  // namespace cumulet::sqs
