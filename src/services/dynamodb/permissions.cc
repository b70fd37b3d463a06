// Permissions that IAM asks for the items of a request: of batches by table and key, of transactions and of PartiQL by
// what a part does. Scan and the operations on tables are asked for as a whole, before they come here.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
#include "base/bytes.h"
#include "services/dynamodb/expressions/key_condition.h"
#include "services/dynamodb/partiql/conditions.h"
#include "services/dynamodb/partiql/parser.h"
#include "services/dynamodb/partiql/plan.h"
#include "services/dynamodb/partiql/write.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

using partiql::Statement;
using Conditions = std::map<std::string, std::string>;
using Schemas = std::map<std::string, Table>;

std::string table_arn(const Call& call, const std::string& name) {
    return name.starts_with("arn:") ? name : call.arn("dynamodb", "table/" + name);
}

Conditions part_of(const Call& call) { return {{"dynamodb:EnclosingOperation", call.operation}}; }

/// A hash key's value as policies have it; "" for what can be none, and will be refused.
std::string text_of(AttributeView value) {
    if (value.is(AttributeType::N)) return value.number().text();
    if (value.is(AttributeType::B)) return to_base64(value.content());
    return value.is(AttributeType::S) ? std::string(value.content()) : "";
}

/// `key` holds the hash key, and perhaps more. "" where the table is not there, and the request will fail.
std::string leading_key(const Schemas& schemas, const std::string& table, AttributeView key) {
    const auto schema = schemas.find(table_name(table));
    return schema == schemas.end() ? "" : text_of(key.find(schema->second.key.hash));
}

std::string_view action_of(const Statement& statement) {
    switch (statement.kind) {
        case Statement::Kind::insert: return "PartiQLInsert";
        case Statement::Kind::update: return "PartiQLUpdate";
        case Statement::Kind::remove: return "PartiQLDelete";
        case Statement::Kind::select:
        case Statement::Kind::exists: break;
    }
    return "PartiQLSelect";
}

/// The hash keys that a statement names; none: it scans. A statement that cannot be planned is refused where it is
/// executed.
std::vector<std::string> leading_keys(const Statement& statement, const std::optional<partiql::Parameters>& parameters,
                                      const Table& table) {
    std::vector<std::string> keys;
    try {
        partiql::Values values(statement, pointer(parameters));
        if (statement.kind != Statement::Kind::select) {
            const std::optional<std::string> on_failure;
            const auto write = partiql::write_of(statement, values, table, &on_failure);
            return {text_of(write->intent.key->find(table.key.hash))};
        }
        std::optional<Condition> where;
        if (statement.where) where = partiql::condition_of(*statement.where, values);
        const auto& schema = statement.index.empty() ? table.key : table.index(statement.index).key;
        for (const auto& read : partiql::plan_reads(pointer(where), schema)) keys.push_back(text_of(read.hash.front()));
    } catch (const aws::Error&) {
        keys.clear();
    }
    return keys;
}

}  // namespace

bool Service::is_asked(const Call& call) const {
    const auto& who = call.principal;
    const bool owner = who.kind == Principal::Kind::root && who.account == call.account;
    return options_.gate && !owner;
}

Task<Schemas> Service::load_schemas(Call& call, std::set<std::string> names) {
    const Scope scope(call);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Schemas> {
        Schemas schemas;
        for (const auto& given : names) {
            auto name = table_name(given);
            if (auto table = co_await find_schema(tx, scope, name)) schemas.emplace(std::move(name), std::move(*table));
        }
        co_return schemas;
    });
}

Task<void> Service::permit(Call& call, std::set<Part> parts, Conditions conditions) {
    std::map<std::string, std::string> policies;
    for (const auto& part : parts) {
        const auto arn = table_arn(call, part.table) + (part.index.empty() ? "" : "/index/" + part.index);
        const auto [policy, is_new] = policies.try_emplace(arn);
        if (is_new) policy->second = co_await resource_policy(call, arn);
        auto known = conditions;
        if (!part.leading_key.empty()) known["dynamodb:LeadingKeys"] = part.leading_key;
        co_await options_.gate->permit(call, aws::dynamodb::service, "dynamodb:" + part.action, arn, policy->second,
                                       std::move(known));
    }
}

Task<void> Service::permit_item(Call& call, std::string table, const AttributeMap& key,
                                std::optional<std::string> return_values) {
    if (!is_asked(call)) co_return;
    const auto schemas = co_await load_schemas(call, {table});
    Conditions conditions;
    if (return_values) conditions["dynamodb:ReturnValues"] = *return_values;
    const Part part{.action = call.operation, .table = table, .leading_key = leading_key(schemas, table, key.view())};
    co_await permit(call, {part}, std::move(conditions));
}

