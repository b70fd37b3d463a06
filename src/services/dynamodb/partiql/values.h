// The values that a PartiQL statement names: its literals, and the parameters it was given.
#pragma once

#include <deque>

#include "services/dynamodb/partiql/statement.h"

namespace cumulet::dynamodb::partiql {

using Parameters = std::vector<AttributeValue>;

/// Owns the values of one statement, and so outlives all that views them.
class Values {
  public:
    /// Throws aws::Error unless there are as many parameters as the statement has places for.
    Values(const Statement& statement, const Parameters* parameters);
    Values(const Values&) = delete;

    /// True for what is a value by itself: no path, no function, no operator.
    static bool is_value(const Expression& expression);
    /// The value of such an expression. Throws aws::Error (ValidationException) in DynamoDB's words.
    AttributeView value_of(const Expression& expression);
    /// The item that INSERT puts.
    AttributeMap item_of(const Expression& expression);

  private:
    void write(const Expression& expression, AttributeWriter& writer, const std::string& place, size_t depth);
    void write_bag(const Expression& bag, AttributeWriter& writer, const std::string& place);
    /// Each attribute of an item begins a place of its own; other members stand inside that of their structure.
    void write_members(const Expression& structure, AttributeWriter& writer, const std::string& place, size_t depth,
                       bool item);

    const Parameters* parameters_;
    std::deque<AttributeValue> made_;
};

}  // namespace cumulet::dynamodb::partiql
