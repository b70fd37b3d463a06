#include "services/dynamodb/expressions/parser.h"

#include "contracts/error.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t max_path_steps = 32;

std::vector<size_t> match_parentheses(const std::vector<Token>& tokens) {
    std::vector<size_t> closing(tokens.size(), 0), open;
    for (size_t index = 0; index < tokens.size(); ++index) {
        if (tokens[index].is("(")) {
            open.push_back(index);
        } else if (tokens[index].is(")") && !open.empty()) {
            closing[open.back()] = index;
            open.pop_back();
        }
    }
    return closing;
}

}  // namespace

Parser::Parser(std::string_view parameter, std::string_view text, Placeholders& placeholders)
    : parameter_(parameter), text_(text), placeholders_(placeholders) {
    if (text.empty()) refuse("The expression can not be empty;");
    if (text.size() > max_expression_bytes) {
        constexpr std::string_view message = "Expression size has exceeded the maximum allowed size;";
        if (parameter == "UpdateExpression") refuse(message);
        refuse(fmt::format("{} expression size: {}", message, text.size()));
    }
    tokens_ = tokenize(text);
    closing_ = match_parentheses(tokens_);
}

void Parser::note(Problem kind, std::string text) {
    if (problem(kind).empty()) problem(kind) = std::move(text);
}

void Parser::throw_first(std::initializer_list<Problem> order) {
    for (const auto kind : order) {
        if (!problem(kind).empty()) refuse(problem(kind));
    }
}

void Parser::refuse(std::string_view message) const {
    throw aws::validation_error(fmt::format("Invalid {}: {}", parameter_, message));
}

void Parser::syntax_error() const {
    const Token& token = peek();
    const size_t begin = at_ > 0 ? tokens_[at_ - 1].begin : token.begin;
    const Token& last = peek(1);
    const size_t end = last.kind == Token::Kind::end
                           ? (token.kind == Token::Kind::end ? text_.size() : token.begin + token.text.size())
                           : last.begin + last.text.size();
    refuse(fmt::format("Syntax error; token: \"{}\", near: \"{}\"", token.text, text_.substr(begin, end - begin)));
}

Token Parser::take() {
    const Token token = peek();
    if (token.kind != Token::Kind::end) ++at_;
    return token;
}

bool Parser::accept(std::string_view symbol) {
    if (!peek().is(symbol)) return false;
    ++at_;
    return true;
}

void Parser::expect(std::string_view symbol) {
    if (!accept(symbol)) syntax_error();
}

void Parser::expect_end() {
    if (peek().kind != Token::Kind::end) syntax_error();
}

std::string Parser::parse_name() {
    if (peek().kind == Token::Kind::name) {
        const Token token = take();
        if (const auto* name = placeholders_.name(token.text)) return *name;
        note(Problem::undefined_name,
             fmt::format("An expression attribute name used in the document path is not defined; attribute name: {}",
                         token.text));
        return std::string(token.text);
    }
    if (peek().kind != Token::Kind::identifier) syntax_error();
    const Token token = take();
    if (is_reserved_word(token.text)) {
        note(Problem::reserved_word,
             fmt::format("Attribute name is a reserved keyword; reserved keyword: {}", token.text));
    }
    return std::string(token.text);
}

Path Parser::parse_path() {
    Path path;
    path.push_back({.name = parse_name()});
    while (true) {
        if (accept(".")) {
            path.push_back({.name = parse_name()});
        } else if (accept("[")) {
            if (peek().kind != Token::Kind::number) syntax_error();
            const Token token = take();
            if (token.text.size() > 9) {
                refuse(fmt::format("List index is not within the allowable range; index: [{}]", token.text));
            }
            path.push_back({.index = std::stoll(std::string(token.text))});
            expect("]");
        } else {
            break;
        }
    }
    if (path.size() > max_path_steps) {
        refuse(fmt::format("The document path has too many nesting elements; nesting levels: {}", path.size()));
    }
    return path;
}

AttributeView Parser::parse_value() {
    if (peek().kind != Token::Kind::value) syntax_error();
    const Token token = take();
    const auto value = placeholders_.value(token.text);
    if (!value) {
        note(Problem::undefined_value,
             fmt::format("An expression attribute value used in expression is not defined; attribute value: {}",
                         token.text));
    }
    return value;
}

void Parser::check_parentheses() {
    const size_t close = closing_[at_];
    if (close != 0 && peek(1).is("(") && closing_[at_ + 1] + 1 == close) {
        note(Problem::parentheses, "The expression has redundant parentheses;");
    }
}

void Parser::count_operator() {
    if (++operators_ > max_operators) {
        refuse(fmt::format("The expression contains too many operators; operator count: {}", operators_));
    }
}

void Parser::add_path(const Path& path) {
    const auto fit = paths_.add(path);
    if (fit == PathTree::Fit::fits) return;
    note(fit == PathTree::Fit::overlaps ? Problem::path_overlap : Problem::path_conflict, paths_.problem(fit));
}

std::vector<Path> parse_projection(std::string_view text, Placeholders& placeholders) {
    struct Projection : Parser {
        using Parser::Parser;
        std::vector<Path> parse() {
            std::vector<Path> paths;
            do {
                paths.push_back(parse_path());
                add_path(paths.back());
            } while (accept(","));
            expect_end();
            throw_first(
                {Problem::reserved_word, Problem::undefined_name, Problem::path_overlap, Problem::path_conflict});
            return paths;
        }
    };
    return Projection("ProjectionExpression", text, placeholders).parse();
}

}  // namespace cumulet::dynamodb
