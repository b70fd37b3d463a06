#include "services/dynamodb/partiql/write.h"

#include "contracts/error.h"
#include "services/dynamodb/partiql/conditions.h"
#include "services/dynamodb/partiql/updates.h"

namespace cumulet::dynamodb::partiql {

namespace {

Condition existence(Condition::Kind kind, const Table& table) {
    Condition condition{.kind = kind};
    condition.operands.push_back({.kind = Operand::Kind::path, .path = {Step{.name = table.key.hash}}});
    return condition;
}

/// `first`, and `second` if there is one, joined by `kind`.
Condition joined(Condition::Kind kind, Condition first, std::optional<Condition> second) {
    Condition chain{.kind = kind};
    chain.parts.push_back(std::move(first));
    if (second) chain.parts.push_back(std::move(*second));
    return chain;
}

void aim(Write& write, const Statement& statement, Values& values, const Table& table) {
    std::optional<Condition> where;
    if (statement.where) where = condition_of(*statement.where, values);
    auto target = find_target(pointer(where), table);
    if (!target) {
        if (statement.kind == Statement::Kind::exists) {
            throw aws::validation_error("EXISTS() must contain a single item read with additional condition");
        }
        throw aws::validation_error("Where clause does not contain a mandatory equality on all key attributes");
    }
    write.target = std::move(*target);
    write.intent.key = &write.target.key;
}

}  // namespace

std::unique_ptr<Write> write_of(const Statement& statement, Values& values, const Table& table,
                                const std::optional<std::string>* on_failure) {
    auto write = std::make_unique<Write>();
    auto& intent = write->intent;
    intent.table = table.name;
    intent.on_failure = on_failure;
    if (statement.kind == Statement::Kind::insert) {
        write->item = values.item_of(*statement.item);
        intent.kind = Intent::Kind::put;
        intent.key = &write->item;
        intent.existing = statement.unless_it_exists ? Intent::Existing::keep : Intent::Existing::refuse;
        return write;
    }
    if (statement.kind == Statement::Kind::update) intent.update = update_of(statement, values);
    aim(*write, statement, values, table);
    auto& condition = write->target.condition;
    switch (statement.kind) {
        case Statement::Kind::update:
            intent.kind = Intent::Kind::update;
            intent.condition =
                joined(Condition::Kind::all, existence(Condition::Kind::attribute_exists, table), std::move(condition));
            break;
        case Statement::Kind::remove:
            intent.kind = Intent::Kind::remove;
            // What is not there need not satisfy anything: there is nothing to delete.
            if (condition) {
                intent.condition = joined(Condition::Kind::any, existence(Condition::Kind::attribute_not_exists, table),
                                          std::move(condition));
            }
            break;
        default:
            if (!condition) {
                throw aws::validation_error("EXISTS() must contain a single item read with additional condition");
            }
            intent.kind = Intent::Kind::check;
            intent.condition = std::move(condition);
    }
    return write;
}

std::optional<AttributeMap> returned(const Statement& statement, const Change& change) {
    const bool old = statement.returning == Returning::all_old || statement.returning == Returning::modified_old;
    const auto& chosen = old ? change.old : change.item;
    if (statement.returning == Returning::none || !chosen) return std::nullopt;
    if (statement.returning == Returning::all_old || statement.returning == Returning::all_new) return chosen;
    auto modified = dynamodb::project(change.intent->update->paths(), chosen->view());
    if (modified.empty()) return std::nullopt;
    return modified;
}

}  // namespace cumulet::dynamodb::partiql
