#include "services/dynamodb/query_keys.h"

#include "contracts/error.h"

namespace cumulet::dynamodb {

namespace {

[[noreturn]] void refuse(std::string_view message) { throw aws::validation_error(std::string(message)); }

const KeyComparison* find(const std::vector<KeyComparison>& comparisons, std::string_view name) {
    const auto found = std::ranges::find(comparisons, name, &KeyComparison::attribute);
    return found == comparisons.end() ? nullptr : &*found;
}

void check_type(const KeySchema& schema, const KeyComparison& comparison) {
    const auto expected = schema.type_of(comparison.attribute);
    for (const auto value : {comparison.first, comparison.second}) {
        if (!value) continue;
        const bool no_prefix = comparison.kind == KeyComparison::Kind::begins_with && expected == AttributeType::N;
        if (!value.is(expected) || no_prefix) {
            refuse("One or more parameter values were invalid: Condition parameter type does not match schema type");
        }
    }
    if (comparison.first.content().empty() && comparison.kind == KeyComparison::Kind::equal) {
        refuse(fmt::format(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
            "empty {} value. Key: {}",
            expected == AttributeType::S ? "string" : "binary", comparison.attribute));
    }
}

RangeCondition range_condition(const KeyComparison& comparison) {
    // Both enumerations have the same order, this one with "any" before.
    return {.kind = static_cast<RangeCondition::Kind>(static_cast<int>(comparison.kind) + 1),
            .first = comparison.first,
            .second = comparison.second};
}
static_assert(static_cast<int>(RangeCondition::Kind::begins_with) ==
              static_cast<int>(KeyComparison::Kind::begins_with) + 1);

/// Of a key of several attributes: every HASH attribute equals something, and so does every RANGE attribute that stands
/// before one that is compared.
void check_equalities(const KeySchema& schema, const std::vector<KeyComparison>& comparisons, std::string_view name) {
    const auto* comparison = find(comparisons, name);
    if (comparison && comparison->kind == KeyComparison::Kind::equal) return;
    if (schema.is_hash(name)) {
        if (schema.more_hash.empty()) return;
        // Unverified: the words.
        refuse(fmt::format("HASH key attributes {} must have equality conditions specified in the query", name));
    }
    bool behind = false;
    schema.each([&](std::string_view later) {
        // The words are those of DynamoDB Local 3.3.1.
        if (behind && find(comparisons, later)) {
            refuse(
                fmt::format("RANGE key attributes {} must have equality conditions specified in the query because "
                            "a condition is present on key attribute {}",
                            name, later));
        }
        behind = behind || later == name;
    });
}

/// The comparison of one attribute of the key; nullptr where there is none and need not be.
const KeyComparison* fitting(const KeySchema& schema, const std::vector<KeyComparison>& comparisons,
                             std::string_view name) {
    const bool hash = schema.is_hash(name);
    check_equalities(schema, comparisons, name);
    const auto* comparison = find(comparisons, name);
    if (!comparison) {
        const bool foreign = std::ranges::any_of(
            comparisons, [&](const KeyComparison& other) { return !schema.names(other.attribute); });
        if (hash || foreign) refuse(fmt::format("Query condition missed key schema element: {}", name));
        return nullptr;
    }
    if (comparison->kind == KeyComparison::Kind::other) {
        refuse("Attempted conditional constraint is not an indexable operation");
    }
    check_type(schema, *comparison);
    if (hash && comparison->kind != KeyComparison::Kind::equal) refuse("Query key condition not supported");
    return comparison;
}

/// Values of one type; those of a number sort as it does.
bool holds(const KeyComparison& comparison, AttributeView value) {
    using Kind = KeyComparison::Kind;
    const auto content = value.content(), first = comparison.first.content();
    switch (comparison.kind) {
        case Kind::equal: return content == first;
        case Kind::less: return content < first;
        case Kind::less_or_equal: return content <= first;
        case Kind::greater: return content > first;
        case Kind::greater_or_equal: return content >= first;
        case Kind::between: return content >= first && content <= comparison.second.content();
        case Kind::begins_with: return content.starts_with(first);
        case Kind::other: return false;
    }
    return false;
}

}  // namespace

KeyRange key_range(const KeySchema& schema, const std::vector<KeyComparison>& comparisons,
                   const AttributeMap* start_key) {
    KeyRange result;
    const size_t keys = schema.count();
    schema.each([&](std::string_view name) {
        if (start_key) {
            if (!start_key->find(name)) refuse("The provided starting key is invalid");
            schema.check_attribute(start_key->view(), name);
        }
        if (comparisons.size() > keys) {
            refuse(fmt::format(
                "The number of query conditions ({}) exceeds the number of key attributes defined in the schema ({})",
                comparisons.size(), keys));
        }
        const auto* comparison = fitting(schema, comparisons, name);
        if (!comparison) return;
        if (schema.is_hash(name))
            result.hash.push_back(comparison->first);
        else if (comparison->kind == KeyComparison::Kind::equal)
            result.equal.push_back(comparison->first);
        else
            result.range = range_condition(*comparison);
    });
    return result;
}

void check_start_count(const Table& table, const Index* index, const AttributeMap& start_key) {
    if (start_key.count() != key_names(table, index).size()) refuse("The provided starting key is invalid");
}

void check_table_start(const Table& table, const AttributeMap& start_key) {
    try {
        table.key.check_attribute(start_key.view(), table.key.hash);
        if (table.key.has_range()) table.key.check_attribute(start_key.view(), table.key.range);
    } catch (const aws::Error& error) {
        refuse(fmt::format("The provided starting key is invalid: {}", error.message));
    }
}

void check_start(const Table& table, const KeySchema& schema, const std::vector<KeyComparison>& comparisons,
                 const AttributeMap& start_key) {
    check_table_start(table, start_key);
    bool same_hash = true, ranged = false;
    schema.each([&](std::string_view name) {
        const auto* comparison = find(comparisons, name);
        if (!comparison) return;
        const bool satisfied = holds(*comparison, start_key.find(name));
        if (schema.is_hash(name)) {
            same_hash = same_hash && satisfied;
            return;
        }
        ranged = true;
        if (!satisfied) refuse("The provided starting key does not match the range key predicate");
    });
    if (!same_hash) {
        refuse(ranged ? "The query can return at most one row and cannot be restarted" : outside_query);
    }
}

}  // namespace cumulet::dynamodb
