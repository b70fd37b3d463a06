// The contracts' patterns, which are Java's regular expressions, in RE2, which runs in linear time.
#pragma once

#include <memory>
#include <string_view>

namespace cumulet::wire {

/// A pattern of a contract. What RE2 refuses is rewritten where that keeps its meaning:
/// - lookaheads at the beginning and lookbehinds at the end become conditions of their own;
/// - a possessive quantifier becomes a greedy one, whose match a whole-text match cannot tell apart here;
/// - \uXXXX becomes \x{XXXX}, and the surrogate pairs of JavaScript the plane they stand for;
/// - a repetition beyond RE2's 1000 loses its upper bound, since lengths are checked for themselves;
/// - \p{Print}, \p{ASCII} and their kin become RE2's classes.
/// Any other lookaround is dropped, and a pattern that RE2 still refuses accepts everything: is_enforced() says so.
class Pattern {
  public:
    explicit Pattern(std::string_view java);
    ~Pattern();

    bool matches(std::string_view text) const;
    /// False if more is accepted than Java would.
    bool is_enforced() const { return enforced_; }

    /// The compiled pattern; `java` lives as long as the process, as a table's does.
    static const Pattern& of(std::string_view java);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
    bool enforced_ = true;
};

}  // namespace cumulet::wire
