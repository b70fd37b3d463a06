#include <charconv>

#include "base/json_path_steps.h"

namespace cumulet {
namespace {

using Step = JsonPath::Step;
using Filter = JsonPath::Filter;

struct Malformed {
    std::string why;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

class JsonPathParser {
  public:
    JsonPathParser(std::string_view text, int depth) : text_(text), depth_(depth) {
        if (depth > JsonPath::max_depth) throw Malformed{"it is nested too deeply"};
    }

    /// Reads steps as far as they go.
    std::vector<Step> steps() {
        std::vector<Step> steps;
        while (!at_end()) {
            if (take("..")) {
                steps.push_back({.kind = Step::Kind::descend});
                steps.push_back(peek() == '[' ? bracketed() : dotted());
            } else if (take(".")) {
                steps.push_back(dotted());
            } else if (peek() == '[') {
                steps.push_back(bracketed());
            } else {
                break;
            }
        }
        return steps;
    }

    bool at_end() const { return at_ == text_.size(); }
    size_t position() const { return at_; }
    bool take(std::string_view token) {
        if (!text_.substr(at_).starts_with(token)) return false;
        at_ += token.size();
        return true;
    }

  private:
    char peek() const { return at_end() ? '\0' : text_[at_]; }
    void skip_spaces() {
        while (peek() == ' ') ++at_;
    }
    void expect(std::string_view token) {
        skip_spaces();
        if (!take(token)) throw Malformed{fmt::format("'{}' is expected at position {}", token, at_)};
    }

    Step dotted() {
        if (take("*")) return {.kind = Step::Kind::wildcard};
        constexpr std::string_view ends = ".[]() ,=!<>&|";
        const auto end = std::min(text_.find_first_of(ends, at_), text_.size());
        if (end == at_) throw Malformed{fmt::format("a name is expected at position {}", at_)};
        std::string name(text_.substr(at_, end - at_));
        at_ = end;
        if (take("()")) return {.kind = Step::Kind::function, .names = {std::move(name)}};
        return {.kind = Step::Kind::names, .names = {std::move(name)}};
    }

    Step bracketed() {
        expect("[");
        skip_spaces();
        Step step;
        if (take("*")) {
            step.kind = Step::Kind::wildcard;
        } else if (take("?")) {
            step.kind = Step::Kind::filter;
            expect("(");
            step.filter = std::make_shared<const Filter>(alternatives());
            expect(")");
        } else if (peek() == '\'' || peek() == '"') {
            do {
                skip_spaces();
                step.names.push_back(quoted());
                skip_spaces();
            } while (take(","));
        } else {
            step = numbers();
        }
        expect("]");
        return step;
    }

    Step numbers() {
        Step step{.kind = Step::Kind::indexes};
        auto first = number();
        skip_spaces();
        if (take(":")) {
            step.kind = Step::Kind::slice;
            step.from = first;
            skip_spaces();
            step.until = number();
            skip_spaces();
            return step;
        }
        if (!first) throw Malformed{fmt::format("an index is expected at position {}", at_)};
        step.indexes.push_back(*first);
        while (take(",")) {
            skip_spaces();
            first = number();
            if (!first) throw Malformed{fmt::format("an index is expected at position {}", at_)};
            step.indexes.push_back(*first);
            skip_spaces();
        }
        return step;
    }

    std::optional<int64_t> number() {
        const auto begin = at_;
        if (peek() == '-') ++at_;
        while (is_digit(peek())) ++at_;
        int64_t value = 0;
        const auto digits = text_.substr(begin, at_ - begin);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error == std::errc() && end == digits.data() + digits.size()) return value;
        if (!digits.empty()) throw Malformed{fmt::format("'{}' is no index", digits)};
        return std::nullopt;
    }

    std::string quoted() {
        const char quote = peek();
        if (quote != '\'' && quote != '"')
            throw Malformed{fmt::format("a quoted name is expected at position {}", at_)};
        ++at_;
        std::string out;
        while (!at_end() && peek() != quote) {
            if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
            out.push_back(text_[at_++]);
        }
        if (at_end()) throw Malformed{"a quoted name does not end"};
        ++at_;
        return out;
    }

    Filter alternatives() {
        auto first = conjunction();
        skip_spaces();
        if (!text_.substr(at_).starts_with("||")) return first;
        Filter any{.kind = Filter::Kind::any};
        any.parts.push_back(std::move(first));
        while (take("||")) {
            any.parts.push_back(conjunction());
            skip_spaces();
        }
        return any;
    }

