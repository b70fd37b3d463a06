#include "services/dynamodb/partiql/plan.h"

#include "contracts/error.h"

namespace cumulet::dynamodb::partiql {

namespace {

using Kind = Condition::Kind;

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-operators.html
constexpr size_t max_hash_values = 50;

bool is_attribute(const Operand& operand, std::string_view name) {
    return operand.kind == Operand::Kind::path && operand.path.size() == 1 && operand.path[0].name == name;
}

bool is_value(const Operand& operand) { return operand.kind == Operand::Kind::value; }

/// The parts that AND joins.
std::vector<const Condition*> conjuncts_of(const Condition& condition) {
    std::vector<const Condition*> parts;
    if (condition.kind != Kind::all) return {&condition};
    for (const auto& part : condition.parts) {
        for (const auto* inner : conjuncts_of(part)) parts.push_back(inner);
    }
    return parts;
}

/// What `condition` equates `attribute` with, nothing if it does not.
AttributeView equated(const Condition& condition, std::string_view attribute) {
    if (condition.kind != Kind::comparison || condition.comparator != Comparator::equal) return {};
    for (size_t index = 0; index < 2; ++index) {
        if (is_attribute(condition.operands[index], attribute) && is_value(condition.operands[1 - index])) {
            return condition.operands[1 - index].value;
        }
    }
    return {};
}

void check_type(const KeySchema& schema, std::string_view attribute, AttributeView value) {
    if (value.is(schema.type_of(attribute))) return;
    throw aws::validation_error(
        "One or more parameter values were invalid: Condition parameter type does not match schema type");
}

/// What a conjunct says of the range key: a range that keys can be read by, or something only a filter can see.
struct RangeUse {
    std::optional<RangeCondition> range;
    bool negated = false;
};

bool mentions(const Condition& condition, const std::string& attribute) {
    bool found = false;
    each_path(condition, [&](const Path& path) { found = found || path[0].name == attribute; });
    return found;
}

RangeCondition::Kind kind_of(Comparator comparator, bool mirrored) {
    using To = RangeCondition::Kind;
    switch (comparator) {
        case Comparator::less: return mirrored ? To::greater : To::less;
        case Comparator::less_or_equal: return mirrored ? To::greater_or_equal : To::less_or_equal;
        case Comparator::greater: return mirrored ? To::less : To::greater;
        case Comparator::greater_or_equal: return mirrored ? To::less_or_equal : To::greater_or_equal;
        default: return To::equal;
    }
}

RangeUse range_use(const Condition& condition, const KeySchema& schema, const std::string& attribute) {
    if (!mentions(condition, attribute)) return {};
    const auto& operands = condition.operands;
    const bool not_equal = condition.kind == Kind::comparison && condition.comparator == Comparator::not_equal;
    if (condition.kind == Kind::negation || not_equal) return {.negated = true};
    const auto fits = [&](AttributeView value) { return value.is(schema.type_of(attribute)); };
    if (condition.kind == Kind::comparison) {
        const bool mirrored = is_attribute(operands[1], attribute);
        const auto& value = operands[mirrored ? 0 : 1];
        if (!is_attribute(operands[mirrored ? 1 : 0], attribute) || !is_value(value)) return {};
        check_type(schema, attribute, value.value);
        return {.range = {{.kind = kind_of(condition.comparator, mirrored), .first = value.value, .second = {}}}};
    }
    if (operands.empty() || !is_attribute(operands[0], attribute)) return {};
    if (!std::all_of(operands.begin() + 1, operands.end(), is_value)) return {};
    if (condition.kind == Kind::between && fits(operands[1].value) && fits(operands[2].value)) {
        return {.range = {
                    {.kind = RangeCondition::Kind::between, .first = operands[1].value, .second = operands[2].value}}};
    }
    if (condition.kind == Kind::begins_with && fits(operands[1].value)) {
        return {.range = {{.kind = RangeCondition::Kind::begins_with, .first = operands[1].value, .second = {}}}};
    }
    return {};
}

using HashKey = std::vector<AttributeView>;  // the values of the HASH attributes

/// One part of what OR joins: the hash keys it needs, and what it says of the range key.
struct Branch {
    std::vector<HashKey> hashes;
    std::vector<AttributeView> equal;
    std::optional<RangeCondition> range;
    bool negated = false;
};

/// The values that one HASH attribute may have; none if the conditions do not say.
std::vector<AttributeView> values_of(const std::vector<const Condition*>& parts, const KeySchema& schema,
                                     std::string_view attribute) {
    std::vector<AttributeView> values;
    for (const auto* part : parts) {
        if (const auto value = equated(*part, attribute)) {
            check_type(schema, attribute, value);
            values = {value};
        } else if (values.empty() && part->kind == Kind::in && is_attribute(part->operands[0], attribute) &&
                   std::all_of(part->operands.begin() + 1, part->operands.end(), is_value)) {
            for (size_t index = 1; index < part->operands.size(); ++index) {
                const auto listed = part->operands[index].value;
                check_type(schema, attribute, listed);
                if (std::ranges::find(values, listed) == values.end()) values.push_back(listed);
            }
        }
    }
    return values;
}

[[noreturn]] void refuse_reads() {
    throw aws::validation_error("Too many decomposed read operations for a given query.");
}

/// Every hash key that the conditions allow; none if they do not say.
std::vector<HashKey> hash_keys(const std::vector<const Condition*>& parts, const KeySchema& schema) {
    std::vector<HashKey> keys{{}};
    schema.each([&](std::string_view attribute) {
        if (!schema.is_hash(attribute)) return;
        const auto values = values_of(parts, schema, attribute);
        std::vector<HashKey> longer;
        for (const auto& key : keys) {
            for (const auto value : values) {
                longer.push_back(key);
                longer.back().push_back(value);
            }
        }
        if (longer.size() > max_hash_values) refuse_reads();
        keys = std::move(longer);
    });
    return keys;
}

/// Adds what `parts` say of one RANGE attribute; false if no range of keys comes of it.
bool add_range(Branch& branch, const std::vector<const Condition*>& parts, const KeySchema& schema,
               const std::string& attribute) {
    std::optional<RangeCondition> range;
    for (const auto* part : parts) {
        auto use = range_use(*part, schema, attribute);
        branch.negated = branch.negated || use.negated;
        if (use.range && !range) range = use.range;
    }
    if (!range) return false;
    if (branch.range) branch.equal.push_back(branch.range->first);
    branch.range = range;
    return range->kind == RangeCondition::Kind::equal;
}

/// Nothing if the branch does not say which hash keys it needs.
std::optional<Branch> branch_of(const Condition& condition, const KeySchema& schema) {
    const auto parts = conjuncts_of(condition);
    Branch branch{.hashes = hash_keys(parts, schema)};
    if (schema.has_range() && add_range(branch, parts, schema, schema.range)) {
        for (const auto& more : schema.more_range) {
            if (!add_range(branch, parts, schema, more.name)) break;
        }
    }
    if (branch.hashes.empty()) return std::nullopt;
    return branch;
}

/// A range of range keys, by the bytes they sort by.
struct Interval {
    std::string low;
    bool low_open = false;
    std::optional<std::string> high;
    bool high_open = false;
};

Interval interval_of(const std::optional<RangeCondition>& range) {
    using From = RangeCondition::Kind;
    if (!range || range->kind == From::any) return {};
    const std::string first(range->first.content());
    switch (range->kind) {
        case From::equal: return {.low = first, .high = first};
        case From::less: return {.high = first, .high_open = true};
        case From::less_or_equal: return {.high = first};
        case From::greater: return {.low = first, .low_open = true};
        case From::greater_or_equal: return {.low = first};
        case From::between: return {.low = first, .high = std::string(range->second.content())};
        default: return {.low = first, .high = first + "\xff\xff\xff\xff"};
    }
}

bool overlap(const Interval& one, const Interval& two) {
    const auto ends_before = [](const Interval& earlier, const Interval& later) {
        if (!earlier.high) return false;
        return *earlier.high < later.low || (*earlier.high == later.low && (earlier.high_open || later.low_open));
    };
    return !ends_before(one, two) && !ends_before(two, one);
}

void check_overlap(const std::vector<Branch>& branches) {
    for (size_t one = 0; one < branches.size(); ++one) {
        for (size_t two = one + 1; two < branches.size(); ++two) {
            const auto &left = branches[one], &right = branches[two];
            if (left.negated || right.negated || (!left.range && !right.range)) continue;
            const bool same_hash = std::ranges::any_of(left.hashes, [&](const HashKey& hash) {
                return std::ranges::find(right.hashes, hash) != right.hashes.end();
            });
            if (!same_hash || left.equal != right.equal || !overlap(interval_of(left.range), interval_of(right.range)))
                continue;
            throw aws::validation_error("Overlapping conditions with range keys are not supported in where clause");
        }
    }
}

}  // namespace

std::vector<KeyRange> plan_reads(const Condition* where, const KeySchema& schema) {
    if (!where) return {};
    std::vector<Branch> branches;
    const auto add = [&](const Condition& condition) {
        auto branch = branch_of(condition, schema);
        if (branch) branches.push_back(std::move(*branch));
        return branch.has_value();
    };
    if (where->kind == Kind::any) {
        if (!std::ranges::all_of(where->parts, add)) return {};
    } else if (!add(*where)) {
        return {};
    }
    check_overlap(branches);
    std::vector<KeyRange> reads;
    for (const auto& branch : branches) {
        for (const auto& hash : branch.hashes) {
            const auto known = std::ranges::find(reads, hash, &KeyRange::hash);
            // Two branches of one hash key: all its items are read once, and the filter chooses.
            if (known != reads.end())
                *known = {.hash = hash};
            else
                reads.push_back({hash, branch.equal, branch.range.value_or(RangeCondition())});
        }
    }
    if (reads.size() > max_hash_values) refuse_reads();
    return reads;
}

bool plan_order(const Statement& statement, const KeySchema& schema, std::vector<KeyRange>& reads) {
    if (statement.order.empty()) return false;
    if (!statement.where) {
        throw aws::validation_error("Must have WHERE clause in the statement when using ORDER BY clause.");
    }
    const Ordering *by_hash = nullptr, *by_range = nullptr;
    for (const auto& ordering : statement.order) {
        if (ordering.by.kind != Expression::Kind::path) {
            // Unverified: what the type is called.
            throw aws::validation_error("Argument to ORDER BY must be of type VariableReference. Type: Literal");
        }
        const auto& path = ordering.by.path;
        if (path.size() != 1 || !schema.names(path[0].name)) {
            throw aws::validation_error(fmt::format("Attribute {} in ORDER BY clause must be part of the primary key",
                                                    path.back().is_index() ? path[0].name : path.back().name));
        }
        (schema.is_hash(path[0].name) ? by_hash : by_range) = &ordering;
    }
    if (reads.empty()) {
        throw aws::validation_error(
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.");
    }
    if (reads.size() > 1 && !by_hash) {
        throw aws::validation_error(
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.");
    }
    if (by_hash) {
        std::ranges::sort(reads, {}, [](const KeyRange& read) { return read.hash.front().content(); });
        if (by_hash->descending) std::ranges::reverse(reads);
    }
    return by_range && by_range->descending;
}

std::optional<Target> find_target(const Condition* where, const Table& table) {
    if (!where) return std::nullopt;
    AttributeView hash, range;
    Condition rest{.kind = Kind::all};
    for (const auto* part : conjuncts_of(*where)) {
        const auto is_hash = equated(*part, table.key.hash);
        const auto is_range = table.key.has_range() ? equated(*part, table.key.range) : AttributeView();
        if ((is_hash && hash) || (is_range && range)) {
            throw aws::validation_error(
                fmt::format("Multiple conditions on same key {}. Only single item Update/Insert/Delete are supported",
                            is_hash ? table.key.hash : table.key.range));
        }
        if (is_hash)
            hash = is_hash;
        else if (is_range)
            range = is_range;
        else
            rest.parts.push_back(*part);
    }
    if (!hash || (table.key.has_range() && !range)) return std::nullopt;
    std::string bytes;
    AttributeWriter writer(bytes);
    writer.begin(AttributeType::M);
    for (const auto& [name, value] : {std::pair(&table.key.hash, hash), std::pair(&table.key.range, range)}) {
        if (!value) continue;
        if (!value.is(table.key.type_of(*name))) {
            throw aws::validation_error(
                fmt::format("Key attribute's data type should match its data type in table's schema: Key {}", *name));
        }
        writer.key(*name);
        writer.value(value);
    }
    writer.end();
    Target target{.key = AttributeMap::from_bytes(std::move(bytes))};
    if (!rest.parts.empty()) target.condition = std::move(rest);
    return target;
}

}  // namespace cumulet::dynamodb::partiql
