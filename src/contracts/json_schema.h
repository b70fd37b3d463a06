// JSON schemas as API Gateway's models have them: draft 4. Pure; a schema is read once, and asked by any thread.
// https://datatracker.ietf.org/doc/html/draft-fge-json-schema-validation-00
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"

namespace cumulet::contracts {

class JsonSchema {
  public:
    static constexpr int max_depth = 64;           ///< of schemas in each other, references followed
    static constexpr size_t max_checks = 100'000;  ///< of one document

    /// `model` gives the schema of another model by its name, or nothing. References are "#/…" in a schema itself, and
    /// ".../models/<name>", as API Gateway writes them. The error is a sentence.
    static std::expected<JsonSchema, std::string> parse(
        std::string_view text, const std::function<std::optional<std::string>(std::string_view name)>& model);

    /// Nothing if `document` fits, otherwise why not.
    std::optional<std::string> refusal(const json::value& document) const;

  private:
    struct Documents;
    friend class SchemaReading;
    std::shared_ptr<const Documents> documents_;
};

}  // namespace cumulet::contracts
