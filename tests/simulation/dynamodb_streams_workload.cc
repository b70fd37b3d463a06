#include <set>

#include "services/dynamodb/service.h"
#include "services/dynamodb/streams/service.h"
#include "workloads.h"

namespace cumulet::simulation {
namespace {

using namespace aws::dynamodb;
using contracts::AttributeMap;
using contracts::AttributeView;
using dynamodb::Service;
using dynamodb::Streams;

namespace api = aws::dynamodbstreams;

constexpr int items = 6, groups = 2;
constexpr std::string_view other_region = "eu-west-1";

using Content = std::map<std::string, std::string>;  // items by key, as JSON

AttributeMap map_of(const std::string& json) { return AttributeMap::from_json(json); }
AttributeMap key_of(const std::string& pk) { return map_of(fmt::format(R"({{"pk":{{"S":"{}"}}}})", pk)); }
std::string text_of(const AttributeMap& item, std::string_view name) { return std::string(item.find(name).content()); }
int64_t number_of(AttributeView value) { return std::stoll(value.number().text()); }

/// Writers of all kinds, on a table with a stream, an index, a time to live, and soon a replica. One reader follows the
/// stream from its beginning and makes the table anew from it.
class StreamsWorkload {
  public:
    explicit StreamsWorkload(World& world) : world_(world), service_(world.store()), streams_(world.store()) {}

    void run() {
        world_.start(begin());
        world_.run();
        const auto many = [this](size_t most) { return 1 + world_.below(most); };
        for (size_t i = many(4); i > 0; --i) world_.start(write());
        for (size_t i = many(3); i > 0; --i) world_.start(write_pairs());
        if (world_.chance(0.7)) world_.start(add_replica());
        world_.start(follow());
        world_.run();
        world_.start(end());
        world_.run();
    }

