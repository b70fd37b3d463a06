#include "contracts/event_pattern_compiler.h"

#include <fmt/format.h>

#include <algorithm>

namespace cumulet::contracts {
namespace {

constexpr std::string_view or_name = "$or";
constexpr size_t max_asterisks = 5;
constexpr size_t countable_combinations = 1'000'000;
constexpr std::string_view one_key = "Only one key allowed in match expression";
constexpr std::string_view too_many_elements = "Too many elements in numeric expression";

bool one_of(std::initializer_list<std::string_view> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

bool reserved_in_or(std::string_view name) {
    return one_of(
        {"exactly", "prefix", "suffix", "numeric", "anything-but", "exists", "cidr", "wildcard", "equals-ignore-case"},
        name);
}

double to_double(const std::string& number) { return std::strtod(number.c_str(), nullptr); }

Test exact_string(const std::string& text) {
    if (auto address = address_bytes(text)) return {.kind = Test::Kind::address, .text = std::move(*address)};
    return {.kind = Test::Kind::string, .text = text};
}

/// Throws where a wildcard has more asterisks than EventBridge would follow at once.
// Unverified: EventBridge publishes no figure for the complexity of wildcards; more than five asterisks are refused.
Test bounded_wildcard(PatternReader& reader) {
    try {
        auto test = wildcard(reader.content());
        if (test.pieces.size() <= max_asterisks + 1) return test;
    } catch (const PatternFault& fault) {
        reader.fail(fault.text);
    }
    throw PatternFault{
        "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a "
        "wildcard character"};
}

}  // namespace

PatternParts PatternCompiler::compile(bool may_be_empty) {
    if (reader_.next() != Token::object_start) reader_.fail("Filter is not an object");
    if (may_be_empty) {
        auto ahead = reader_;
        if (ahead.next() == Token::object_end) return {};
    }
    read_object("", 1, false);
    return std::move(parts_);
}

void PatternCompiler::read_object(const std::string& path, size_t depth, bool inside_or) {
    if (depth > EventPattern::max_depth) reader_.fail("Pattern is nested too deeply");
    bool empty = true;
    while (reader_.next() != Token::object_end) {
        empty = false;
        if (depth == 1 && !inside_or) ++parts_.top_keys;
        read_member(path, depth, inside_or);
    }
    if (empty) reader_.fail("Empty objects are not allowed");
}

void PatternCompiler::read_member(const std::string& path, size_t depth, bool inside_or) {
    const auto name = reader_.content();
    if (name == or_name) return read_or(path, depth);
    if (inside_or && reserved_in_or(name))
        reader_.fail(name + " is Ruler reserved fieldName which cannot be used inside $or.");

    const auto member_path = path.empty() ? name : path + '.' + name;
    const auto token = reader_.next();
    if (token == Token::object_start) {
        parts_.nested = true;
        read_object(member_path, depth + 1, inside_or);
    } else if (token == Token::array_start) {
        read_field(member_path, depth);
    } else {
        reader_.fail(fmt::format("\"{}\" must be an object or an array", name));
    }
}

void PatternCompiler::read_or(const std::string& path, size_t depth) {
    if (reader_.next() != Token::array_start) reader_.fail("It must be an Array followed with $or.");
    const auto before = std::exchange(parts_.alternatives, {});
    const auto combinations = std::exchange(parts_.combinations, 0);
    std::vector<PatternAlternative> all;
    size_t total = 0;
    size_t count = 0;
    while (reader_.next() != Token::array_end) {
        if (reader_.token() != Token::object_start)
            reader_.fail("Only JSON object is allowed in array of $or relationship.");
        ++count;
        parts_.alternatives = before.empty() ? std::vector<PatternAlternative>(1) : before;
        parts_.combinations = combinations;
        read_object(path, depth, true);
        if (all.size() + parts_.alternatives.size() > EventPattern::max_alternatives)
            throw PatternFault{"Rule is too complex - too many combinations of $or"};
        std::ranges::move(parts_.alternatives, std::back_inserter(all));
        total = std::min(total + parts_.combinations, countable_combinations);
    }
    if (count < 2) reader_.fail("There must have at least 2 Objects in $or relationship.");
    parts_.alternatives = std::move(all);
    parts_.combinations = total;
}

void PatternCompiler::read_field(const std::string& path, size_t depth) {
    FieldConditions field;
    size_t values = 0;
    while (reader_.next() != Token::array_end) {
        ++values;
        auto condition = read_condition();
        if (condition.tests.empty() && !condition.anything_but)
            field.or_absent = true;
        else
            field.any_of.push_back(std::move(condition));
    }
    if (values == 0) reader_.fail("Empty arrays are not allowed");

    parts_.fields.push_back(std::move(field));
    if (parts_.alternatives.empty()) parts_.alternatives.emplace_back();
    for (auto& alternative : parts_.alternatives) alternative[path] = parts_.fields.size() - 1;
    parts_.combinations = std::min(parts_.combinations * values * depth, countable_combinations);
}

/// A condition without tests is fulfilled where the field is absent.
Condition PatternCompiler::read_condition() {
    switch (reader_.token()) {
        case Token::object_start: return read_match_expression();
        case Token::string: return {.tests = {exact_string(reader_.content())}};
        case Token::number: {
            auto number = parse_json(reader_.content());
            if (!number) reader_.fail("Invalid numeric value");
            return {.tests = {{.kind = Test::Kind::number, .exact = std::move(*number)}}};
        }
        case Token::literal: {
            Test test{.kind = Test::Kind::literal};
            if (reader_.content() != "null") test.exact = reader_.content() == "true";
            return {.tests = {std::move(test)}};
        }
        default: reader_.fail("Match value must be String, number, true, false, or null");
    }
}

Condition PatternCompiler::read_match_expression() {
    if (reader_.next() != Token::name) reader_.fail("Match expression name not found");
    const auto name = reader_.content();
    if (name == "exactly") {
        if (reader_.next() != Token::string) reader_.fail("exact match pattern must be a string");
        Condition condition{.tests = {{.kind = Test::Kind::string, .text = reader_.content()}}};
        end_expression();
        return condition;
    }
    if (name == "prefix" || name == "suffix") return {.tests = {read_affix(name == "prefix")}};
    if (name == "numeric") return {.tests = {read_numeric()}};
    if (name == "anything-but") return read_anything_but();
    if (name == "exists") return read_exists();
    if (name == "cidr") return {.tests = {read_cidr()}};
    if (name == "wildcard") return {.tests = {read_wildcard()}};
    if (name == "equals-ignore-case") {
        auto test = read_text_test(name, Test::Kind::equal_ignoring_case);
        end_expression();
        return {.tests = {std::move(test)}};
    }
    reader_.fail("Unrecognized match type " + name);
}

Test PatternCompiler::read_text_test(std::string_view operator_name, Test::Kind kind) {
    if (reader_.next() != Token::string) reader_.fail(fmt::format("{} match pattern must be a string", operator_name));
    return {.kind = kind, .text = fold_case(reader_.content())};
}

Test PatternCompiler::read_affix(bool prefix) {
    const std::string_view name = prefix ? "prefix" : "suffix";
    reader_.next();
    if (reader_.token() == Token::object_start) {
        if (reader_.next() != Token::name)
            reader_.fail(fmt::format("{} expression name not found", prefix ? "Prefix" : "Suffix"));
        const auto inner = reader_.content();
        if (inner != "equals-ignore-case") reader_.fail(fmt::format("Unsupported {} pattern: {}", name, inner));
        auto test = read_text_test(inner, prefix ? Test::Kind::prefix_ignoring_case : Test::Kind::suffix_ignoring_case);
        end_expression();
        end_expression();
        return test;
    }
    if (reader_.token() != Token::string) reader_.fail(fmt::format("{} match pattern must be a string", name));
    Test test{.kind = prefix ? Test::Kind::prefix : Test::Kind::suffix, .text = reader_.content()};
    end_expression();
    return test;
}

Test PatternCompiler::read_wildcard() {
    if (reader_.next() != Token::string) reader_.fail("wildcard match pattern must be a string");
    auto test = bounded_wildcard(reader_);
    end_expression();
    return test;
}

Test PatternCompiler::read_cidr() {
    if (reader_.next() != Token::string) reader_.fail("prefix match pattern must be a string");  // AWS's own word
    auto test = address_range(reader_.content());
    end_expression();
    return test;
}

Condition PatternCompiler::read_exists() {
    if (reader_.next() != Token::literal || reader_.content() == "null")
        reader_.fail("exists match pattern must be either true or false.");
    Condition condition;
    if (reader_.content() == "true") condition.tests.push_back({.kind = Test::Kind::present});
    end_expression();
    return condition;
}

double PatternCompiler::read_numeric_operand(std::string_view shown_operator) {
    if (reader_.next() != Token::number) reader_.fail(fmt::format("Value of {} must be numeric", shown_operator));
    return to_double(reader_.content());
}

int64_t PatternCompiler::comparable(double number) {
    const auto value = comparable_number(number);
    if (!value) reader_.fail("Value must be between -5.0E9 and 5.0E9, inclusive");
    return *value;
}

Test PatternCompiler::read_numeric() {
    if (reader_.next() != Token::array_start) reader_.fail("Value of numeric must be an array.");
    if (reader_.next() != Token::string) reader_.fail("Invalid member in numeric match: " + reader_.content());
    const auto sign = reader_.content();
    if (!one_of({"=", "<", "<=", ">", ">="}, sign)) {
        reader_.next();  // AWS names the place after the next token
        reader_.fail("Unrecognized numeric range operator: " + sign);
    }

    const double number = read_numeric_operand(sign == "=" ? "equals" : sign);
    Test range{
        .kind = Test::Kind::numeric_range, .bottom = *comparable_number(-5e9), .ceiling = *comparable_number(5e9)};
    reader_.next();
    if (sign.starts_with('>')) {
        range.open_bottom = sign == ">";
        if (reader_.token() != Token::array_end) complete_range(range, number);
        range.bottom = comparable(number);
    } else {
        if (reader_.token() != Token::array_end) reader_.fail(too_many_elements);
        range.ceiling = comparable(number);
        range.open_ceiling = sign == "<";
        if (sign == "=") range.bottom = range.ceiling;
    }
    if (reader_.next() != Token::object_end) reader_.fail(too_many_elements);
    return range;
}

void PatternCompiler::complete_range(Test& range, double bottom) {
    if (reader_.token() != Token::string) reader_.fail("Bad value in numeric range: " + reader_.content());
    const auto sign = reader_.content();
    if (sign != "<" && sign != "<=") reader_.fail("Bad numeric range operator: " + sign);
    const double top = read_numeric_operand(sign);
    if (reader_.next() != Token::array_end) reader_.fail("Too many terms in numeric range expression");
    if (bottom >= top) reader_.fail("Bottom must be less than top");
    range.ceiling = comparable(top);
    range.open_ceiling = sign == "<";
}

Condition PatternCompiler::read_anything_but() {
    Condition condition{.anything_but = true};
    if (reader_.next() != Token::object_start) {
        read_excluded(condition);
        if (reader_.next() != Token::object_end) reader_.fail(too_many_elements);
        return condition;
    }
    if (reader_.next() != Token::name) reader_.fail("Anything-But expression name not found");
    const auto name = reader_.content();
    if (!one_of({"prefix", "suffix", "wildcard", "equals-ignore-case"}, name))
        reader_.fail("Unsupported anything-but pattern: " + name);
    reader_.next();
    read_excluded_by(condition, name);
    if (reader_.next() != Token::object_end) reader_.fail(too_many_elements);
    if (reader_.next() != Token::object_end) reader_.fail(too_many_elements);
    return condition;
}

/// The value of anything-but that is no object: a string, a number, or a list of either.
void PatternCompiler::read_excluded(Condition& condition) {
    const auto add = [&] {
        if (reader_.token() == Token::string) {
            condition.tests.push_back({.kind = Test::Kind::string, .text = reader_.content()});
        } else {
            const double number = to_double(reader_.content());
            comparable(number);
            condition.tests.push_back({.kind = Test::Kind::number, .exact = number});
        }
    };
    if (reader_.token() == Token::string || reader_.token() == Token::number) return add();
    if (reader_.token() != Token::array_start)
        reader_.fail("Value of anything-but must be an array or single string/number value.");
    try {
        while (reader_.next() != Token::array_end) {
            if (reader_.token() != Token::string && reader_.token() != Token::number)
                reader_.fail("Inside anything but list, start|null|boolean is not supported.");
            add();
        }
    } catch (const PatternFault& fault) {
        reader_.fail(fault.text);  // AWS names the place of a fault inside the list twice
    }
    const auto strings = std::ranges::count(condition.tests, Test::Kind::string, &Test::kind);
    if (condition.tests.empty() || (strings != 0 && static_cast<size_t>(strings) != condition.tests.size())) {
        reader_.fail("Inside anything but list, either all values are number or string, mixed type is not supported");
    }
}

void PatternCompiler::read_excluded_by(Condition& condition, const std::string& operator_name) {
    if (reader_.token() == Token::string || reader_.token() == Token::number) {
        condition.tests.push_back(excluded_test(operator_name));
        return;
    }
    if (reader_.token() != Token::array_start)
        reader_.fail("Value of anything-but must be an array or single string/number value.");
    try {
        while (reader_.next() != Token::array_end) condition.tests.push_back(excluded_test(operator_name));
    } catch (const PatternFault& fault) {
        if (operator_name == "wildcard") throw;
        reader_.fail(fault.text);
    }
}

Test PatternCompiler::excluded_test(const std::string& operator_name) {
    const bool string = reader_.token() == Token::string;
    if (operator_name == "wildcard") {
        if (!string) reader_.fail("wildcard match pattern must be a string");
        return bounded_wildcard(reader_);
    }
    if (operator_name == "equals-ignore-case") {
        if (!string) {
            reader_.fail("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.");
        }
        return {.kind = Test::Kind::equal_ignoring_case, .text = fold_case(reader_.content())};
    }
    if (!string) reader_.fail("prefix/suffix match pattern must be a string");
    const auto& text = reader_.content();
    if (text.empty()) reader_.fail("Null prefix/suffix not allowed");
    return {.kind = operator_name == "prefix" ? Test::Kind::prefix : Test::Kind::suffix, .text = text};
}

void PatternCompiler::end_expression() {
    if (reader_.next() != Token::object_end) reader_.fail(one_key);
}

}  // namespace cumulet::contracts
