// ExecuteStatement, BatchExecuteStatement and ExecuteTransaction: PartiQL.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html
#include "services/dynamodb/partiql/conditions.h"
#include "services/dynamodb/partiql/parser.h"
#include "services/dynamodb/partiql/select.h"
#include "services/dynamodb/partiql/write.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

using partiql::Statement;

/// A statement that was read, with its values. Pointers are into the request.
struct Prepared {
    Statement statement;
    partiql::Values values;
    const std::optional<std::string>* on_failure;

    template <typename Request>
    explicit Prepared(const Request& request)
        : statement(partiql::parse(request.Statement)),
          values(statement, pointer(request.Parameters)),
          on_failure(&request.ReturnValuesOnConditionCheckFailure) {}

    bool reads() const { return statement.kind == Statement::Kind::select; }
};

/// What one statement did.
struct Outcome {
    std::optional<AttributeMap> item;
    std::vector<AttributeMap> items;
    std::optional<partiql::Resume> next;
    Consumption consumed;
};

/// Throws aws::Error for an index whose key has several hash or several range attributes: PartiQL does not read it.
void check_index(const Table& table, const Prepared& prepared) {
    const auto index = std::ranges::find(table.indexes, prepared.statement.index, &Index::name);
    if (!prepared.reads() || index == table.indexes.end()) return;
    if (index->key.more_hash.empty() && index->key.more_range.empty()) return;
    throw aws::validation_error(
        "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE "
        "keys.");
}

/// The primary key that a SELECT names, and nothing else; throws aws::Error with `complaint` for any other SELECT.
AttributeMap only_key(Prepared& prepared, const Table& table, std::string_view complaint) {
    std::optional<Condition> where;
    if (prepared.statement.where) where = partiql::condition_of(*prepared.statement.where, prepared.values);
    auto target = partiql::find_target(pointer(where), table);
    if (!target || target->condition || !prepared.statement.index.empty()) {
        throw aws::validation_error(std::string(complaint));
    }
    return std::move(target->key);
}

Task<Outcome> read_one(store::Transaction& tx, Scope scope, const Table& table, Prepared& prepared, bool consistent,
                       std::string complaint) {
    const auto key = only_key(prepared, table, complaint);
    table.check_key(key);
    Outcome outcome{.item = co_await load_item(tx, item_key(scope, table, key.view()))};
    outcome.consumed.table = read_units(outcome.item ? outcome.item->size_bytes() : 0, consistent);
    if (outcome.item) outcome.item = partiql::project(prepared.statement, *outcome.item);
    co_return outcome;
}

Task<Outcome> write_one(store::Transaction& tx, Scope scope, const Table& table, Prepared& prepared, Spending& spending,
                        std::optional<std::string> capacity_mode) {
    if (prepared.statement.kind == Statement::Kind::exists) {
        throw aws::validation_error("EXISTS can only be used in ExecuteTransaction write requests.");
    }
    const auto write = partiql::write_of(prepared.statement, prepared.values, table, prepared.on_failure);
    const std::vector<Intent> intents = {write->intent};
    Tables tables = {{table.name, table}};
    auto changes = co_await load_changes(tx, scope, tables, spending, intents);
    auto& change = changes[0];
    spending.attempt(table.name, pointer(change.old));
    decide(change);
    spending.write(table, pointer(change.old), pointer(change.item));
    co_await save_changes(tx, scope, changes, std::nullopt);
    Outcome outcome{.item = partiql::returned(prepared.statement, change)};
    if (wants_capacity(capacity_mode)) outcome.consumed.add_write(table, pointer(change.old), pointer(change.item));
    co_return outcome;
}

/// Enters the table, or the index that a SELECT reads.
Task<void> enter(Spending& spending, store::Transaction& tx, Scope scope, const Table& table,
                 const Prepared& prepared) {
    const auto index = std::ranges::find(table.indexes, prepared.statement.index, &Index::name);
    co_await spending.enter(tx, std::move(scope), table.name, prepared.reads() ? Access::read : Access::write,
                            index == table.indexes.end() ? nullptr : &*index);
}

/// What a page of a SELECT has in common with those before and behind it.
std::string selection_digest(ExecuteStatementInput request) {
    request.NextToken.reset();
    request.Limit.reset();
    request.ReturnConsumedCapacity.reset();
    return digest_of("ExecuteStatement", &request);
}

}  // namespace

