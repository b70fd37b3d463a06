#include "velocity/expression_parser.h"

namespace cumulet::velocity {
namespace {

constexpr size_t max_macros = 100;

/// Reads text, references and directives into blocks.
class TemplateParser {
  public:
    TemplateParser(std::string_view text, int depth, std::unordered_map<std::string, Macro>& macros)
        : scanner_(text), expressions_(scanner_, depth), depth_(depth), macros_(macros) {
        if (depth > max_nesting) scanner_.fail("it is nested too deeply");
    }

    Block whole() {
        auto block = this->block();
        if (!scanner_.at_end()) scanner_.fail("a directive ends that did not begin");
        return block;
    }

  private:
    /// Up to the end, or to an #end, #else or #elseif, which is left to read.
    Block block() {
        if (++depth_ > max_nesting) scanner_.fail("it is nested too deeply");
        Block block;
        while (!scanner_.at_end()) {
            const char c = scanner_.peek();
            if (c == '\\') {
                backslashes(block);
            } else if (c == '$') {
                reference(block, 0);
            } else if (c != '#') {
                text(block).push_back(scanner_.next());
            } else if (stands_at_end_of_block()) {
                break;
            } else if (!comment(block) && !directive(block)) {
                text(block).push_back(scanner_.next());
            }
        }
        --depth_;
        return block;
    }

    static std::string& text(Block& block) {
        if (block.empty() || block.back().kind != Node::Kind::text) block.push_back({.kind = Node::Kind::text});
        return block.back().text;
    }

    /// Backslashes count only in front of what they could escape.
    void backslashes(Block& block) {
        size_t count = 0;
        while (scanner_.peek() == '\\') {
            scanner_.skip(1);
            ++count;
        }
        if (scanner_.peek() == '$') {
            if (reference(block, count)) return;
        } else if (scanner_.peek() == '#' && escapable_directive()) {
            text(block).append(count / 2, '\\');
            if (count % 2 == 1) text(block).push_back(scanner_.next());
            return;
        }
        text(block).append(count, '\\');
    }

    bool escapable_directive() {
        const auto begin = scanner_.position();
        scanner_.skip(1);
        const auto name = directive_name();
        scanner_.go_to(begin);
        static constexpr std::string_view known[] = {"set",   "if",   "elseif", "else",     "end",  "foreach",
                                                     "break", "stop", "define", "evaluate", "macro"};
        return std::ranges::find(known, name) != std::end(known) || macros_.contains(name);
    }

    /// False, and nothing read, if it is no reference. Of `count` backslashes before it, it keeps what is due.
    bool reference(Block& block, size_t count) {
        auto found = expressions_.reference();
        if (!found) {
            text(block).append(count, '\\').push_back(scanner_.next());
            return true;
        }
        block.push_back({.kind = Node::Kind::reference, .backslashes = count, .reference = std::move(*found)});
        return true;
    }

    /// "set" of "#set" and of "#{set}", behind the '#'.
    std::string directive_name() {
        const bool braced = scanner_.take("{");
        auto name = scanner_.take_name();
        if (braced && !scanner_.take("}")) return "";
        return name;
    }

    bool stands_at_end_of_block() {
        const auto begin = scanner_.position();
        scanner_.skip(1);
        const auto name = directive_name();
        scanner_.go_to(begin);
        return name == "end" || name == "else" || name == "elseif";
    }

    bool comment(Block& block) {
        if (scanner_.take("##")) {
            while (!scanner_.at_end() && scanner_.next() != '\n') {
            }
            return true;
        }
        const bool literal = scanner_.take("#[[");
        if (!literal && !scanner_.take("#*")) return false;
        const std::string_view closing = literal ? "]]#" : "*#";
        const auto size = scanner_.rest().find(closing);
        if (size == std::string_view::npos) scanner_.fail(literal ? "']]#' is missing" : "'*#' is missing");
        if (literal) text(block).append(scanner_.rest().substr(0, size));
        scanner_.skip(size + closing.size());
        return true;
    }

    /// False, and nothing read, if it is none.
    bool directive(Block& block) {
        const auto begin = scanner_.position();
        scanner_.skip(1);
        const bool has_body = scanner_.take("@");
        const auto name = directive_name();
        if (!has_body && builtin(block, name)) return true;
        if (name.empty() || !call(block, name, has_body)) {
            scanner_.go_to(begin);
            return false;
        }
        return true;
    }

    bool builtin(Block& block, std::string_view name) {
        if (name == "set") {
            set(block);
        } else if (name == "if") {
            choice(block);
        } else if (name == "foreach") {
            loop(block);
        } else if (name == "define") {
            define(block);
        } else if (name == "macro") {
            macro();
        } else if (name == "evaluate") {
            Node node{.kind = Node::Kind::evaluate};
            node.expressions.push_back(condition());
            block.push_back(std::move(node));
        } else if (name == "break" || name == "stop") {
            block.push_back({.kind = name == "break" ? Node::Kind::leave : Node::Kind::stop});
            scanner_.skip_end_of_line();
        } else if (name == "parse" || name == "include") {
            scanner_.fail(fmt::format("#{} has no files to read here", name));
        } else {
            return false;
        }
        return true;
    }

