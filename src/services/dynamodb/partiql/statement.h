// A PartiQL statement as it was written. Pure; what it means is decided against a table's schema.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/dynamodb/expressions/expression.h"
#include "services/dynamodb/partiql/lexer.h"

namespace cumulet::dynamodb::partiql {

struct Statement;

struct Expression {
    enum class Kind {
        path,
        text,
        number,
        boolean,
        null,
        missing,
        parameter,
        list,
        bag,
        structure,  // key, value, key, value …
        call,       // name: the function, in lower case
        operation,  // name: the operator, in lower case; one operand or two
        between,    // operand, lower, upper
        type_test,  // name: the type behind IS, in lower case
        statement,
    };
    Kind kind = Kind::path;
    Token token;       ///< where it stands; of an operation the operator
    std::string name;  ///< see Kind; of a number its digits with their sign
    Path path;
    size_t parameter = 0;  ///< which '?', from 0
    std::vector<Expression> children;
    std::shared_ptr<const Statement> statement;  // shared: an expression is copied where conditions are taken apart

    bool is_operation(std::string_view operator_name) const { return kind == Kind::operation && name == operator_name; }
};

/// One SET path = value, or REMOVE path.
struct Assignment {
    Path target;
    std::optional<Expression> value;  ///< nothing: REMOVE
};

struct Ordering {
    Expression by;
    bool descending = false;
};

enum class Returning { none, all_old, modified_old, all_new, modified_new };
/// "ALL OLD *"
std::string_view text_of(Returning returning);

struct Statement {
    enum class Kind { select, insert, update, remove, exists };
    Kind kind = Kind::select;
    std::string table;
    std::string index;  ///< "" if none

    std::vector<Expression> projection;  ///< select; empty: all
    std::optional<Expression> where;
    std::vector<Ordering> order;

    std::optional<Expression> item;   ///< insert
    bool unless_it_exists = false;    ///< insert: ON CONFLICT DO NOTHING
    std::vector<Assignment> changes;  ///< update
    Returning returning = Returning::none;
    size_t parameters = 0;  ///< how many '?' it has
};

}  // namespace cumulet::dynamodb::partiql