Task<ExecuteStatementOutput> Service::execute_statement(Call& call, ExecuteStatementInput request) {
    Prepared prepared(request);
    co_await permit_statement(call, request.Statement, request.Parameters);
    const Scope scope(call);
    const auto name = table_name(prepared.statement.table);
    const auto digest = prepared.reads() ? selection_digest(request) : "";
    partiql::SelectOptions options{.consistent = request.ConsistentRead.value_or(false), .limit = request.Limit};
    if (request.NextToken) options.from = partiql::resume_of(*request.NextToken, digest);

    Spending spending(throttle_, call.now());
    auto outcome = co_await store_.transact([&](store::Transaction& tx) -> Task<Outcome> {
        const auto table = co_await load_table(tx, scope, name);
        check_index(table, prepared);
        if (spending) co_await enter(spending, tx, scope, table, prepared);
        if (!prepared.reads()) {
            co_return co_await write_one(tx, scope, table, prepared, spending, request.ReturnConsumedCapacity);
        }
        auto selection =
            co_await partiql::read_selection(tx, scope, table, prepared.statement, prepared.values, options);
        co_return Outcome{.items = std::move(selection.items),
                          .next = std::move(selection.next),
                          .consumed = std::move(selection.consumed)};
    });

    if (prepared.reads()) spending.use(name, Access::read, outcome.consumed);
    ExecuteStatementOutput output{.Items = std::move(outcome.items)};
    if (outcome.item) output.Items->push_back(std::move(*outcome.item));
    if (outcome.next) {
        output.NextToken = partiql::token_of(*outcome.next, digest);
        output.LastEvaluatedKey = outcome.next->after;
    }
    output.ConsumedCapacity = outcome.consumed.report(request.ReturnConsumedCapacity, name);
    co_return output;
}

namespace {

/// The code of a failed statement of a batch.
std::string short_code(const std::string& code) {
    if (code == "ValidationException") return "ValidationError";
    if (code == "ThrottlingException") return "ThrottlingError";
    if (code == "InternalServerError" || code == "RequestLimitExceeded") return code;
    constexpr std::string_view suffix = "Exception";
    return code.ends_with(suffix) ? code.substr(0, code.size() - suffix.size()) : code;
}

BatchStatementError failure_of(const aws::Error& error) {
    BatchStatementError failure{.Code = short_code(error.code), .Message = error.message};
    if (const auto* failed = dynamic_cast<const ConditionalCheckFailedException*>(&error)) failure.Item = failed->Item;
    return failure;
}

/// Throws aws::Error if a batch both reads and writes.
void check_batch(const std::vector<BatchStatementRequest>& statements) {
    std::set<bool> kinds;
    for (const auto& request : statements) {
        try {
            kinds.insert(partiql::parse(request.Statement).kind == Statement::Kind::select);
        } catch (const aws::Error&) {
            // It fails by itself, and not the others.
        }
    }
    // Unverified: the words.
    if (kinds.size() > 1) {
        throw aws::validation_error("BatchExecuteStatement API does not support both read and write requests.");
    }
}

}  // namespace

Task<BatchStatementResponse> Service::run_member(Call& call, const BatchStatementRequest& request,
                                                 std::optional<std::string> capacity_mode, Consumption& consumed) {
    const Scope scope(call);
    BatchStatementResponse response;
    try {
        Prepared prepared(request);
        co_await permit_statement(call, request.Statement, request.Parameters);
        const auto name = table_name(prepared.statement.table);
        response.TableName = name;
        Spending spending(throttle_, call.now());
        auto outcome = co_await store_.transact([&](store::Transaction& tx) -> Task<Outcome> {
            const auto table = co_await load_table(tx, scope, name);
            check_index(table, prepared);
            if (spending) co_await enter(spending, tx, scope, table, prepared);
            if (!prepared.reads()) co_return co_await write_one(tx, scope, table, prepared, spending, capacity_mode);
            co_return co_await read_one(
                tx, scope, table, prepared, request.ConsistentRead.value_or(false),
                "Select statements within BatchExecuteStatement must specify the primary key in the where clause.");
        });
        if (prepared.reads()) spending.use(name, Access::read, outcome.consumed);
        response.Item = std::move(outcome.item);
        consumed = std::move(outcome.consumed);
    } catch (const aws::Error& error) {
        response.Error = failure_of(error);
    }
    co_return response;
}

Task<BatchExecuteStatementOutput> Service::batch_execute_statement(Call& call, BatchExecuteStatementInput request) {
    check_batch(request.Statements);
    BatchExecuteStatementOutput output;
    output.Responses.emplace();
    for (const auto& statement : request.Statements) {
        Consumption consumed;
        output.Responses->push_back(co_await run_member(call, statement, request.ReturnConsumedCapacity, consumed));
        const auto& response = output.Responses->back();
        if (!wants_capacity(request.ReturnConsumedCapacity) || response.Error) continue;
        if (!output.ConsumedCapacity) output.ConsumedCapacity.emplace();
        output.ConsumedCapacity->push_back(*consumed.report(request.ReturnConsumedCapacity, *response.TableName));
    }
    co_return output;
}

