#include "contracts/topics.h"
#include "services/dynamodb/streams/service.h"
#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

namespace api = aws::dynamodbstreams;

struct StreamWorld : World {
    Streams streams{*store};

    ~StreamWorld() { end_work(); }

    std::string enable(std::string view = "NEW_AND_OLD_IMAGES") {
        const auto output = run(service.update_table(
            call, {.TableName = "orders",
                   .StreamSpecification = {{.StreamEnabled = true, .StreamViewType = std::move(view)}}}));
        return *output.TableDescription->LatestStreamArn;
    }
    void disable() {
        run(service.update_table(call, {.TableName = "orders", .StreamSpecification = {{.StreamEnabled = false}}}));
    }
    api::StreamDescription describe(std::string arn) {
        return *run(streams.describe_stream(call, {.StreamArn = std::move(arn)})).StreamDescription;
    }
    std::string iterator(std::string arn, std::string type = "TRIM_HORIZON", std::optional<std::string> sequence = {},
                         size_t shard = 0) {
        const auto id = *describe(arn).Shards->at(shard).ShardId;
        return *run(streams.get_shard_iterator(call, {.StreamArn = std::move(arn),
                                                      .ShardId = id,
                                                      .ShardIteratorType = std::move(type),
                                                      .SequenceNumber = std::move(sequence)}))
                    .ShardIterator;
    }
    api::GetRecordsOutput read(std::string iterator, std::optional<int32_t> limit = {}) {
        return run(streams.get_records(call, {.ShardIterator = std::move(iterator), .Limit = limit}));
    }
    void put(int number, std::string_view value = "1") {
        World::put("orders", fmt::format(R"({{"pk":{{"S":"{}"}},"n":{{"N":"{}"}}}})", number, value));
    }
    void remove(int number) {
        run(service.delete_item(
            call,
            {.TableName = "orders", .Key = AttributeMap::from_json(fmt::format(R"({{"pk":{{"S":"{}"}}}})", number))}));
    }
    void advance(Duration by) { run(clock.advance(by)); }
};

/// "INSERT 1: - > {…}": event, key, old image and new image of each record.
std::string told(const api::GetRecordsOutput& output) {
    std::string text;
    const auto image = [](const std::optional<AttributeMap>& map) { return map ? map->json() : "-"; };
    for (const auto& record : *output.Records) {
        const auto& change = *record.dynamodb;
        text += fmt::format("{} {}: {} > {}\n", *record.eventName, change.Keys->find("pk").content(),
                            image(change.OldImage), image(change.NewImage));
    }
    return text;
}