  private:
    Task<void> begin() {
        CreateTableInput request{
            .AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"},
                                      {.AttributeName = "grp", .AttributeType = "S"}}},
            .TableName = "ledger",
            .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}},
            .GlobalSecondaryIndexes = {{{.IndexName = "by_group",
                                         .KeySchema = {{.AttributeName = "grp", .KeyType = "HASH"}},
                                         .Projection = {.ProjectionType = "ALL"}}}},
            .BillingMode = "PAY_PER_REQUEST",
            .StreamSpecification = {{.StreamEnabled = true, .StreamViewType = "NEW_AND_OLD_IMAGES"}}};
        try {
            co_await world_.ask(service_, &Service::create_table, request);
        } catch (const ResourceInUseException&) {
            // The answer to an earlier try was lost.
        }
        try {
            const UpdateTimeToLiveInput wanted{.TableName = "ledger",
                                               .TimeToLiveSpecification = {.Enabled = true, .AttributeName = "ends"}};
            co_await world_.ask(service_, &Service::update_time_to_live, wanted);
        } catch (const aws::Error&) {
            // The same.
        }
        const auto listed = co_await world_.ask(streams_, &Streams::list_streams, {.TableName = "ledger"});
        world_.check(listed.value.Streams->size() == 1, "the table has {} streams", listed.value.Streams->size());
        arn_ = *listed.value.Streams->front().StreamArn;
        co_await world_.persist([this]() -> Task<bool> {
            co_await service_.start();
            co_return true;
        });
    }

    // ---- writers: what each writes has a stamp of its own, so that the stream shows when it had its effect

    struct Stamp {
        size_t asked = 0;     ///< moments, counted: before the first try
        size_t answered = 0;  ///< after the last; 0: never
    };

    std::string new_stamp() {
        auto stamp = fmt::format("{}", stamps_.size());
        stamps_[stamp].asked = ++moments_;
        return stamp;
    }
    void answered(const std::string& stamp) { stamps_[stamp].answered = ++moments_; }

    std::string item_of(const std::string& pk, const std::string& stamp) {
        std::string more;
        if (world_.chance(0.5)) more += fmt::format(R"(,"grp":{{"S":"{}"}})", world_.below(groups));
        if (world_.chance(0.3)) {
            const auto ends = std::chrono::floor<std::chrono::seconds>(world_.now()).time_since_epoch().count() +
                              static_cast<int64_t>(world_.below(3));
            more += fmt::format(R"(,"ends":{{"N":"{}"}})", ends);
        }
        return fmt::format(R"({{"pk":{{"S":"{}"}},"stamp":{{"S":"{}"}}{}}})", pk, stamp, more);
    }

    Task<void> write() {
        for (int round = 0; round < 15; ++round) {
            const auto pk = std::to_string(world_.below(items));
            const auto stamp = new_stamp();
            try {
                co_await write_one(pk, stamp, world_.below(4));
                answered(stamp);
            } catch (const ConditionalCheckFailedException&) {
                // Another was first, or an earlier try was.
            }
            if (world_.chance(0.3)) co_await world_.dawdle(1500ms);
        }
    }

    Task<void> write_one(std::string pk, std::string stamp, uint64_t way) {
        if (way == 0) {
            co_await world_.ask(service_, &Service::put_item,
                                {.TableName = "ledger", .Item = map_of(item_of(pk, stamp))});
        } else if (way == 1) {
            co_await world_.ask(service_, &Service::put_item,
                                {.TableName = "ledger",
                                 .Item = map_of(item_of(pk, stamp)),
                                 .ConditionExpression = "attribute_not_exists(pk)"});
        } else if (way == 2) {
            const auto value = map_of(fmt::format(R"({{":s":{{"S":"{}"}}}})", stamp));
            co_await world_.ask(service_, &Service::update_item,
                                {.TableName = "ledger",
                                 .Key = key_of(pk),
                                 .UpdateExpression = "SET stamp = :s",
                                 .ExpressionAttributeValues = value});
        } else {
            co_await world_.ask(service_, &Service::delete_item, {.TableName = "ledger", .Key = key_of(pk)});
        }
    }

    /// Two items at once: "left" and "right" have the same stamp at every moment.
    Task<void> write_pairs() {
        for (int round = 0; round < 8; ++round) {
            const auto stamp = new_stamp();
            TransactWriteItemsInput request{.TransactItems = std::vector<TransactWriteItem>(2)};
            std::vector<WriteRequest> batch;
            for (const auto* pk : {"left", "right"}) {
                const auto item = map_of(fmt::format(R"({{"pk":{{"S":"{}"}},"stamp":{{"S":"{}"}}}})", pk, stamp));
                request.TransactItems[batch.size()].Put = Put{.Item = item, .TableName = "ledger"};
                batch.push_back({.PutRequest = PutRequest{.Item = item}});
            }
            if (world_.chance(0.5)) {
                co_await world_.ask(service_, &Service::transact_write_items, request);
            } else {
                co_await world_.ask(service_, &Service::batch_write_item, {.RequestItems = {{"ledger", batch}}});
            }
            answered(stamp);
            co_await look_at_the_pair();
            if (world_.chance(0.3)) co_await world_.dawdle(500ms);
        }
    }

    Task<void> look_at_the_pair() {
        TransactGetItemsInput request{.TransactItems = std::vector<TransactGetItem>(2)};
        request.TransactItems[0].Get = {.Key = key_of("left"), .TableName = "ledger"};
        request.TransactItems[1].Get = {.Key = key_of("right"), .TableName = "ledger"};
        const auto answer = co_await world_.ask(service_, &Service::transact_get_items, request);
        const auto& pair = *answer.value.Responses;
        const auto left = text_of(*pair[0].Item, "stamp"), right = text_of(*pair[1].Item, "stamp");
        world_.check(left == right, "a transaction read {} beside {}", left, right);
    }

    Task<void> add_replica() {
        co_await world_.dawdle(2s);
        UpdateTableInput request{.TableName = "ledger", .ReplicaUpdates = std::vector<ReplicationGroupUpdate>(1)};
        request.ReplicaUpdates->front().Create = {.RegionName = std::string(other_region)};
        try {
            co_await world_.ask(service_, &Service::update_table, request);
        } catch (const aws::Error&) {
            // The answer to an earlier try was lost.
        }
        has_replica_ = true;
        world_.note("there is a replica");
    }

    // ---- the reader

    Task<void> follow() {
        while (!ended_) {
            co_await read_on();
            co_await world_.dawdle(300ms);
            if (stamps_.size() > 0 && world_.chance(0.1)) ended_ = true;
        }
    }

    /// Reads to the stream's end, which may be in another shard.
    Task<void> read_on() {
        if (iterator_.empty()) iterator_ = co_await begin_iterator();
        for (int page = 0; page < 1000; ++page) {
            const auto limit = static_cast<int32_t>(1 + world_.below(7));
            const auto answer =
                co_await world_.ask(streams_, &Streams::get_records, {.ShardIterator = iterator_, .Limit = limit});
            for (const auto& record : *answer.value.Records) replay(record);
            world_.check(answer.value.NextShardIterator.has_value(), "a shard ended");
            iterator_ = *answer.value.NextShardIterator;
            if (answer.value.Records->empty()) co_return;
        }
        world_.fail("the stream does not come to an end");
    }

    Task<std::string> begin_iterator() {
        const auto described = co_await world_.ask(streams_, &Streams::describe_stream, {.StreamArn = arn_});
        const api::GetShardIteratorInput request{.StreamArn = arn_,
                                                 .ShardId = *described.value.StreamDescription->Shards->front().ShardId,
                                                 .ShardIteratorType = "TRIM_HORIZON"};
        const auto answer = co_await world_.ask(streams_, &Streams::get_shard_iterator, request);
        co_return *answer.value.ShardIterator;
    }

    /// Each record takes up where the one before it left the item.
    void replay(const api::Record& record) {
        const auto& change = *record.dynamodb;
        const auto pk = text_of(*change.Keys, "pk");
        const auto known = replayed_.find(pk);
        const auto old = change.OldImage ? change.OldImage->json() : "";
        world_.check(old == (known == replayed_.end() ? "" : known->second), "record {} of {} begins with {}, not {}",
                     *change.SequenceNumber, pk, old, known == replayed_.end() ? "" : known->second);
        const auto expected = !change.OldImage ? "INSERT" : !change.NewImage ? "REMOVE" : "MODIFY";
        world_.check(record.eventName == expected, "{} is called {}", expected, *record.eventName);
        world_.check(*change.SequenceNumber > latest_, "record {} follows {}", *change.SequenceNumber, latest_);
        world_.check(old != (change.NewImage ? change.NewImage->json() : ""), "{} did not change, and is told", pk);
        latest_ = *change.SequenceNumber;
        if (record.userIdentity) {
            const auto ends = change.OldImage->find("ends");
            const auto removed = std::chrono::floor<std::chrono::seconds>(*change.ApproximateCreationDateTime);
            world_.check(ends && number_of(ends) <= removed.time_since_epoch().count(),
                         "{} was removed before its time", pk);
        }
        if (change.NewImage) {
            replayed_[pk] = change.NewImage->json();
            order_.try_emplace(text_of(*change.NewImage, "stamp"), order_.size());
        } else {
            replayed_.erase(pk);
        }
        world_.note(fmt::format("read {} of {}", *record.eventName, pk));
    }

    // ---- the end: stream, table, index and replica tell the same

    Task<void> end() {
        co_await Reactor::current().sleep_for(60s);  // what expires has left, and the replica is complete
        co_await read_on();
        const auto table = co_await scan("us-east-1", std::nullopt);
        world_.check(table == replayed_, "the stream replays to {} items, the table has {}", replayed_.size(),
                     table.size());
        const auto index = co_await scan("us-east-1", "by_group");
        const auto in_group = [](const auto& entry) { return entry.second.find("\"grp\"") != std::string::npos; };
        Content expected;
        std::ranges::copy_if(table, std::inserter(expected, expected.end()), in_group);
        world_.check(index == expected, "the index has {} items, not {}", index.size(), expected.size());
        if (has_replica_) {
            const auto replica = co_await scan(std::string(other_region), std::nullopt);
            world_.check(replica == table, "the replica has {} items, the table {}", replica.size(), table.size());
        }
        for (const auto& [pk, json] : table) {
            world_.check(json.find("\"ends\"") == std::string::npos, "{} stayed after its time", pk);
        }
        check_order();
        co_await service_.stop();
    }

    /// Whoever began after another was answered comes after it in the stream.
    void check_order() {
        std::map<size_t, size_t> places;  // by moment of the answer
        for (const auto& [stamp, place] : order_) {
            if (const auto answered = stamps_[stamp].answered) places[answered] = place;
        }
        size_t highest = 0;
        auto next = places.begin();
        std::vector<std::pair<size_t, size_t>> asked;
        for (const auto& [stamp, place] : order_) asked.emplace_back(stamps_[stamp].asked, place);
        std::ranges::sort(asked);
        for (const auto& [moment, place] : asked) {
            for (; next != places.end() && next->first < moment; ++next) highest = std::max(highest, next->second);
            world_.check(place >= highest, "the write at place {} began after that at place {} was answered", place,
                         highest);
        }
    }

    Task<Content> scan(std::string region, std::optional<std::string> index) {
        Content found;
        ScanInput request{.TableName = "ledger", .IndexName = index, .Limit = 3};
        do {
            const auto answer = co_await world_.persist([&]() -> Task<ScanOutput> {
                Call call = world_.call();
                call.region = region;
                co_return co_await service_.scan(call, request);
            });
            for (const auto& item : *answer.value.Items) found[text_of(item, "pk")] = item.json();
            request.ExclusiveStartKey = answer.value.LastEvaluatedKey;
        } while (request.ExclusiveStartKey);
        co_return found;
    }

    World& world_;
    Service service_;
    Streams streams_;
    std::string arn_;
    std::string iterator_;
    std::string latest_;
    std::map<std::string, Stamp> stamps_;
    std::map<std::string, size_t> order_;  ///< stamps by the place of their first record in the stream
    Content replayed_;
    size_t moments_ = 0;
    bool has_replica_ = false;
    bool ended_ = false;
};

}  // namespace

void dynamodb_streams_workload(World& world) { StreamsWorkload(world).run(); }

}  // namespace cumulet::simulation
