#include "services/dynamodb/partiql/parser.h"

#include "base/bytes.h"
#include "contracts/error.h"
#include "services/dynamodb/partiql/expression_parser.h"

namespace cumulet::dynamodb::partiql {

namespace {

using Kind = Statement::Kind;

class StatementParser final : public ExpressionParser {
  public:
    using ExpressionParser::ExpressionParser;

    Statement parse() {
        const Expression whole = parse_expression();
        if (!at_end()) malformed("Unexpected token after expression");
        Statement statement = top_level(whole);
        if (aliased_) throw aws::validation_error("Aliasing is not supported");
        statement.parameters = parameters();
        return statement;
    }

  private:
    static Statement top_level(const Expression& whole) {
        if (whole.kind == Expression::Kind::statement) return *whole.statement;
        const bool checks = whole.kind == Expression::Kind::call && whole.name == "exists" &&
                            whole.children.size() == 1 && whole.children[0].kind == Expression::Kind::statement &&
                            whole.children[0].statement->kind == Kind::select;
        if (!checks) throw aws::validation_error(fmt::format("Unsupported operation: {}", node_name(whole)));
        Statement statement = *whole.children[0].statement;
        statement.kind = Kind::exists;
        return statement;
    }

    /// What DynamoDB calls an expression that is no statement.
    static std::string_view node_name(const Expression& expression) {
        switch (expression.kind) {
            case Expression::Kind::type_test: return "IsType";
            case Expression::Kind::path: return expression.path.size() > 1 ? "Path" : "VariableReference";
            case Expression::Kind::parameter: return "Parameter";
            case Expression::Kind::list:
            case Expression::Kind::bag: return "Seq";
            case Expression::Kind::structure: return "Struct";
            case Expression::Kind::missing: return "LiteralMissing";
            case Expression::Kind::text:
            case Expression::Kind::number:
            case Expression::Kind::boolean:
            case Expression::Kind::null: return "Literal";
            default: return "NAry";
        }
    }

    Expression parse_statement() override {
        Expression expression{.kind = Expression::Kind::statement, .token = take()};
        const std::string_view word = expression.token.text;
        Statement statement;
        if (word == "select")
            parse_select(statement);
        else if (word == "insert")
            parse_insert(statement);
        else if (word == "delete")
            parse_delete(statement);
        else if (word == "update")
            parse_update(statement);
        else if (word == "from")
            parse_from_first(statement);
        else
            malformed("Expected data manipulation");
        expression.statement = std::make_shared<const Statement>(std::move(statement));
        return expression;
    }

    void parse_select(Statement& statement) {
        statement.kind = Kind::select;
        // Unverified: the positions of clauses that DynamoDB does not have.
        for (const auto word : {"distinct", "value"}) {
            if (peek().is_keyword(word)) unsupported_clause(word, peek());
        }
        accept_keyword("all");
        parse_projection(statement);
        if (!accept_keyword("from")) malformed("Expected FROM after SELECT list");
        parse_source(statement, parse_expression());
        if (peek().is(",") || peek().is_keyword("join") || peek().is_keyword("inner") || peek().is_keyword("cross") ||
            peek().is_keyword("left")) {
            throw aws::validation_error("Only select from a single table or index is supported.");
        }
        parse_where(statement);
        parse_order(statement);
        for (const auto word : {"group", "having", "limit", "let"}) {
            if (!peek().is_keyword(word)) continue;
            take();
            accept_keyword("by");
            unsupported_clause(word, parse_expression().token);
        }
    }

    [[noreturn]] static void unsupported_clause(std::string word, const Token& token) {
        for (char& c : word) c = static_cast<char>(c - 32);
        throw aws::validation_error(fmt::format("Unsupported clause: {} at {}", word, token.position()));
    }

    void parse_projection(Statement& statement) {
        if (accept("*")) {
            if (peek().is(",")) {
                malformed(
                    "Other expressions may not be present in the select list when '*' is used without dot notation.");
            }
            return;
        }
        do {
            statement.projection.push_back(parse_expression());
            parse_alias();
        } while (accept(","));
        for (const auto& column : statement.projection) {
            if (column.kind == Expression::Kind::path) continue;
            throw aws::validation_error(fmt::format("Unexpected path component at {}", column.token.position()));
        }
    }

    void parse_alias() {
        if (accept_keyword("as")) {
            if (!peek().is_name()) malformed("Expected identifier for alias");
            take();
            aliased_ = true;
        } else if (peek().is_name()) {
            take();
            aliased_ = true;
        }
    }

    void parse_source(Statement& statement, const Expression& source) {
        set_source(statement, source);
        parse_alias();
    }

    /// The table, and perhaps its index, that `source` names.
    static void set_source(Statement& statement, const Expression& source) {
        if (source.kind != Expression::Kind::path) throw aws::validation_error("Unexpected from source");
        for (const auto& step : source.path) {
            if (step.is_index()) throw aws::validation_error("Invalid list expression in source.");
            if (step.name.empty()) throw aws::validation_error("Path component cannot be an empty string");
        }
        if (source.path.size() > 2) {
            throw aws::validation_error("A path may contain at most 2 components in the FROM clause");
        }
        statement.table = source.path[0].name;
        if (source.path.size() == 2) statement.index = source.path[1].name;
    }