namespace {

using Members = std::vector<std::unique_ptr<Prepared>>;

/// Calls `action` for each member; what it throws as a ValidationException names the member.
template <typename Action>
void each_member(size_t count, Action action) {
    for (size_t index = 0; index < count; ++index) {
        try {
            action(index);
        } catch (const aws::Error& error) {
            if (error.code != "ValidationException") throw;
            throw aws::validation_error(
                fmt::format("Validation failed in TransactStatements[{}]: {}", index, error.message));
        }
    }
}

/// What is wrong with a parameter is told without the statement's number.
void check_parameters(const ExecuteTransactionInput& request) {
    for (const auto& statement : request.TransactStatements) {
        if (!statement.Parameters) continue;
        for (const auto& parameter : *statement.Parameters) parameter.check(Wording::older);
    }
}

Members prepare(const ExecuteTransactionInput& request) {
    check_parameters(request);
    Members members;
    each_member(request.TransactStatements.size(), [&](size_t index) {
        members.push_back(std::make_unique<Prepared>(request.TransactStatements[index]));
        const auto& statement = members.back()->statement;
        if (statement.returning != partiql::Returning::none) {
            throw aws::validation_error("RETURNING clause is not supported in ExecuteTransaction.");
        }
        if (!statement.index.empty()) {
            throw aws::validation_error(statement.kind == Statement::Kind::select
                                            ? "Reads on indices are not supported within transactions."
                                            : "Operations on indices are not supported in transactions");
        }
    });
    const auto reads = std::ranges::count_if(members, [](const auto& member) { return member->reads(); });
    if (reads != 0 && static_cast<size_t>(reads) != members.size()) {
        throw aws::validation_error("ExecuteTransaction API does not support both read and write requests.");
    }
    return members;
}

Task<ExecuteTransactionOutput> read_all(store::Transaction& tx, Scope scope, const Members& members, Spending& spending,
                                        std::optional<std::string> capacity_mode) {
    Tables tables;
    std::vector<AttributeMap> keys;
    for (const auto& member : members) {
        co_await load_once(tx, scope, tables, spending, table_name(member->statement.table));
    }
    each_member(members.size(), [&](size_t index) {
        const auto& table = tables.at(table_name(members[index]->statement.table));
        keys.push_back(only_key(*members[index], table,
                                "Select statements within ExecuteTransaction must specify the primary key in the where "
                                "clause."));
        table.check_key(keys.back());
    });
    ExecuteTransactionOutput output;
    output.Responses.emplace();
    GetsOfTransaction gets(spending);
    std::set<std::string> places;
    for (size_t index = 0; index < members.size(); ++index) {
        const auto& table = tables.at(table_name(members[index]->statement.table));
        const auto place = item_key(scope, table, keys[index].view());
        if (!places.insert(place).second) refuse_repetition();
        auto item = co_await load_item(tx, place);
        gets.add(table.name, item ? item->size_bytes() : 0);
        if (item) item = partiql::project(members[index]->statement, *item);
        output.Responses->push_back({.Item = std::move(item)});
    }
    output.ConsumedCapacity = std::move(gets).report(capacity_mode);
    co_return output;
}

Task<ExecuteTransactionOutput> write_all(store::Transaction& tx, Scope scope, const Members& members,
                                         Spending& spending, std::optional<std::string> capacity_mode) {
    Tables tables;
    for (const auto& member : members) {
        co_await load_once(tx, scope, tables, spending, table_name(member->statement.table));
    }
    std::vector<std::unique_ptr<partiql::Write>> writes;
    std::vector<Intent> intents;
    each_member(members.size(), [&](size_t index) {
        auto& member = *members[index];
        const auto& table = tables.at(table_name(member.statement.table));
        writes.push_back(partiql::write_of(member.statement, member.values, table, member.on_failure));
        intents.push_back(writes.back()->intent);
    });
    auto changes = co_await load_changes(tx, scope, tables, spending, intents);
    decide_all(changes, spending);
    ExecuteTransactionOutput output{.ConsumedCapacity = co_await save_changes(tx, scope, changes, capacity_mode)};
    output.Responses.emplace();
    co_return output;
}

}  // namespace

Task<ExecuteTransactionOutput> Service::execute_transaction(Call& call, ExecuteTransactionInput request) {
    const auto members = prepare(request);
    const Scope scope(call);
    const auto token = request.ClientRequestToken.value_or("");
    const auto digest = token.empty() ? "" : digest_of("ExecuteTransaction", &request);
    const auto now = call.now();
    const bool reads = !members.empty() && members[0]->reads();
    for (const auto& statement : request.TransactStatements) {
        co_await permit_statement(call, statement.Statement, statement.Parameters);
    }

    Spending spending(throttle_, now);
    auto output = co_await store_.transact([&](store::Transaction& tx) -> Task<ExecuteTransactionOutput> {
        spending.restart();
        if (reads) co_return co_await read_all(tx, scope, members, spending, request.ReturnConsumedCapacity);
        if (co_await is_repetition(tx, scope, token, digest, now)) {
            ExecuteTransactionOutput repeated;
            repeated.Responses.emplace();
            co_return repeated;
        }
        co_return co_await write_all(tx, scope, members, spending, request.ReturnConsumedCapacity);
    });
    if (!token.empty()) co_await sweep_tokens(call);
    co_return output;
}

}  // namespace cumulet::dynamodb
