// What INSERT, UPDATE, DELETE and EXISTS want of one item.
#pragma once

#include "services/dynamodb/changes.h"
#include "services/dynamodb/partiql/plan.h"
#include "services/dynamodb/partiql/values.h"

namespace cumulet::dynamodb::partiql {

/// Owns what its intent points to: keep it where it is.
struct Write {
    AttributeMap item;
    Target target;
    Intent intent;
};

/// `on_failure` is ReturnValuesOnConditionCheckFailure; it and `values` must outlive the write. Throws aws::Error
/// (ValidationException) in DynamoDB's words.
std::unique_ptr<Write> write_of(const Statement& statement, Values& values, const Table& table,
                                const std::optional<std::string>* on_failure);

/// What the RETURNING clause shows of a change that was decided.
std::optional<AttributeMap> returned(const Statement& statement, const Change& change);

}  // namespace cumulet::dynamodb::partiql