    void parse_where(Statement& statement) {
        if (accept_keyword("where")) statement.where = parse_expression();
    }

    void parse_order(Statement& statement) {
        if (!accept_keyword("order")) return;
        expect_keyword("by");
        do {
            Ordering ordering{.by = parse_expression()};
            ordering.descending = accept_keyword("desc");
            if (!ordering.descending) accept_keyword("asc");
            statement.order.push_back(std::move(ordering));
        } while (accept(","));
    }

    void parse_insert(Statement& statement) {
        statement.kind = Kind::insert;
        expect_keyword("into");
        const Expression target = parse_simple_path();
        const bool one = accept_keyword("value");
        // Without VALUE several items follow, which PartiQL has and DynamoDB refuses.
        if (!one) accept_keyword("values");
        statement.item = parse_expression();
        parse_conflict(statement);
        statement.returning = parse_returning();
        if (!at_end() && !peek().is(")")) malformed("Unexpected token after expression");
        set_source(statement, target);
        if (!one) {
            throw aws::validation_error(
                "Unsupported operation: Inserting multiple items in a single statement is not supported, use \"INSERT "
                "INTO tableName VALUE item\" instead");
        }
        if (!statement.index.empty()) {
            throw aws::validation_error("This operation is not supported on an index");
        }
        if (statement.returning != Returning::none) {
            throw aws::validation_error("RETURNING is not supported in INSERT");
        }
    }

    void parse_conflict(Statement& statement) {
        if (!accept_keyword("on")) return;
        const auto word = [&](std::string_view wanted) {
            const Token token = take();
            if (to_lower(token.text) != wanted) {
                throw aws::validation_error("Invalid conflict action. Only \"DO NOTHING\" action is supported.");
            }
        };
        word("conflict");
        word("do");
        word("nothing");
        statement.unless_it_exists = true;
    }

    void parse_delete(Statement& statement) {
        statement.kind = Kind::remove;
        if (!accept_keyword("from")) malformed("Expected FROM after DELETE");
        parse_source(statement, parse_simple_path());
        parse_where(statement);
        statement.returning = parse_returning();
        if (statement.returning != Returning::none && statement.returning != Returning::all_old) {
            throw aws::validation_error(
                fmt::format("Invalid returning clause: RETURNING {}. Only RETURNING ALL OLD * is allowed in DELETE "
                            "statements.",
                            text_of(statement.returning)));
        }
        refuse_index(statement);
    }

    void parse_update(Statement& statement) {
        statement.kind = Kind::update;
        parse_source(statement, parse_simple_path());
        parse_changes(statement);
        parse_where(statement);
        statement.returning = parse_returning();
        refuse_index(statement);
    }

    void parse_from_first(Statement& statement) {
        statement.kind = Kind::update;
        parse_source(statement, parse_expression());
        parse_where(statement);
        parse_changes(statement);
        statement.returning = parse_returning();
        refuse_index(statement);
    }

    static void refuse_index(const Statement& statement) {
        if (!statement.index.empty()) throw aws::validation_error("This operation is not supported on an index");
    }

    void parse_changes(Statement& statement) {
        while (true) {
            if (accept_keyword("set")) {
                do statement.changes.push_back(parse_assignment());
                while (accept(","));
            } else if (accept_keyword("remove")) {
                do statement.changes.push_back({.target = parse_simple_path().path});
                while (accept(","));
            } else {
                break;
            }
        }
        if (statement.changes.empty()) malformed("Expected data manipulation");
    }

    Assignment parse_assignment() {
        if (!peek().is_name()) malformed("Expected identifier for simple path");
        Assignment assignment{.target = parse_simple_path().path};
        // Unverified: the words.
        expect("=", "'=' in SET");
        assignment.value = parse_expression();
        return assignment;
    }

    Returning parse_returning() {
        if (!accept_keyword("returning")) return Returning::none;
        const auto first = to_lower(take().text), second = to_lower(take().text);
        const bool known = (first == "all" || first == "modified") && (second == "old" || second == "new");
        if (!known || !accept("*")) {
            throw aws::validation_error("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause");
        }
        if (peek().is(",")) {
            throw aws::validation_error("Invalid syntax with multiple returning elements in RETURNING clause");
        }
        if (first == "all") return second == "old" ? Returning::all_old : Returning::all_new;
        return second == "old" ? Returning::modified_old : Returning::modified_new;
    }

    bool aliased_ = false;
};

}  // namespace

std::string_view text_of(Returning returning) {
    switch (returning) {
        case Returning::none: return "";
        case Returning::all_old: return "ALL OLD *";
        case Returning::modified_old: return "MODIFIED OLD *";
        case Returning::all_new: return "ALL NEW *";
        case Returning::modified_new: return "MODIFIED NEW *";
    }
    return "";
}

Statement parse(std::string_view text) { return StatementParser(text).parse(); }

}  // namespace cumulet::dynamodb::partiql
