// What a JSONPath consists of. Only json_path*.cc include this.
#pragma once

#include "base/json_path.h"

namespace cumulet {

struct JsonPath::Step {
    enum class Kind { names, wildcard, descend, indexes, slice, filter, function };
    Kind kind = Kind::names;
    std::vector<std::string> names;  ///< of members; of a function its name
    std::vector<int64_t> indexes;
    std::optional<int64_t> from;
    std::optional<int64_t> until;
    std::shared_ptr<const Filter> filter;

    bool leads_to_one_place() const {
        switch (kind) {
            case Kind::names: return names.size() == 1;
            case Kind::indexes: return indexes.size() == 1;
            case Kind::function: return true;
            default: return false;
        }
    }
};

/// A filter's condition: a tree of comparisons.
struct JsonPath::Filter {
    enum class Kind { any, all, negated, exists, equal, unequal, less, less_or_equal, greater, greater_or_equal, in };
    struct Operand {
        bool from_root = false;  ///< begins with "$" and not with "@"
        std::optional<JsonPath> path;
        json::value literal;
    };
    Kind kind = Kind::exists;
    std::vector<Filter> parts;  ///< of any, all, negated
    Operand left;
    Operand right;
};

}  // namespace cumulet
