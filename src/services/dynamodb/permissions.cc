// Permissions that IAM asks for each part of a request: of batches by table, of transactions and of PartiQL by what a
// part does. All other operations are asked for as a whole, before they come here.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
#include "services/dynamodb/partiql/conditions.h"
#include "services/dynamodb/partiql/parser.h"
#include "services/dynamodb/partiql/plan.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

using partiql::Statement;
using Conditions = std::map<std::string, std::string>;

std::string table_arn(const Call& call, const std::string& name) {
    return name.starts_with("arn:") ? name : call.arn("dynamodb", "table/" + name);
}

Conditions part_of(const Call& call) { return {{"dynamodb:EnclosingOperation", call.operation}}; }

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

/// True if a SELECT names no hash key. A statement that cannot be planned is refused where it is executed.
bool scans(const Statement& statement, const std::optional<partiql::Parameters>& parameters, const Table& table) {
    try {
        partiql::Values values(statement, pointer(parameters));
        std::optional<Condition> where;
        if (statement.where) where = partiql::condition_of(*statement.where, values);
        const auto& schema = statement.index.empty() ? table.key : table.index(statement.index).key;
        return partiql::plan_reads(pointer(where), schema).empty();
    } catch (const aws::Error&) {
        return true;
    }
}

}  // namespace

Task<void> Service::permit(Call& call, std::set<Permission> needed, Conditions conditions) {
    if (!options_.gate) co_return;
    for (const auto& [action, arn] : needed) {
        co_await options_.gate->permit(call, aws::dynamodb::service, "dynamodb:" + action, arn,
                                       co_await resource_policy(call, arn), conditions);
    }
}

Task<void> Service::permit_parts(Call& call, const BatchGetItemInput& request) {
    std::set<Permission> needed;
    for (const auto& [name, keys] : request.RequestItems) needed.insert({"BatchGetItem", table_arn(call, name)});
    return permit(call, std::move(needed), {});
}

Task<void> Service::permit_parts(Call& call, const BatchWriteItemInput& request) {
    std::set<Permission> needed;
    for (const auto& [name, writes] : request.RequestItems) needed.insert({"BatchWriteItem", table_arn(call, name)});
    return permit(call, std::move(needed), {});
}

Task<void> Service::permit_parts(Call& call, const TransactGetItemsInput& request) {
    std::set<Permission> needed;
    for (const auto& item : request.TransactItems) needed.insert({"GetItem", table_arn(call, item.Get.TableName)});
    return permit(call, std::move(needed), part_of(call));
}

Task<void> Service::permit_parts(Call& call, const TransactWriteItemsInput& request) {
    std::set<Permission> needed;
    const auto add = [&](std::string action, const auto& part) {
        if (part) needed.insert({std::move(action), table_arn(call, part->TableName)});
    };
    for (const auto& item : request.TransactItems) {
        add("ConditionCheckItem", item.ConditionCheck);
        add("PutItem", item.Put);
        add("DeleteItem", item.Delete);
        add("UpdateItem", item.Update);
    }
    return permit(call, std::move(needed), part_of(call));
}

Task<void> Service::permit_statement(Call& call, std::string text, std::optional<partiql::Parameters> parameters) {
    if (!options_.gate) co_return;
    const auto statement = partiql::parse(text);
    const auto name = table_name(statement.table);
    auto arn = table_arn(call, statement.table);
    if (!statement.index.empty()) arn += "/index/" + statement.index;
    Conditions conditions;
    if (call.operation == "ExecuteTransaction") conditions = part_of(call);
    if (statement.kind == Statement::Kind::select) {
        const auto table =
            co_await store_.transact([&](store::Transaction& tx) { return find_schema(tx, Scope(call), name); });
        if (table) conditions["dynamodb:FullTableScan"] = scans(statement, parameters, *table) ? "true" : "false";
    }
    std::set<Permission> needed;
    needed.insert({std::string(action_of(statement)), std::move(arn)});
    co_await permit(call, std::move(needed), std::move(conditions));
}

}  // namespace cumulet::dynamodb
