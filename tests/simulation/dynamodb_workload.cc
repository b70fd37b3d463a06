#include <set>

#include "services/dynamodb/service.h"
#include "workloads.h"

namespace cumulet::simulation {
namespace {

using namespace aws::dynamodb;
using contracts::AttributeMap;
using contracts::AttributeValue;
using contracts::AttributeView;
using dynamodb::Service;

constexpr int accounts = 5, first_balance = 100, groups = 3;

AttributeMap map_of(std::string json) { return AttributeMap::from_json(json); }
AttributeMap key_of(const std::string& pk) { return map_of(fmt::format(R"({{"pk":{{"S":"{}"}}}})", pk)); }
int64_t number_of(AttributeView value) { return value ? std::stoll(value.number().text()) : 0; }

class DynamoDbWorkload {
  public:
    explicit DynamoDbWorkload(World& world) : world_(world), service_(world.store()) { balances_.fill(first_balance); }

    void run() {
        world_.start(make_tables());
        world_.run();
        const auto many = [this](size_t most) { return 1 + world_.below(most); };
        for (size_t i = many(6); i > 0; --i) world_.start(count());
        for (size_t i = many(4); i > 0; --i) world_.start(write_versions(i));
        for (size_t i = many(4); i > 0; --i) world_.start(transfer(i));
        for (size_t i = many(2); i > 0; --i) world_.start(look_at_accounts());
        for (size_t i = many(3); i > 0; --i) world_.start(keep_items(i));
        world_.run();
        world_.start(look_at_the_end());
        world_.run();
    }

  private:
    Task<void> make_tables() {
        for (const auto* name : {"counters", "accounts", "things"}) {
            CreateTableInput request{.AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"}}},
                                     .TableName = name,
                                     .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}},
                                     .BillingMode = "PAY_PER_REQUEST"};
            if (request.TableName == "things") {
                request.AttributeDefinitions->push_back({.AttributeName = "grp", .AttributeType = "S"});
                request.AttributeDefinitions->push_back({.AttributeName = "n", .AttributeType = "N"});
                request.GlobalSecondaryIndexes = {{{.IndexName = "by_group",
                                                    .KeySchema = {{.AttributeName = "grp", .KeyType = "HASH"},
                                                                  {.AttributeName = "n", .KeyType = "RANGE"}},
                                                    .Projection = {.ProjectionType = "ALL"}}}};
                request.VectorIndexes = {
                    {{.IndexName = "near",
                      .VectorAttribute = {.AttributeName = "at"},
                      .SearchSchema = {{{.AttributeName = "grp", .SearchSchemaElementType = "HASH"}}},
                      .Projection = {.ProjectionType = "ALL"},
                      .Dimensions = 2,
                      .DistanceFunction = "EUCLIDEAN"}}};
            }
            try {
                co_await world_.ask(service_, &Service::create_table, request);
            } catch (const ResourceInUseException&) {
                // The answer to an earlier try was lost.
            }
        }
        for (int number = 0; number < accounts; ++number) {
            const auto item = fmt::format(R"({{"pk":{{"S":"{}"}},"balance":{{"N":"{}"}}}})", number, first_balance);
            co_await world_.ask(service_, &Service::put_item, {.TableName = "accounts", .Item = map_of(item)});
        }
    }

    // ---- counters: each increment has its own place in one order

    struct Counter {
        int64_t tries = 0, answers = 0, highest = 0;
        std::set<int64_t> values;
    };

    Task<void> count() {
        for (int round = 0; round < 12; ++round) {
            const auto name = fmt::format("count {}", world_.chance(0.6) ? 0 : world_.below(3));
            auto& counter = counters_[name];
            int64_t before = 0;
            const UpdateItemInput request{
                .TableName = "counters",
                .Key = key_of(name),
                .ReturnValues = "UPDATED_NEW",
                .UpdateExpression = "ADD n :one",
                .ExpressionAttributeValues = map_of(R"({":one":{"N":"1"}})"),
            };
            const auto answer = co_await world_.ask(service_, &Service::update_item, request, [&] {
                ++counter.tries;
                before = counter.highest;
            });
            const auto value = number_of(answer.value.Attributes->find("n"));
            world_.note(fmt::format("{} is {}", name, value));
            world_.check(counter.values.insert(value).second, "{} was {} for two callers", name, value);
            world_.check(value > before, "{} fell from {} to {}", name, before, value);
            world_.check(value <= counter.tries, "{} is {} after {} tries", name, value, counter.tries);
            counter.highest = std::max(counter.highest, value);
            ++counter.answers;
            if (world_.chance(0.3)) co_await world_.dawdle(50ms);
        }
    }

    // ---- versions: of those who replace the same version, one wins