    Reference variable() {
        scanner_.skip_spaces();
        auto found = scanner_.peek() == '$' ? expressions_.reference() : std::nullopt;
        if (!found) scanner_.fail("a reference is expected");
        return std::move(*found);
    }

    Expression condition() {
        scanner_.skip_blanks();
        scanner_.expect("(");
        auto expression = expressions_.expression();
        close();
        return expression;
    }

    void close() {
        scanner_.expect(")");
        scanner_.skip_end_of_line();
    }

    void set(Block& block) {
        // Blanks before it belong to it.
        if (!block.empty() && block.back().kind == Node::Kind::text) {
            auto& before = block.back().text;
            before.erase(before.find_last_not_of(" \t") + 1);
        }
        scanner_.skip_blanks();
        scanner_.expect("(");
        Node node{.kind = Node::Kind::set, .reference = variable()};
        scanner_.expect("=");
        node.expressions.push_back(expressions_.expression());
        close();
        block.push_back(std::move(node));
    }

    void expect_end() {
        scanner_.skip(1);
        if (scanner_.at_end() || directive_name() != "end") scanner_.fail("'#end' is missing");
        scanner_.skip_end_of_line();
    }

    void choice(Block& block) {
        Node node{.kind = Node::Kind::choice};
        node.expressions.push_back(condition());
        node.blocks.push_back(this->block());
        while (true) {
            const auto begin = scanner_.position();
            scanner_.skip(1);
            const auto name = scanner_.at_end() ? "" : directive_name();
            if (name == "elseif" && node.blocks.size() == node.expressions.size()) {
                node.expressions.push_back(condition());
            } else if (name == "else" && node.blocks.size() == node.expressions.size()) {
                scanner_.skip_end_of_line();
            } else {
                scanner_.go_to(begin);
                break;
            }
            node.blocks.push_back(this->block());
        }
        expect_end();
        block.push_back(std::move(node));
    }

    void loop(Block& block) {
        scanner_.skip_blanks();
        scanner_.expect("(");
        Node node{.kind = Node::Kind::loop, .reference = variable()};
        scanner_.skip_spaces();
        if (!scanner_.take_word("in")) scanner_.fail("'in' is expected");
        node.expressions.push_back(expressions_.expression());
        close();
        node.blocks.push_back(this->block());
        expect_end();
        block.push_back(std::move(node));
    }

    void define(Block& block) {
        scanner_.skip_blanks();
        scanner_.expect("(");
        Node node{.kind = Node::Kind::define, .reference = variable()};
        close();
        node.blocks.push_back(this->block());
        expect_end();
        block.push_back(std::move(node));
    }

    void macro() {
        scanner_.skip_blanks();
        scanner_.expect("(");
        scanner_.skip_spaces();
        const auto name = scanner_.take_name();
        if (name.empty()) scanner_.fail("a macro needs a name");
        if (macros_.size() >= max_macros) scanner_.fail("there are more than 100 macros");
        Macro macro;
        for (scanner_.skip_spaces(); scanner_.peek() == '$' || scanner_.peek() == ','; scanner_.skip_spaces()) {
            if (scanner_.take(",")) continue;
            macro.parameters.push_back(variable().name);
            scanner_.skip_spaces();
            macro.defaults.push_back(scanner_.take("=") ? expressions_.expression() : Expression{});
        }
        close();
        macros_.try_emplace(name);  // known to its own body, which may call it
        macro.body = block();
        expect_end();
        macros_.insert_or_assign(name, std::move(macro));
    }

    /// "#name(arguments)": also of a macro that is defined further down. Without parentheses it is text.
    bool call(Block& block, const std::string& name, bool has_body) {
        const auto begin = scanner_.position();
        scanner_.skip_blanks();
        if (!scanner_.take("(")) {
            scanner_.go_to(begin);
            return false;
        }
        Node node{.kind = Node::Kind::call, .text = name};
        for (scanner_.skip_spaces(); scanner_.peek() != ')'; scanner_.skip_spaces()) {
            if (scanner_.at_end()) scanner_.fail("')' is expected");
            if (!node.expressions.empty()) scanner_.take(",");
            node.expressions.push_back(expressions_.primary());
        }
        scanner_.skip(1);
        scanner_.skip_end_of_line();
        if (has_body) {
            node.blocks.push_back(this->block());
            expect_end();
        }
        block.push_back(std::move(node));
        return true;
    }

    Scanner scanner_;
    ExpressionParser expressions_;
    int depth_;
    std::unordered_map<std::string, Macro>& macros_;
};

}  // namespace

Block parse_interpolated(std::string_view text, int depth) {
    std::unordered_map<std::string, Macro> macros;
    auto block = TemplateParser(text, depth, macros).whole();
    return block;
}

Parsed parse_template(std::string_view text) {
    Parsed parsed;
    parsed.block = TemplateParser(text, 0, parsed.macros).whole();
    return parsed;
}

}  // namespace cumulet::velocity
