// Filter patterns of terms: which messages FilterLogEvents finds. Pure.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cumulet::logs {

/// Terms: all plain ones must occur, none of the excluded ("-term"), and if there are optional ones ("?term") one of
/// them. Terms in double quotes may hold any character. Case counts.
class FilterPattern {
  public:
    /// Throws InvalidParameterException for a quote that does not end, NotImplemented for patterns of JSON or columns.
    static FilterPattern parse(std::string_view text);
    bool matches(std::string_view message) const;

  private:
    std::vector<std::string> required_;
    std::vector<std::string> excluded_;
    std::vector<std::string> optional_;
};

}  // namespace cumulet::logs