    Task<void> write_versions(size_t actor) {
        for (int round = 0; round < 8; ++round) {
            int64_t acknowledged = 0;
            const auto read = co_await world_.ask(
                service_, &Service::get_item, {.TableName = "counters", .Key = key_of("page"), .ConsistentRead = true},
                [&] { acknowledged = winners_.empty() ? 0 : winners_.rbegin()->first; });
            const auto& item = read.value.Item;
            const int64_t version = item ? number_of(item->find("version")) : 0;
            world_.check(version >= acknowledged, "version {} was read after {} was written", version, acknowledged);
            if (item) check_author(version, std::string(item->find("author").content()));
            co_await world_.dawdle(20ms);
            co_await replace(version, fmt::format("{}.{}", actor, round));
        }
    }

    void check_author(int64_t version, const std::string& author) {
        world_.check(authors_[version].contains(author), "nobody wrote version {} by {}", version, author);
        const auto winner = winners_.find(version);
        world_.check(winner == winners_.end() || winner->second == author, "version {} is by {}, but was written by {}",
                     version, author, winner == winners_.end() ? "" : winner->second);
    }

    Task<void> replace(int64_t version, std::string author) {
        const auto item =
            fmt::format(R"({{"pk":{{"S":"page"}},"version":{{"N":"{}"}},"author":{{"S":"{}"}}}})", version + 1, author);
        PutItemInput request{.TableName = "counters", .Item = map_of(item)};
        if (version == 0) {
            request.ConditionExpression = "attribute_not_exists(pk)";
        } else {
            request.ConditionExpression = "version = :v";
            request.ExpressionAttributeValues = map_of(fmt::format(R"({{":v":{{"N":"{}"}}}})", version));
        }
        int tries = 0;
        try {
            co_await world_.ask(service_, &Service::put_item, request, [&] {
                ++tries;
                authors_[version + 1].insert(author);
            });
            const auto [winner, first] = winners_.try_emplace(version + 1, author);
            world_.check(first, "version {} was written by {} and by {}", version + 1, winner->second, author);
            world_.note(fmt::format("version {} by {}", version + 1, author));
        } catch (const ConditionalCheckFailedException&) {
            const bool justified = tries > 1 || authors_[version + 1].size() > 1;
            world_.check(justified, "nobody else replaced version {}, and {} was refused", version, author);
        }
    }

    // ---- transfers: a token makes a transaction happen once, however often it is asked for

    TransactWriteItem change_of(int64_t account, std::string expression, int64_t amount,
                                std::optional<std::string> condition) {
        return {.Update = Update{.Key = key_of(std::to_string(account)),
                                 .UpdateExpression = std::move(expression),
                                 .TableName = "accounts",
                                 .ConditionExpression = std::move(condition),
                                 .ExpressionAttributeValues = map_of(fmt::format(R"({{":a":{{"N":"{}"}}}})", amount))}};
    }

    Task<void> transfer(size_t actor) {
        for (int round = 0; round < 8; ++round) {
            const auto from = static_cast<int64_t>(world_.below(accounts));
            const auto to = (from + 1 + static_cast<int64_t>(world_.below(accounts - 1))) % accounts;
            const auto amount = static_cast<int64_t>(1 + world_.below(60));
            const TransactWriteItemsInput request{
                .TransactItems = {change_of(from, "SET balance = balance - :a", amount, "balance >= :a"),
                                  change_of(to, "SET balance = balance + :a", amount, std::nullopt)},
                .ClientRequestToken = fmt::format("transfer {}.{}", actor, round)};
            try {
                co_await world_.ask(service_, &Service::transact_write_items, request);
                balances_[static_cast<size_t>(from)] -= amount;
                balances_[static_cast<size_t>(to)] += amount;
                world_.note(fmt::format("{} from {} to {}", amount, from, to));
            } catch (const TransactionCanceledException& refused) {
                const auto& reasons = *refused.CancellationReasons;
                world_.check(reasons.at(0).Code == "ConditionalCheckFailed" && reasons.at(1).Code == "None",
                             "a transfer was refused for another reason than its condition: {}", refused.message);
            }
            if (world_.chance(0.3)) co_await world_.dawdle(50ms);
        }
    }

    Task<void> look_at_accounts() {
        TransactGetItemsInput all;
        for (int number = 0; number < accounts; ++number) {
            all.TransactItems.push_back({.Get = {.Key = key_of(std::to_string(number)), .TableName = "accounts"}});
        }
        for (int round = 0; round < 8; ++round) {
            int64_t sum = 0;
            if (world_.chance(0.5)) {
                const auto answer = co_await world_.ask(service_, &Service::transact_get_items, all);
                for (const auto& response : *answer.value.Responses) sum += number_of(response.Item->find("balance"));
            } else {
                const auto answer = co_await world_.ask(service_, &Service::scan, {.TableName = "accounts"});
                for (const auto& item : *answer.value.Items) sum += number_of(item.find("balance"));
            }
            world_.check(sum == accounts * first_balance, "the accounts had a sum of {}", sum);
            co_await world_.dawdle(50ms);
        }
    }

