// Words that PartiQL keeps for itself: an attribute of such a name stands in double quotes.
#pragma once

#include <string_view>

namespace cumulet::dynamodb::partiql {

/// True for a keyword in lower case.
bool is_keyword(std::string_view lower);

/// True for a type that may stand behind IS, in lower case.
bool is_type_name(std::string_view lower);

}  // namespace cumulet::dynamodb::partiql