Task<void> Service::permit_query(Call& call, const QueryInput& request, const std::vector<KeyComparison>& comparisons) {
    if (!is_asked(call)) co_return;
    Part part{.action = "Query", .table = request.TableName, .index = request.IndexName.value_or("")};
    const auto schemas = co_await load_schemas(call, {request.TableName});
    if (const auto schema = schemas.find(table_name(request.TableName)); schema != schemas.end()) {
        const auto index = std::ranges::find(schema->second.indexes, part.index, &Index::name);
        const auto& key = index == schema->second.indexes.end() ? schema->second.key : index->key;
        const auto hash = std::ranges::find(comparisons, key.hash, &KeyComparison::attribute);
        if (hash != comparisons.end()) part.leading_key = text_of(hash->first);
    }
    const bool some = request.ProjectionExpression || request.AttributesToGet;
    co_await permit(call, {part},
                    {{"dynamodb:Select", request.Select.value_or(some ? "SPECIFIC_ATTRIBUTES" : "ALL_ATTRIBUTES")}});
}

Task<void> Service::permit_parts(Call& call, const BatchGetItemInput& request) {
    if (!is_asked(call)) co_return;
    std::set<std::string> names;
    for (const auto& [name, wanted] : request.RequestItems) names.insert(name);
    const auto schemas = co_await load_schemas(call, std::move(names));
    std::set<Part> parts;
    for (const auto& [name, wanted] : request.RequestItems) {
        for (const auto& key : wanted.Keys) {
            parts.insert(
                {.action = "BatchGetItem", .table = name, .leading_key = leading_key(schemas, name, key.view())});
        }
    }
    co_await permit(call, std::move(parts), {});
}

Task<void> Service::permit_parts(Call& call, const BatchWriteItemInput& request) {
    if (!is_asked(call)) co_return;
    std::set<std::string> names;
    for (const auto& [name, writes] : request.RequestItems) names.insert(name);
    const auto schemas = co_await load_schemas(call, std::move(names));
    std::set<Part> parts;
    for (const auto& [name, writes] : request.RequestItems) {
        for (const auto& write : writes) {
            const auto& key = write.PutRequest ? write.PutRequest->Item : write.DeleteRequest->Key;
            parts.insert(
                {.action = "BatchWriteItem", .table = name, .leading_key = leading_key(schemas, name, key.view())});
        }
    }
    co_await permit(call, std::move(parts), {});
}

Task<void> Service::permit_parts(Call& call, const TransactGetItemsInput& request) {
    if (!is_asked(call)) co_return;
    std::set<std::string> names;
    for (const auto& item : request.TransactItems) names.insert(item.Get.TableName);
    const auto schemas = co_await load_schemas(call, std::move(names));
    std::set<Part> parts;
    for (const auto& [get] : request.TransactItems) {
        parts.insert({.action = "GetItem",
                      .table = get.TableName,
                      .leading_key = leading_key(schemas, get.TableName, get.Key.view())});
    }
    co_await permit(call, std::move(parts), part_of(call));
}

Task<void> Service::permit_parts(Call& call, const TransactWriteItemsInput& request) {
    if (!is_asked(call)) co_return;
    // Twice over the parts: for the tables' names, and with their schemas.
    const auto each = [&](auto&& visit) {
        for (const auto& item : request.TransactItems) {
            if (item.ConditionCheck)
                visit("ConditionCheckItem", item.ConditionCheck->TableName, item.ConditionCheck->Key);
            if (item.Put) visit("PutItem", item.Put->TableName, item.Put->Item);
            if (item.Delete) visit("DeleteItem", item.Delete->TableName, item.Delete->Key);
            if (item.Update) visit("UpdateItem", item.Update->TableName, item.Update->Key);
        }
    };
    std::set<std::string> names;
    each([&](std::string_view, const std::string& table, const AttributeMap&) { names.insert(table); });
    const auto schemas = co_await load_schemas(call, std::move(names));
    std::set<Part> parts;
    each([&](std::string_view action, const std::string& table, const AttributeMap& key) {
        parts.insert(
            {.action = std::string(action), .table = table, .leading_key = leading_key(schemas, table, key.view())});
    });
    co_await permit(call, std::move(parts), part_of(call));
}

Task<void> Service::permit_statement(Call& call, std::string text, std::optional<partiql::Parameters> parameters) {
    if (!is_asked(call)) co_return;
    const auto statement = partiql::parse(text);
    const auto schemas = co_await load_schemas(call, {statement.table});
    const auto table = schemas.find(table_name(statement.table));
    Conditions conditions;
    if (call.operation == "ExecuteTransaction") conditions = part_of(call);
    std::vector<std::string> keys;
    if (table != schemas.end()) {
        keys = leading_keys(statement, parameters, table->second);
        if (statement.kind == Statement::Kind::select) {
            conditions["dynamodb:FullTableScan"] = keys.empty() ? "true" : "false";
        }
    }
    if (keys.empty()) keys.emplace_back();
    std::set<Part> parts;
    for (auto& key : keys) {
        parts.insert({.action = std::string(action_of(statement)),
                      .table = statement.table,
                      .index = statement.index,
                      .leading_key = std::move(key)});
    }
    co_await permit(call, std::move(parts), std::move(conditions));
}

}  // namespace cumulet::dynamodb
