// JSONPath as the Jayway library reads it, which is what API Gateway and Step Functions use. Pure.
// https://goessner.net/articles/JsonPath/
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace cumulet {

/// A parsed path, such as "$.store.book[?(@.price < 10)].title". Any thread may read with one path.
class JsonPath {
  public:
    static constexpr size_t max_bytes = 4096;
    static constexpr int max_depth = 32;                   ///< of filters in filters
    static constexpr size_t max_visited_values = 1 << 20;  ///< of one reading

    /// The error is a sentence.
    static std::expected<JsonPath, std::string> parse(std::string_view text);

    /// True if the path leads to one place at most: no wildcard, filter, slice, union or descent.
    bool definite() const;
    /// What stands at the path: of a definite path the value, or nothing; of another an array of all that match. A
    /// function at the end ("$.items.length()") is applied to that. Nothing also where too many values would be
    /// visited.
    std::optional<json::value> read(const json::value& root) const;

    struct Step;
    struct Filter;

  private:
    friend class JsonPathParser;
    friend struct JsonPathReader;
    JsonPath() = default;
    std::shared_ptr<const std::vector<Step>> steps_;
};

}  // namespace cumulet
