#include "services/dynamodb/partiql/updates.h"

#include "contracts/error.h"

namespace cumulet::dynamodb::partiql {

namespace {

using Kind = Expression::Kind;

[[noreturn]] void refuse(std::string message) { throw aws::validation_error(std::move(message)); }

class Reader {
  public:
    explicit Reader(Values& values) : values_(values) {}

    Action read(const Assignment& assignment) {
        Action action{.kind = Action::Kind::remove, .path = assignment.target};
        if (!assignment.value) return action;
        const auto& value = *assignment.value;
        if (value.kind == Kind::call && (value.name == "set_add" || value.name == "set_delete")) {
            return read_set_change(assignment.target, value);
        }
        action.kind = Action::Kind::set;
        action.value = operand_of(value);
        return action;
    }

  private:
    Action read_set_change(const Path& target, const Expression& call) {
        const bool add = call.name == "set_add";
        const std::string_view word = add ? "ADD" : "DELETE";
        if (call.children.size() != 2) {
            refuse(fmt::format("SET_{} must have exactly two arguments at {}", word, call.token.position()));
        }
        const auto& set = call.children[0];
        if (set.kind != Kind::path || set.path != target) {
            refuse(fmt::format("The first argument to SET_{} must equal the assignment value at {}", word,
                               call.token.position()));
        }
        const auto& other = call.children[1];
        const auto value = Values::is_value(other) ? values_.value_of(other) : AttributeView();
        if (!value.is_set()) {
            refuse(fmt::format("The second argument to SET_{} must be a value with type SET at {}", word,
                               set.token.position()));
        }
        return {.kind = add ? Action::Kind::add : Action::Kind::delete_,
                .path = target,
                .value = {.kind = Operand::Kind::value, .value = value}};
    }

    Operand operand_of(const Expression& expression) {
        if (expression.kind == Kind::path) return {.kind = Operand::Kind::path, .path = expression.path};
        if (Values::is_value(expression)) {
            return {.kind = Operand::Kind::value, .value = values_.value_of(expression)};
        }
        if (expression.kind == Kind::type_test) refuse("IS operator is not supported in update expressions");
        if (expression.kind == Kind::call) return operand_of_call(expression);
        const bool plus = expression.is_operation("+");
        if ((!plus && !expression.is_operation("-")) || expression.children.size() != 2) {
            refuse(fmt::format("Unsupported operator in Update Expression. Operator: {}", expression.name));
        }
        return with_arguments(plus ? Operand::Kind::plus : Operand::Kind::minus, expression);
    }

    Operand operand_of_call(const Expression& call) {
        if (call.name != "list_append" && call.name != "if_not_exists") {
            refuse(fmt::format("Unrecognized function: {} at {}", call.name, call.token.position()));
        }
        if (call.children.size() != 2) {
            refuse(
                fmt::format("Incorrect number of operands for operator or function; operator or function: {}, number "
                            "of operands: {}",
                            call.name, call.children.size()));
        }
        if (call.name == "list_append") return with_arguments(Operand::Kind::list_append, call);
        if (call.children[0].kind != Kind::path) {
            refuse("Operator or function requires a document path; operator or function: if_not_exists");
        }
        return with_arguments(Operand::Kind::if_not_exists, call);
    }

    Operand with_arguments(Operand::Kind kind, const Expression& expression) {
        Operand operand{.kind = kind};
        for (const auto& child : expression.children) operand.arguments.push_back(operand_of(child));
        return operand;
    }

    Values& values_;
};

}  // namespace

Update update_of(const Statement& statement, Values& values) {
    Reader reader(values);
    Update update;
    for (const auto& assignment : statement.changes) update.actions.push_back(reader.read(assignment));
    if (const auto problem = path_problem(update.paths()); !problem.empty()) refuse(problem);
    return update;
}

}  // namespace cumulet::dynamodb::partiql