    // ---- things: each has one writer, which knows what must be there, in the table and in its indexes

    struct Thing {
        std::string group;  ///< "": not in the index
        int64_t n = 0;
        auto operator<=>(const Thing&) const = default;
    };
    static AttributeMap item_of(const std::string& pk, const Thing& thing) {
        const auto group = thing.group.empty() ? "" : fmt::format(R"("grp":{{"S":"{}"}},)", thing.group);
        return map_of(fmt::format(R"({{"pk":{{"S":"{}"}},{}"n":{{"N":"{}"}},"at":{{"L":[{{"N":"{}"}},{{"N":"0"}}]}}}})",
                                  pk, group, thing.n, thing.n));
    }
    static Thing thing_of(const AttributeMap& item) {
        const auto group = item.find("grp");
        return {group ? std::string(group.content()) : "", number_of(item.find("n"))};
    }
    Thing some_thing() {
        const auto group = world_.below(groups + 1);
        return {group == groups ? "" : fmt::format("group {}", group), static_cast<int64_t>(world_.below(50))};
    }

    Task<void> keep_items(size_t actor) {
        for (int round = 0; round < 15; ++round) {
            const auto pk = fmt::format("{}.{}", actor, world_.below(6));
            const auto dice = world_.below(5);
            if (dice == 0) {
                co_await world_.ask(service_, &Service::delete_item, {.TableName = "things", .Key = key_of(pk)});
                things_.erase(pk);
            } else if (dice == 1) {
                co_await write_batch(actor);
            } else if (dice == 2 && things_.contains(pk)) {
                co_await change_group(pk);
            } else {
                const auto thing = some_thing();
                co_await world_.ask(service_, &Service::put_item, {.TableName = "things", .Item = item_of(pk, thing)});
                things_[pk] = thing;
            }
            world_.note(fmt::format("wrote {}", pk));
            co_await check_thing(pk);
        }
    }

    Task<void> change_group(std::string pk) {
        auto thing = things_.at(pk);
        UpdateItemInput request{.TableName = "things", .Key = key_of(pk), .UpdateExpression = "REMOVE grp"};
        if (world_.chance(0.6)) {
            thing.group = fmt::format("group {}", world_.below(groups));
            request.UpdateExpression = "SET grp = :g";
            request.ExpressionAttributeValues = map_of(fmt::format(R"({{":g":{{"S":"{}"}}}})", thing.group));
        } else {
            thing.group.clear();
        }
        co_await world_.ask(service_, &Service::update_item, request);
        things_[pk] = thing;
    }

    Task<void> write_batch(size_t actor) {
        std::vector<WriteRequest> writes;
        std::map<std::string, std::optional<Thing>> expected;
        for (int number = 0; number < 6; ++number) {
            if (world_.chance(0.5)) continue;
            const auto pk = fmt::format("{}.{}", actor, number);
            if (world_.chance(0.3)) {
                writes.push_back({.DeleteRequest = DeleteRequest{.Key = key_of(pk)}});
                expected[pk].reset();
            } else {
                expected[pk] = some_thing();
                writes.push_back({.PutRequest = PutRequest{.Item = item_of(pk, *expected[pk])}});
            }
        }
        if (writes.empty()) co_return;
        const auto answer =
            co_await world_.ask(service_, &Service::batch_write_item, {.RequestItems = {{"things", writes}}});
        const auto& rest = answer.value.UnprocessedItems;
        world_.check(!rest || rest->empty(), "a batch was written in part");
        for (const auto& [pk, thing] : expected) {
            if (thing) {
                things_[pk] = *thing;
            } else {
                things_.erase(pk);
            }
        }
    }

    /// Its only writer reads what it wrote, from the table and from the index.
    Task<void> check_thing(std::string pk) {
        const auto expected = things_.find(pk);
        const auto got = co_await world_.ask(service_, &Service::get_item, {.TableName = "things", .Key = key_of(pk)});
        world_.check(got.value.Item.has_value() == (expected != things_.end()), "{} is there, or not, wrongly", pk);
        if (!got.value.Item) co_return;
        const auto thing = expected->second;
        world_.check(thing_of(*got.value.Item) == thing, "{} is not as it was written", pk);
        if (thing.group.empty()) co_return;
        const auto found = co_await query_group(thing.group);
        world_.check(found.contains(pk) && found.at(pk) == thing, "{} is not in the index as it was written", pk);
        const auto near = co_await search_group(thing.group);
        world_.check(near.contains(pk) && near.at(pk) == thing, "{} is not among the vectors as it was written", pk);
    }

