// Apache Velocity 1.7's template language, as API Gateway's mapping templates use it. Pure: a template is parsed once,
// and then rendered by any thread. https://velocity.apache.org/engine/1.7/user-guide.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html
#pragma once

#include <expected>
#include <map>

#include "velocity/value.h"

namespace cumulet::velocity {

struct Parsed;

using Variables = std::map<std::string, Value, std::less<>>;

class Template {
  public:
    static constexpr size_t max_source_bytes = 300 << 10;  ///< API Gateway's quota
    static constexpr size_t max_output_bytes = 10 << 20;
    static constexpr size_t max_steps = 1'000'000;
    static constexpr size_t max_iterations = 1000;  ///< of one #foreach: API Gateway's quota
    static constexpr int max_calls = 20;            ///< of macros, definitions and #evaluate in each other

    /// The error says why, and in which line.
    static std::expected<Template, std::string> parse(std::string_view source);

    /// Renders with these variables, which the template may add to and change. Null is rendered as nothing, as API
    /// Gateway does it. The error says which limit was hit.
    std::expected<std::string, std::string> render(Variables& variables) const;

  private:
    Template() = default;
    std::shared_ptr<const Parsed> parsed_;
};

}  // namespace cumulet::velocity
