// Reads a page of what a SELECT asks for.
#pragma once

#include "services/dynamodb/page.h"
#include "services/dynamodb/partiql/plan.h"
#include "services/dynamodb/partiql/values.h"

namespace cumulet::dynamodb::partiql {

/// Where a SELECT goes on: in which of its reads, behind which key.
struct Resume {
    size_t read = 0;
    std::optional<AttributeMap> after;
};

struct SelectOptions {
    bool consistent = false;
    std::optional<int32_t> limit;
    Resume from;
};

struct Selection {
    std::vector<AttributeMap> items;
    std::optional<Resume> next;  ///< nothing: that was all
    Consumption consumed;
};

/// Throws aws::Error (ValidationException) in DynamoDB's words.
Task<Selection> read_selection(store::Transaction& tx, Scope scope, const Table& table, const Statement& statement,
                               Values& values, SelectOptions options);

/// What of `item` the projection of `statement` shows, under the names that PartiQL gives.
AttributeMap project(const Statement& statement, const AttributeMap& item);

/// NextToken. `digest` is of the statement and its parameters: a token belongs to one of them.
std::string token_of(const Resume& resume, std::string_view digest);
/// Throws aws::Error (ValidationException) for a token of another statement, or none of ours.
Resume resume_of(std::string_view token, std::string_view digest);

}  // namespace cumulet::dynamodb::partiql
