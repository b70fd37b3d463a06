#include "contracts/error.h"
#include "services/dynamodb/expressions/operands.h"
#include "services/dynamodb/expressions/parser.h"

namespace cumulet::dynamodb {

namespace {

class UpdateParser : Parser {
  public:
    using Parser::Parser;

    Update parse() {
        Update update;
        do parse_section(update);
        while (peek().kind != Token::Kind::end);
        throw_first({Problem::reserved_word, Problem::unknown_function, Problem::misused_function, Problem::section,
                     Problem::undefined_name, Problem::undefined_value, Problem::path_overlap, Problem::path_conflict,
                     Problem::operand_type, Problem::function});
        return update;
    }

  private:
    using Kind = Action::Kind;

    static std::optional<Kind> section_of(const Token& token) {
        if (token.is_word("SET")) return Kind::set;
        if (token.is_word("REMOVE")) return Kind::remove;
        if (token.is_word("ADD")) return Kind::add;
        if (token.is_word("DELETE")) return Kind::delete_;
        return std::nullopt;
    }

    void parse_section(Update& update) {
        constexpr std::string_view names[] = {"SET", "REMOVE", "ADD", "DELETE"};
        const auto kind = section_of(peek());
        if (!kind) syntax_error();
        take();
        const auto index = static_cast<size_t>(*kind);
        if (seen_[index]) {
            note(Problem::section,
                 fmt::format("The \"{}\" section can only be used once in an update expression;", names[index]));
        }
        seen_[index] = true;
        do update.actions.push_back(parse_action(*kind));
        while (accept(","));
    }

    Action parse_action(Kind kind) {
        if (section_of(peek())) syntax_error();
        Action action{.kind = kind, .path = parse_path()};
        add_path(action.path);
        if (kind == Kind::set) {
            expect("=");
            action.value = parse_set_value();
        } else if (kind != Kind::remove) {
            action.value = {.kind = Operand::Kind::value, .value = parse_value()};
            check_set_operand(kind == Kind::add ? "ADD" : "DELETE", action.value.value);
        }
        return action;
    }

    /// ADD takes a number or a set, DELETE a set.
    void check_set_operand(std::string_view name, AttributeView value) {
        if (!value || value.is_set() || (name == "ADD" && value.is(AttributeType::N))) return;
        std::string_view type;
        switch (value.type()) {
            case AttributeType::S: type = "STRING"; break;
            case AttributeType::N: type = "NUMBER"; break;
            case AttributeType::B: type = "BINARY"; break;
            case AttributeType::BOOL: type = "BOOLEAN"; break;
            case AttributeType::NULL_: type = "NULL"; break;
            case AttributeType::L: type = "LIST"; break;
            default: type = "MAP";
        }
        note(
            Problem::operand_type,
            fmt::format("Incorrect operand type for operator or function; operator: {}, operand type: {}", name, type));
    }

    Operand parse_set_value() {
        if (peek().is("(") && encloses_arithmetic()) {
            check_parentheses();
            take();
            Operand value = parse_arithmetic();
            expect(")");
            return value;
        }
        return parse_arithmetic();
    }

    /// True if the '(' here encloses a sum or difference, and not one operand of it.
    bool encloses_arithmetic() const {
        int depth = 0;
        for (size_t ahead = 0; peek(ahead).kind != Token::Kind::end; ++ahead) {
            const Token& token = peek(ahead);
            if (token.is("("))
                ++depth;
            else if (token.is(")") && --depth == 0)
                return false;
            else if (depth == 1 && (token.is("+") || token.is("-")))
                return true;
        }
        return false;
    }

    Operand parse_arithmetic() {
        Operand first = parse_operand();
        const Token token = peek();
        if (!token.is("+") && !token.is("-")) return first;
        take();
        count_operator();
        Operand result{.kind = token.is("+") ? Operand::Kind::plus : Operand::Kind::minus};
        result.arguments.push_back(std::move(first));
        result.arguments.push_back(parse_operand());
        check_use(result.arguments);
        check_immediate(token.text, result.arguments, AttributeType::N);
        return result;
    }

    Operand parse_operand() {
        const Depth depth(*this);
        if (peek().is("(")) {
            check_parentheses();
            take();
            Operand operand = parse_operand();
            expect(")");
            return operand;
        }
        if (peek().kind == Token::Kind::value) return {.kind = Operand::Kind::value, .value = parse_value()};
        if (peek().kind == Token::Kind::identifier && peek(1).is("(")) return parse_call();
        if (section_of(peek())) syntax_error();
        return {.kind = Operand::Kind::path, .path = parse_path()};
    }

    Operand parse_call() {
        const auto name = take().text;
        count_operator();
        expect("(");
        Operand call;
        do call.arguments.push_back(parse_operand());
        while (accept(","));
        expect(")");
        if (name == "if_not_exists")
            call.kind = Operand::Kind::if_not_exists;
        else if (name == "list_append")
            call.kind = Operand::Kind::list_append;
        else if (condition_function(name))
            note(Problem::unknown_function,
                 fmt::format("The function is not allowed in an update expression; function: {}", name));
        else
            note(Problem::unknown_function, fmt::format("Invalid function name; function: {}", name));
        check_use(call.arguments);
        if (call.arguments.size() != 2) {
            note(Problem::function,
                 fmt::format(
                     "Incorrect number of operands for operator or function; operator or function: {}, number of "
                     "operands: {}",
                     name, call.arguments.size()));
            call.arguments.resize(2);
        }
        if (call.kind == Operand::Kind::list_append) check_immediate(name, call.arguments, AttributeType::L);
        if (call.kind == Operand::Kind::if_not_exists && call.arguments[0].kind != Operand::Kind::path) {
            note(Problem::function,
                 fmt::format("Operator or function requires a document path; operator or function: {}", name));
        }
        return call;
    }

    /// What list_append gives is good for an attribute, not for another operand.
    void check_use(std::span<const Operand> operands) {
        const auto is_list = [](const Operand& operand) { return operand.kind == Operand::Kind::list_append; };
        if (std::ranges::none_of(operands, is_list)) return;
        note(Problem::misused_function,
             "The function is not allowed to be used this way in an expression; function: list_append");
    }

    /// Of operands only those written as values have a type before there is an item.
    void check_immediate(std::string_view name, std::span<const Operand> operands, AttributeType wanted) {
        for (const auto& operand : operands) {
            if (operand.kind != Operand::Kind::value || !operand.value || operand.value.is(wanted)) continue;
            note(Problem::function,
                 fmt::format(
                     "Incorrect operand type for operator or function; operator or function: {}, operand type: {}",
                     name, name_of(operand.value.type())));
        }
    }

    std::array<bool, 4> seen_{};
};

}  // namespace

Update parse_update(std::string_view text, Placeholders& placeholders) {
    return UpdateParser("UpdateExpression", text, placeholders).parse();
}

}  // namespace cumulet::dynamodb
