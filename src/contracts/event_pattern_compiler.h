// From a pattern's text to its alternatives. The refusals are AWS's: evidence is the public compiler of AWS's event
// ruler, and answers recorded from AWS.
#pragma once

#include <map>

#include "contracts/event_pattern.h"
#include "contracts/event_pattern_condition.h"
#include "contracts/event_pattern_reader.h"

namespace cumulet::contracts {

/// One way to match: which conditions each path ("detail.state") must fulfil, as an index into the fields.
using PatternAlternative = std::map<std::string, size_t, std::less<>>;

struct PatternParts {
    std::vector<FieldConditions> fields;
    std::vector<PatternAlternative> alternatives;  ///< $or multiplied out; none if the pattern is empty
    size_t top_keys = 0;
    size_t combinations = 1;  ///< as SNS counts them
    bool nested = false;
};

class PatternCompiler {
  public:
    explicit PatternCompiler(std::string_view text) : reader_(text) {}

    /// Throws PatternFault.
    PatternParts compile(bool may_be_empty);

  private:
    using Token = PatternReader::Token;

    void read_object(const std::string& path, size_t depth, bool inside_or);
    void read_member(const std::string& path, size_t depth, bool inside_or);
    void read_or(const std::string& path, size_t depth);
    void read_field(const std::string& path, size_t depth);
    Condition read_condition();
    Condition read_match_expression();
    Test read_affix(bool prefix);
    Test read_text_test(std::string_view operator_name, Test::Kind kind);
    Test read_wildcard();
    Test read_cidr();
    Test read_numeric();
    void complete_range(Test& range, double bottom);
    Condition read_anything_but();
    void read_excluded(Condition& condition);
    void read_excluded_by(Condition& condition, const std::string& operator_name);
    Test excluded_test(const std::string& operator_name);
    Condition read_exists();
    double read_numeric_operand(std::string_view shown_operator);
    void end_expression();
    int64_t comparable(double number);

    PatternReader reader_;
    PatternParts parts_;
};

}  // namespace cumulet::contracts
