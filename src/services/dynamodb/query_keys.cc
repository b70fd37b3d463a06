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

/// The comparison of one attribute of the key; nullptr where there is none and need not be.
const KeyComparison* fitting(const KeySchema& schema, const std::vector<KeyComparison>& comparisons,
                             const std::string& name) {
    const bool hash = name == schema.hash;
    const auto* comparison = find(comparisons, name);
    if (!comparison) {
        if (hash || comparisons.size() > 1) refuse(fmt::format("Query condition missed key schema element: {}", name));
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
    const size_t keys = schema.has_range() ? 2 : 1;
    for (const auto* name : {&schema.hash, &schema.range}) {
        if (name->empty()) continue;
        if (start_key) {
            if (!start_key->find(*name)) refuse("The provided starting key is invalid");
            schema.check_attribute(start_key->view(), *name);
        }
        if (comparisons.size() > keys) {
            refuse(fmt::format(
                "The number of query conditions ({}) exceeds the number of key attributes defined in the schema ({})",
                comparisons.size(), keys));
        }
        const auto* comparison = fitting(schema, comparisons, *name);
        if (!comparison) continue;
        if (name == &schema.hash)
            result.hash = comparison->first;
        else
            result.range = range_condition(*comparison);
    }
    return result;
}

void check_start_count(const Table& table, const Index* index, const AttributeMap& start_key) {
    std::set<std::string_view> wanted{table.key.hash, table.key.range};
    if (index) wanted.insert({index->key.hash, index->key.range});
    wanted.erase("");
    if (start_key.count() != wanted.size()) refuse("The provided starting key is invalid");
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
    const bool same_hash = holds(*find(comparisons, schema.hash), start_key.find(schema.hash));
    const auto* range = schema.has_range() ? find(comparisons, schema.range) : nullptr;
    if (range && !holds(*range, start_key.find(schema.range))) {
        refuse("The provided starting key does not match the range key predicate");
    }
    if (!same_hash) {
        refuse(range ? "The query can return at most one row and cannot be restarted" : outside_query);
    }
}

}  // namespace cumulet::dynamodb
