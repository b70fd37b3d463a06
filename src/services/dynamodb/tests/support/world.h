// A cloud with nothing but DynamoDB in it: memory store, virtual clock, one reactor on the test's thread.
#pragma once

#include <gtest/gtest.h>

#include "services/dynamodb/service.h"
#include "store/memory/memory_store.h"

namespace cumulet::dynamodb {

using contracts::AttributeMap;

struct World {
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store;
    Service service;
    Call call{reactor, "request-1"};

    explicit World(std::unique_ptr<store::Store> kept_in, Options options = {})
        : store(std::move(kept_in)), service(*store, options) {}
    explicit World(Options options = {}) : World(store::open_memory_store(), options) {}
    ~World() { run(service.stop()); }

    template <typename T>
    T run(Task<T> task) {
        return reactor.block_on(std::move(task));
    }

    /// Begins the background work, which end_work ends.
    void begin_work() { run(service.start()); }
    void end_work() { run(service.stop()); }

    /// A table with the keys "pk" (S) and, unless `range` is "", "sk" of that type.
    void make_table(std::string name, std::string range = "S") {
        CreateTableInput request{.AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"}}},
                                 .TableName = std::move(name),
                                 .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}},
                                 .BillingMode = "PAY_PER_REQUEST"};
        if (!range.empty()) {
            request.AttributeDefinitions->push_back({.AttributeName = "sk", .AttributeType = range});
            request.KeySchema->push_back({.AttributeName = "sk", .KeyType = "RANGE"});
        }
        run(service.create_table(call, request));
    }

    void clock_forward(Duration by) { run(clock.advance(by)); }

    void put(std::string table, std::string_view item) {
        run(service.put_item(call, {.TableName = std::move(table), .Item = AttributeMap::from_json(item)}));
    }
    /// The item as JSON, "" if there is none.
    std::string get(std::string table, std::string_view key) {
        const auto output =
            run(service.get_item(call, {.TableName = std::move(table), .Key = AttributeMap::from_json(key)}));
        return output.Item ? output.Item->json() : "";
    }
    UpdateItemOutput update(std::string table, std::string_view key, std::string expression,
                            std::optional<std::string_view> values = {}, std::optional<std::string> returns = {},
                            std::optional<std::map<std::string, std::string>> names = {}) {
        UpdateItemInput request{.TableName = std::move(table),
                                .Key = AttributeMap::from_json(key),
                                .ReturnValues = std::move(returns),
                                .UpdateExpression = std::move(expression),
                                .ExpressionAttributeNames = std::move(names)};
        if (values) request.ExpressionAttributeValues = AttributeMap::from_json(*values);
        return run(service.update_item(call, request));
    }
    QueryInput query_of(std::string table, std::string condition, std::string_view values) {
        return {.TableName = std::move(table),
                .KeyConditionExpression = std::move(condition),
                .ExpressionAttributeValues = AttributeMap::from_json(values)};
    }
};

/// "Code: message" of what `action` throws, "" if it throws nothing.
std::string refusal(auto action) {
    try {
        action();
    } catch (const aws::Error& error) {
        return error.code + ": " + error.message;
    }
    return "";
}

/// The range keys ("sk") of a page's items, joined by blanks.
template <typename Output>
std::string range_keys(const Output& output) {
    std::string text;
    for (const auto& item : *output.Items) {
        const auto value = item.find("sk");
        text += (text.empty() ? "" : " ") +
                (value.is(contracts::AttributeType::N) ? value.number().text() : std::string(value.content()));
    }
    return text;
}

}  // namespace cumulet::dynamodb