    Filter conjunction() {
        auto first = condition();
        skip_spaces();
        if (!text_.substr(at_).starts_with("&&")) return first;
        Filter all{.kind = Filter::Kind::all};
        all.parts.push_back(std::move(first));
        while (take("&&")) {
            all.parts.push_back(condition());
            skip_spaces();
        }
        return all;
    }

    Filter condition() {
        if (++depth_ > JsonPath::max_depth) throw Malformed{"it is nested too deeply"};
        skip_spaces();
        Filter filter;
        if (take("!")) {
            filter.kind = Filter::Kind::negated;
            filter.parts.push_back(condition());
        } else if (take("(")) {
            filter = alternatives();
            expect(")");
        } else {
            filter.left = operand();
            filter.kind = comparison();
            if (filter.kind != Filter::Kind::exists) filter.right = operand();
        }
        --depth_;
        return filter;
    }

    Filter::Kind comparison() {
        static constexpr std::pair<std::string_view, Filter::Kind> operators[] = {
            {"==", Filter::Kind::equal},
            {"!=", Filter::Kind::unequal},
            {"<=", Filter::Kind::less_or_equal},
            {">=", Filter::Kind::greater_or_equal},
            {"<", Filter::Kind::less},
            {">", Filter::Kind::greater},
            {"in ", Filter::Kind::in}};
        skip_spaces();
        for (const auto& [text, kind] : operators)
            if (take(text)) return kind;
        return Filter::Kind::exists;
    }

    Filter::Operand operand();

    std::string_view text_;
    size_t at_ = 0;
    int depth_ = 0;

  public:
    static std::expected<std::vector<Step>, std::string> parse(std::string_view text);
    static JsonPath path_of(std::vector<Step> steps) {
        JsonPath path;
        path.steps_ = std::make_shared<const std::vector<Step>>(std::move(steps));
        return path;
    }
};

JsonPath::Filter::Operand JsonPathParser::operand() {
    skip_spaces();
    Filter::Operand operand;
    if (peek() == '@' || peek() == '$') {
        operand.from_root = peek() == '$';
        JsonPathParser inner(text_.substr(at_ + 1), depth_ + 1);
        operand.path = path_of(inner.steps());
        at_ += 1 + inner.position();
        return operand;
    }
    if (peek() == '\'' || peek() == '"') {
        operand.literal = quoted();
        return operand;
    }
    if (peek() == '[') {
        ++at_;
        auto& list = operand.literal.emplace_array();
        skip_spaces();
        while (!take("]")) {
            list.push_back(this->operand().literal);
            skip_spaces();
            if (!take(",") && peek() != ']') throw Malformed{fmt::format("']' is expected at position {}", at_)};
            skip_spaces();
        }
        return operand;
    }
    const auto end = std::min(text_.find_first_of(" )],&|=!<>", at_), text_.size());
    const auto literal = parse_json(text_.substr(at_, end - at_));
    if (!literal) throw Malformed{fmt::format("a value is expected at position {}", at_)};
    at_ = end;
    operand.literal = *literal;
    return operand;
}

std::expected<std::vector<JsonPath::Step>, std::string> JsonPathParser::parse(std::string_view text) {
    if (text.size() > JsonPath::max_bytes) return std::unexpected("The path is longer than 4096 bytes.");
    try {
        JsonPathParser parser(text, 0);
        if (!parser.take("$")) throw Malformed{"it does not begin with '$'"};
        auto steps = parser.steps();
        if (!parser.at_end()) throw Malformed{fmt::format("position {} is not understood", parser.position())};
        const auto function = std::ranges::find(steps, Step::Kind::function, &Step::kind);
        if (function != steps.end() && std::next(function) != steps.end()) {
            throw Malformed{"a function may only stand at its end"};
        }
        return steps;
    } catch (const Malformed& malformed) {
        return std::unexpected(fmt::format("The path '{}' is malformed: {}.", text, malformed.why));
    }
}

std::expected<JsonPath, std::string> JsonPath::parse(std::string_view text) {
    auto steps = JsonPathParser::parse(text);
    if (!steps) return std::unexpected(std::move(steps.error()));
    return JsonPathParser::path_of(std::move(*steps));
}

bool JsonPath::definite() const { return std::ranges::all_of(*steps_, &Step::leads_to_one_place); }

}  // namespace cumulet