TEST(Streams, RecordEachChangeInOrderAndNothingElse) {
    StreamWorld world;
    world.make_table("orders", "");
    const auto arn = world.enable();
    world.put(1, "1");
    world.put(1, "1.0");  // the same number
    world.put(1, "2");
    world.remove(1);
    world.remove(1);
    world.update("orders", R"({"pk":{"S":"2"}})", "SET n = :n", R"({":n":{"N":"5"}})");
    const auto output = world.read(world.iterator(arn));
    EXPECT_EQ(told(output),
              "INSERT 1: - > {\"n\":{\"N\":\"1\"},\"pk\":{\"S\":\"1\"}}\n"
              "MODIFY 1: {\"n\":{\"N\":\"1\"},\"pk\":{\"S\":\"1\"}} > {\"n\":{\"N\":\"2\"},\"pk\":{\"S\":\"1\"}}\n"
              "REMOVE 1: {\"n\":{\"N\":\"2\"},\"pk\":{\"S\":\"1\"}} > -\n"
              "INSERT 2: - > {\"n\":{\"N\":\"5\"},\"pk\":{\"S\":\"2\"}}\n");
    const auto& record = output.Records->front();
    EXPECT_EQ(record.eventVersion, "1.1");
    EXPECT_EQ(record.eventSource, "aws:dynamodb");
    EXPECT_EQ(record.awsRegion, "us-east-1");
    EXPECT_EQ(record.eventID->size(), 32u);
    EXPECT_FALSE(record.userIdentity);
    EXPECT_EQ(record.dynamodb->ApproximateCreationDateTime, Time(1'700'000'000s));
    EXPECT_EQ(record.dynamodb->StreamViewType, "NEW_AND_OLD_IMAGES");
    // The keys "pk" and "1"; the image "pk", "1", "n" and a number of two bytes.
    EXPECT_EQ(record.dynamodb->SizeBytes, 3 + 6);
}

TEST(Streams, HoldWhatTheirViewSays) {
    const std::pair<const char*, const char*> views[] = {
        {"KEYS_ONLY", "MODIFY 1: - > -\n"},
        {"NEW_IMAGE", "MODIFY 1: - > {\"n\":{\"N\":\"2\"},\"pk\":{\"S\":\"1\"}}\n"},
        {"OLD_IMAGE", "MODIFY 1: {\"n\":{\"N\":\"1\"},\"pk\":{\"S\":\"1\"}} > -\n"},
    };
    for (const auto& [view, expected] : views) {
        StreamWorld world;
        world.make_table("orders", "");
        world.put(1, "1");
        const auto arn = world.enable(view);
        world.put(1, "2");
        EXPECT_EQ(told(world.read(world.iterator(arn))), expected);
    }
}

TEST(Streams, RecordBatchesAndTransactionsWhole) {
    StreamWorld world;
    world.make_table("orders", "");
    const auto arn = world.enable("KEYS_ONLY");
    const auto item = [](const char* pk) {
        return AttributeMap::from_json(fmt::format(R"({{"pk":{{"S":"{}"}}}})", pk));
    };
    std::vector<WriteRequest> writes(2);
    writes[0].PutRequest = PutRequest{.Item = item("a")};
    writes[1].DeleteRequest = DeleteRequest{.Key = item("nothing")};
    world.run(world.service.batch_write_item(world.call, {.RequestItems = {{"orders", writes}}}));
    std::vector<TransactWriteItem> items(2);
    items[0].Put = Put{.Item = item("b"), .TableName = "orders"};
    items[1].Delete = Delete{.Key = item("a"), .TableName = "orders"};
    world.run(world.service.transact_write_items(world.call, {.TransactItems = items}));
    items[0].Put = Put{.Item = item("c"), .TableName = "orders"};
    items[1].Delete = Delete{.Key = item("a"), .TableName = "orders", .ConditionExpression = "attribute_exists(pk)"};
    EXPECT_THROW(world.run(world.service.transact_write_items(world.call, {.TransactItems = items})),
                 TransactionCanceledException);
    EXPECT_EQ(told(world.read(world.iterator(arn))), "INSERT a: - > -\nINSERT b: - > -\nREMOVE a: - > -\n");
}

TEST(ShardIterators, BeginWhereTheirTypeSays) {
    StreamWorld world;
    world.make_table("orders", "");
    const auto arn = world.enable("KEYS_ONLY");
    const auto first = *world.describe(arn).Shards->front().SequenceNumberRange->StartingSequenceNumber;
    const auto before = world.iterator(arn, "LATEST");
    EXPECT_EQ(world.iterator(arn, "AT_SEQUENCE_NUMBER", first).empty(), false);  // of a record that is still to come
    world.put(1);
    world.advance(1min);
    world.put(2);
    world.advance(1min);
    world.put(3);
    const auto at = [&](std::string type, std::optional<std::string> sequence = {}) {
        return told(world.read(world.iterator(arn, std::move(type), std::move(sequence))));
    };
    const auto second = *world.read(before).Records->at(1).dynamodb->SequenceNumber;
    EXPECT_EQ(told(world.read(before)), "INSERT 1: - > -\nINSERT 2: - > -\nINSERT 3: - > -\n");
    EXPECT_EQ(at("TRIM_HORIZON"), "INSERT 1: - > -\nINSERT 2: - > -\nINSERT 3: - > -\n");
    EXPECT_EQ(at("LATEST"), "");
    EXPECT_EQ(at("AT_SEQUENCE_NUMBER", second), "INSERT 2: - > -\nINSERT 3: - > -\n");
    EXPECT_EQ(at("AFTER_SEQUENCE_NUMBER", second), "INSERT 3: - > -\n");
    EXPECT_EQ(at("AT_SEQUENCE_NUMBER", first), "INSERT 1: - > -\nINSERT 2: - > -\nINSERT 3: - > -\n");
    const auto id = *world.describe(arn).Shards->front().ShardId;
    const auto from = world.run(world.streams.get_shard_iterator(
        world.call,
        {.StreamArn = arn, .ShardId = id, .ShardIteratorType = "AT_TIMESTAMP", .Timestamp = Time(1'700'000'001s)}));
    EXPECT_EQ(told(world.read(*from.ShardIterator)), "INSERT 2: - > -\nINSERT 3: - > -\n");
}

TEST(ShardIterators, AreRefusedWhereTheyMakeNoSense) {
    StreamWorld world;
    world.make_table("orders", "");
    const auto arn = world.enable("KEYS_ONLY");
    const auto id = *world.describe(arn).Shards->front().ShardId;
    const auto code = [&](api::GetShardIteratorInput request) {
        const auto text = refusal([&] { world.run(world.streams.get_shard_iterator(world.call, request)); });
        return text.substr(0, text.find(':'));
    };
    const std::string number = "100000000000000000001", other = "000000000000000000001";
    EXPECT_EQ(code({.StreamArn = arn, .ShardId = id, .ShardIteratorType = "AT_SEQUENCE_NUMBER"}),
              "ValidationException");
    EXPECT_EQ(code({.StreamArn = arn, .ShardId = id, .ShardIteratorType = "TRIM_HORIZON", .SequenceNumber = number}),
              "ValidationException");
    EXPECT_EQ(
        code({.StreamArn = arn, .ShardId = id, .ShardIteratorType = "AT_SEQUENCE_NUMBER", .SequenceNumber = other}),
        "ValidationException");
    EXPECT_EQ(code({.StreamArn = arn, .ShardId = std::string(30, 'x'), .ShardIteratorType = "LATEST"}),
              "ResourceNotFoundException");
    EXPECT_EQ(code({.StreamArn = std::string(40, 'x'), .ShardId = id, .ShardIteratorType = "LATEST"}),
              "ValidationException");
    EXPECT_EQ(code({.StreamArn = arn + "x", .ShardId = id, .ShardIteratorType = "LATEST"}),
              "ResourceNotFoundException");
    EXPECT_EQ(refusal([&] { world.read("nothing"); }), "ValidationException: Invalid ShardIterator");
    EXPECT_EQ(refusal([&] { world.read(arn + "|1|AAAA"); }), "ValidationException: Invalid ShardIterator");
}

TEST(ShardIterators, ExpireAfterFifteenMinutes) {
    StreamWorld world;
    world.make_table("orders", "");
    const auto iterator = world.iterator(world.enable());
    world.advance(15min);
    EXPECT_EQ(told(world.read(iterator)), "");
    world.advance(1s);
    EXPECT_THROW(world.read(iterator), api::ExpiredIteratorException);
}

TEST(GetRecords, GoesOnWhereItsLimitEndedIt) {
    StreamWorld world;
    world.make_table("orders", "");
    const auto arn = world.enable("KEYS_ONLY");
    for (int number = 1; number <= 3; ++number) world.put(number);
    auto output = world.read(world.iterator(arn), 2);
    EXPECT_EQ(told(output), "INSERT 1: - > -\nINSERT 2: - > -\n");
    output = world.read(*output.NextShardIterator, 2);
    EXPECT_EQ(told(output), "INSERT 3: - > -\n");
    output = world.read(*output.NextShardIterator);
    EXPECT_EQ(told(output), "");
    EXPECT_TRUE(output.NextShardIterator);
    EXPECT_EQ(refusal([&] { world.read(world.iterator(arn), 1001); }),
              "ValidationException: 1 validation error detected: Value '1001' at 'limit' failed to satisfy constraint: "
              "Member must have value less than or equal to 1000");
}

TEST(GetRecords, EndsAnAnswerAtOneMegabyte) {
    StreamWorld world;
    world.make_table("orders", "");
    const auto arn = world.enable("NEW_IMAGE");
    for (int number = 0; number < 4; ++number) {
        world.World::put("orders",
                         fmt::format(R"({{"pk":{{"S":"{}"}},"x":{{"S":"{}"}}}})", number, std::string(390'000, 'x')));
    }
    const auto output = world.read(world.iterator(arn));
    EXPECT_EQ(output.Records->size(), 3u);
    EXPECT_EQ(world.read(*output.NextShardIterator).Records->size(), 1u);
}

TEST(Streams, StayReadableForADayAfterTheyAreDisabled) {
    StreamWorld world;
    world.begin_work();
    world.make_table("orders", "");
    const auto arn = world.enable("KEYS_ONLY");
    world.put(1);
    world.disable();
    world.put(2);
    const auto description = world.describe(arn);
    EXPECT_EQ(description.StreamStatus, "DISABLED");
    EXPECT_TRUE(description.Shards->front().SequenceNumberRange->EndingSequenceNumber);
    const auto output = world.read(world.iterator(arn));
    EXPECT_EQ(told(output), "INSERT 1: - > -\n");
    EXPECT_FALSE(output.NextShardIterator);

    world.advance(1s);
    const auto second = world.enable("NEW_IMAGE");
    EXPECT_NE(second, arn);
    const auto listed = world.run(world.streams.list_streams(world.call, {.TableName = "orders"}));
    EXPECT_EQ(listed.Streams->size(), 2u);

    world.advance(23h);
    EXPECT_EQ(world.describe(arn).StreamStatus, "DISABLED");
    world.advance(2h);
    EXPECT_EQ(refusal([&] { world.describe(arn); }),
              "ResourceNotFoundException: Requested resource not found: Stream: " + arn + " not found");
    EXPECT_EQ(world.describe(second).StreamStatus, "ENABLED");
}

TEST(Streams, OutliveTheirTableForADay) {
    StreamWorld world;
    world.make_table("orders", "");
    const auto arn = world.enable("KEYS_ONLY");
    world.put(1);
    world.run(world.service.delete_table(world.call, {.TableName = "orders"}));
    EXPECT_EQ(world.describe(arn).StreamStatus, "DISABLED");
    EXPECT_EQ(told(world.read(world.iterator(arn))), "INSERT 1: - > -\n");
}

TEST(Streams, LoseTheirRecordsAfterADay) {
    StreamWorld world;
    world.begin_work();
    world.make_table("orders", "");
    const auto arn = world.enable("KEYS_ONLY");
    world.put(1);
    const auto first = *world.read(world.iterator(arn)).Records->front().dynamodb->SequenceNumber;
    world.advance(1h);
    world.put(2);
    world.advance(22h + 59min);
    EXPECT_EQ(told(world.read(world.iterator(arn))), "INSERT 1: - > -\nINSERT 2: - > -\n");
    const auto early = world.iterator(arn, "AT_SEQUENCE_NUMBER", first);
    const auto horizon = world.iterator(arn);
    world.advance(10min);
    EXPECT_THROW(world.read(early), api::TrimmedDataAccessException);
    EXPECT_THROW(world.iterator(arn, "AT_SEQUENCE_NUMBER", first), api::TrimmedDataAccessException);
    EXPECT_EQ(told(world.read(horizon)), "INSERT 2: - > -\n");
    world.advance(2h);
    EXPECT_EQ(told(world.read(world.iterator(arn))), "");
    world.put(3);
    EXPECT_EQ(told(world.read(world.iterator(arn, "TRIM_HORIZON", {}, world.describe(arn).Shards->size() - 1))),
              "INSERT 3: - > -\n");
}

TEST(Shards, AreFollowedByTheirChildren) {
    StreamWorld world;
    world.begin_work();
    world.make_table("orders", "");
    const auto arn = world.enable("KEYS_ONLY");
    world.put(1);
    world.advance(5h);
    world.put(2);
    const auto shards = *world.describe(arn).Shards;
    ASSERT_EQ(shards.size(), 2u);
    EXPECT_FALSE(shards[0].ParentShardId);
    EXPECT_TRUE(shards[0].SequenceNumberRange->EndingSequenceNumber);
    EXPECT_EQ(shards[1].ParentShardId, shards[0].ShardId);
    EXPECT_FALSE(shards[1].SequenceNumberRange->EndingSequenceNumber);
    EXPECT_LT(*shards[0].ShardId, *shards[1].ShardId);
    const auto closed = world.read(world.iterator(arn));
    EXPECT_EQ(told(closed), "INSERT 1: - > -\n");
    EXPECT_FALSE(closed.NextShardIterator);
    EXPECT_EQ(told(world.read(world.iterator(arn, "TRIM_HORIZON", {}, 1))), "INSERT 2: - > -\n");

    auto page = world.run(world.streams.describe_stream(world.call, {.StreamArn = arn, .Limit = 1}));
    EXPECT_EQ(page.StreamDescription->Shards->size(), 1u);
    EXPECT_EQ(page.StreamDescription->LastEvaluatedShardId, shards[0].ShardId);
    page = world.run(world.streams.describe_stream(
        world.call, {.StreamArn = arn, .ExclusiveStartShardId = page.StreamDescription->LastEvaluatedShardId}));
    EXPECT_EQ(page.StreamDescription->Shards->front().ShardId, shards[1].ShardId);
    EXPECT_FALSE(page.StreamDescription->LastEvaluatedShardId);
    page = world.run(world.streams.describe_stream(
        world.call, {.StreamArn = arn, .ShardFilter = {{.Type = "CHILD_SHARDS", .ShardId = shards[0].ShardId}}}));
    ASSERT_EQ(page.StreamDescription->Shards->size(), 1u);
    EXPECT_EQ(page.StreamDescription->Shards->front().ShardId, shards[1].ShardId);

    world.advance(20h);  // what was in the first has gone, and it too
    EXPECT_EQ(world.describe(arn).Shards->size(), 1u);
}

TEST(ListStreams, GoesThroughAllInPages) {
    StreamWorld world;
    for (const auto* name : {"orders", "alpha", "zeta"}) {
        world.make_table(name, "");
        world.run(world.service.update_table(
            world.call,
            {.TableName = name, .StreamSpecification = {{.StreamEnabled = true, .StreamViewType = "KEYS_ONLY"}}}));
    }
    std::vector<std::string> tables;
    std::optional<std::string> after;
    do {
        const auto page =
            world.run(world.streams.list_streams(world.call, {.Limit = 2, .ExclusiveStartStreamArn = after}));
        for (const auto& stream : *page.Streams) tables.push_back(*stream.TableName);
        after = page.LastEvaluatedStreamArn;
    } while (after);
    EXPECT_EQ(tables, (std::vector<std::string>{"alpha", "orders", "zeta"}));
    EXPECT_TRUE(world.run(world.streams.list_streams(world.call, {.TableName = "nothing"})).Streams->empty());
}

TEST(StreamSpecification, IsRefusedInDynamoDBsWords) {
    StreamWorld world;
    world.make_table("orders", "");
    EXPECT_EQ(refusal([&] { world.disable(); }),
              "ValidationException: Table has no stream to disable: TableName: orders");
    const auto arn = world.enable("KEYS_ONLY");
    EXPECT_EQ(refusal([&] { world.enable("NEW_IMAGE"); }),
              "ValidationException: Table already has an enabled stream: TableName: orders");
    auto description = *world.run(world.service.describe_table(world.call, {.TableName = "orders"})).Table;
    EXPECT_EQ(description.StreamSpecification->StreamViewType, "KEYS_ONLY");
    EXPECT_EQ(description.LatestStreamArn, arn);
    EXPECT_TRUE(arn.ends_with("table/orders/stream/" + *description.LatestStreamLabel));
    world.disable();
    description = *world.run(world.service.describe_table(world.call, {.TableName = "orders"})).Table;
    EXPECT_FALSE(description.StreamSpecification);
    EXPECT_EQ(description.LatestStreamArn, arn);
}

TEST(Streams, WakeThoseWhoWaitForThem) {
    StreamWorld world;
    world.make_table("orders", "");
    const auto arn = world.enable("KEYS_ONLY");
    auto watch = world.store->watch(contracts::stream_topic(arn));
    world.put(1);
    EXPECT_TRUE(world.run(watch.wait(Time::min())));
    EXPECT_FALSE(world.run(watch.wait(Time::min())));
    world.put(1);  // changes nothing
    EXPECT_FALSE(world.run(watch.wait(Time::min())));
    world.disable();
    EXPECT_TRUE(world.run(watch.wait(Time::min())));
}

}  // namespace
}  // namespace cumulet::dynamodb