    /// The items of a group, by their keys, as a search among their vectors finds them: all, by their distance.
    Task<std::map<std::string, Thing>> search_group(std::string group) {
        const auto zero = AttributeValue::N(contracts::Decimal());
        const SearchVectorsInput request{
            .TableName = "things",
            .IndexName = "near",
            .ExpressionAttributeValues = map_of(fmt::format(R"({{":g":{{"S":"{}"}}}})", group)),
            .SearchVector = {zero, zero},
            .SearchConditionExpression = "grp = :g",
            .TopK = 100};
        const auto answer = co_await world_.ask(service_, &Service::search_vectors, request);
        std::map<std::string, Thing> found;
        double last = 0;
        for (const auto& [item, score] : *answer.value.SearchResults) {
            const auto thing = thing_of(*item);
            world_.check(thing.group == group, "a search of {} found an item of {}", group, thing.group);
            world_.check(*score == static_cast<double>(thing.n), "an item with {} was found at {}", thing.n, *score);
            world_.check(*score >= last, "a search went from {} to {}", last, *score);
            last = *score;
            found[std::string(item->find("pk").content())] = thing;
        }
        co_return found;
    }

    /// The items of a group, by their keys, read in pages of the index.
    Task<std::map<std::string, Thing>> query_group(std::string group) {
        std::map<std::string, Thing> found;
        QueryInput request{.TableName = "things",
                           .IndexName = "by_group",
                           .Limit = static_cast<int32_t>(1 + world_.below(20)),
                           .KeyConditionExpression = "grp = :g",
                           .ExpressionAttributeValues = map_of(fmt::format(R"({{":g":{{"S":"{}"}}}})", group))};
        int64_t last = 0;
        for (int page = 0; page < 100; ++page) {
            const auto answer = co_await world_.ask(service_, &Service::query, request);
            for (const auto& item : *answer.value.Items) {
                const auto thing = thing_of(item);
                world_.check(thing.group == group, "a query of {} found an item of {}", group, thing.group);
                world_.check(thing.n >= last, "a query went from {} to {}", last, thing.n);
                last = thing.n;
                found[std::string(item.find("pk").content())] = thing;
            }
            if (!answer.value.LastEvaluatedKey) co_return found;
            request.ExclusiveStartKey = answer.value.LastEvaluatedKey;
        }
        world_.fail("a query does not come to an end");
    }

    Task<void> look_at_the_end() {
        for (const auto& [name, counter] : counters_) {
            const auto got =
                co_await world_.ask(service_, &Service::get_item, {.TableName = "counters", .Key = key_of(name)});
            const auto value = number_of(got.value.Item->find("n"));
            world_.check(counter.answers <= value && value <= counter.tries, "{} is {}, after {} answers to {} tries",
                         name, value, counter.answers, counter.tries);
        }
        for (int64_t number = 0; number < accounts; ++number) {
            const auto got = co_await world_.ask(service_, &Service::get_item,
                                                 {.TableName = "accounts", .Key = key_of(std::to_string(number))});
            const auto balance = number_of(got.value.Item->find("balance"));
            const auto expected = balances_[static_cast<size_t>(number)];
            world_.check(balance == expected, "account {} has {}, not {}", number, balance, expected);
        }
        co_await look_at_things();
    }

    Task<void> look_at_things() {
        std::map<std::string, Thing> all;
        ScanInput request{.TableName = "things", .Limit = 3};
        do {
            const auto answer = co_await world_.ask(service_, &Service::scan, request);
            for (const auto& item : *answer.value.Items) all[std::string(item.find("pk").content())] = thing_of(item);
            request.ExclusiveStartKey = answer.value.LastEvaluatedKey;
        } while (request.ExclusiveStartKey);
        world_.check(all == things_, "the table is not as it was written");
        for (int number = 0; number < groups; ++number) {
            const auto group = fmt::format("group {}", number);
            auto expected = things_;
            std::erase_if(expected, [&](const auto& thing) { return thing.second.group != group; });
            const auto found = co_await query_group(group);
            world_.check(found == expected, "the index of {} has {} items, the table {}", group, found.size(),
                         expected.size());
            const auto near = co_await search_group(group);
            world_.check(near == expected, "there are {} vectors of {}, and {} items", near.size(), group,
                         expected.size());
        }
    }

    World& world_;
    Service service_;
    std::map<std::string, Counter> counters_;
    std::map<int64_t, std::set<std::string>> authors_;  ///< who tried to write a version
    std::map<int64_t, std::string> winners_;            ///< who was told that it did
    std::array<int64_t, accounts> balances_{};
    std::map<std::string, Thing> things_;
};

}  // namespace

void dynamodb_workload(World& world) { DynamoDbWorkload(world).run(); }

}  // namespace cumulet::simulation
