// Models whose schemas refer to other models: as one schema, and as a template that makes a sample. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace cumulet::contracts {

/// The name of the model that "https://apigateway.amazonaws.com/restapis/<API>/models/<name>" means, "" if it is none.
std::string_view referred_model(std::string_view reference);

/// `schema` with the models that it refers to as its own definitions. What is no JSON is left as it is.
std::string flattened_schema(const std::string& schema, const std::map<std::string, std::string>& schemas_by_model);

/// A mapping template whose output has the schema's form, with sample values.
std::string sample_template(const std::string& schema, const std::map<std::string, std::string>& schemas_by_model);

}  // namespace cumulet::contracts
