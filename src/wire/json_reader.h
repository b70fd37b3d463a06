// JSON to values, straight from the events of Boost.JSON's parser: no tree in between.
#pragma once

#include "wire/value.h"

namespace cumulet::wire {

/// Which of a member's names JSON uses: awsJson ignores locationName, restJson follows it.
enum class JsonNames : uint8_t { member, wire };

/// How a service's JSON is read, and what its errors call the contract's types.
struct JsonDialect {
    JsonNames names = JsonNames::member;
    std::string_view java_package = "";  ///< "com.amazonaws.dynamodb.v20120810."
    bool boolean_words = false;          ///< text may stand for a truth value: contracts/boolean_text.h
};

/// Fills `target` of `shape`. At the top, only body members of a structure are known, and they are noted in `seen`;
/// inside, missing required members become violations. Throws SerializationException, in AWS's words, for text that is
/// not JSON or whose types do not fit.
void read_json(std::string_view text, const Shape& shape, void* target, JsonDialect dialect, const Path& path,
               Seen& seen, Violations& violations);

}  // namespace cumulet::wire
