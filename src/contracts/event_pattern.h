// Event patterns: which events a rule, an event source mapping or a subscription wants. Compiled once, matched fast.
// Pure. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
// https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
#pragma once

#include <memory>
#include <stdexcept>
#include <string_view>

#include "base/json.h"

namespace cumulet::contracts {

/// Whose pattern it is: operators are the same, limits and the wording of refusals are not.
enum class PatternDialect {
    event_bridge,    ///< rules of EventBridge, pipes, and Lambda's event source filters
    sns_attributes,  ///< a filter policy whose scope is MessageAttributes: no nesting
    sns_body,        ///< a filter policy whose scope is MessageBody
};

/// A pattern that AWS refuses. The text is AWS's: "Event pattern is not valid. Reason: …", or of SNS what follows
/// "Invalid parameter: " and, where the call is Subscribe, "Attributes Reason: ".
struct InvalidPattern : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Any thread may match one pattern; copies share what was compiled.
class EventPattern {
  public:
    static constexpr size_t max_bytes = 256 << 10;
    static constexpr size_t max_depth = 100;
    static constexpr size_t max_alternatives = 1000;  ///< of all $or together, multiplied out
    static constexpr size_t max_sns_keys = 5;
    static constexpr size_t max_sns_combinations = 150;

    /// Throws InvalidPattern.
    static EventPattern compile(std::string_view text, PatternDialect dialect);

    /// False unless `event` is an object. Fields that the pattern names twice inside one array of the event must match
    /// in the same element, as with AWS.
    bool matches(const json::value& event) const;
    /// The same of an event's text, which is no match where it is not a JSON object.
    bool matches_text(std::string_view event) const;

  private:
    EventPattern() = default;

    struct Rules;
    std::shared_ptr<const Rules> rules_;
};

}  // namespace cumulet::contracts
