// Items as Amazon Ion text, as DynamoDB exports and imports them.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
#pragma once

#include "contracts/attribute_value.h"

namespace cumulet::dynamodb {

/// Appends a map's members as an Ion struct: {name:"text",size:12.}.
void append_ion(std::string& out, contracts::AttributeView map);

/// What is no Ion, or none that DynamoDB knows.
struct BadIon : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The value that Ion text begins with, as an attribute; `text` goes on behind it. Nothing at the end of the text.
/// Version markers, comments and white space before the value are skipped. Throws BadIon.
std::optional<contracts::AttributeValue> read_ion(std::string_view& text);

}  // namespace cumulet::dynamodb
