#include "base/json_path_steps.h"

namespace cumulet {
namespace {

using Step = JsonPath::Step;
using Filter = JsonPath::Filter;
using Values = std::vector<const json::value*>;

struct TooMuch {};

/// One reading: where it started, and how much it may still visit.
struct Reading {
    const json::value& root;
    size_t left = JsonPath::max_visited_values;

    void visit() {
        if (left-- == 0) throw TooMuch{};
    }
};

void add_children(const json::value& value, Values& found, Reading& reading) {
    const auto add = [&](const json::value& child) {
        reading.visit();
        found.push_back(&child);
    };
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object) add(member.value());
    } else if (const auto* array = value.if_array()) {
        for (const auto& element : *array) add(element);
    }
}

/// A parsed document is at most 128 deep, so this may recur.
void add_descendants(const json::value& value, Values& found, Reading& reading) {
    reading.visit();
    found.push_back(&value);
    Values children;
    add_children(value, children, reading);
    for (const auto* child : children) add_descendants(*child, found, reading);
}

size_t position_of(int64_t index, size_t size) {
    if (index < 0) index += static_cast<int64_t>(size);
    return index < 0 ? size : static_cast<size_t>(index);
}

void add_slice(const json::array& array, const Step& step, Values& found) {
    const auto size = static_cast<int64_t>(array.size());
    const auto bound = [&](int64_t index) { return std::clamp<int64_t>(index < 0 ? index + size : index, 0, size); };
    const auto until = bound(step.until.value_or(size));
    for (auto i = bound(step.from.value_or(0)); i < until; ++i) found.push_back(&array[static_cast<size_t>(i)]);
}

bool holds(const Filter& filter, const json::value& here, Reading& reading);

void take_step(const Step& step, const json::value& value, Values& found, Reading& reading) {
    reading.visit();
    switch (step.kind) {
        case Step::Kind::names:
            if (const auto* object = value.if_object()) {
                for (const auto& name : step.names)
                    if (const auto* member = object->if_contains(name)) found.push_back(member);
            }
            break;
        case Step::Kind::wildcard: add_children(value, found, reading); break;
        case Step::Kind::descend: add_descendants(value, found, reading); break;
        case Step::Kind::indexes:
            if (const auto* array = value.if_array()) {
                for (const auto index : step.indexes)
                    if (const auto at = position_of(index, array->size()); at < array->size())
                        found.push_back(&(*array)[at]);
            }
            break;
        case Step::Kind::slice:
            if (const auto* array = value.if_array()) add_slice(*array, step, found);
            break;
        case Step::Kind::filter: {
            Values candidates;
            if (value.is_array()) {
                add_children(value, candidates, reading);
            } else {
                candidates.push_back(&value);
            }
            for (const auto* candidate : candidates)
                if (holds(*step.filter, *candidate, reading)) found.push_back(candidate);
            break;
        }
        case Step::Kind::function: break;
    }
}

Values follow(const std::vector<Step>& steps, const json::value& start, Reading& reading) {
    Values here{&start};
    for (const auto& step : steps) {
        if (step.kind == Step::Kind::function) break;
        Values next;
        for (const auto* value : here) take_step(step, *value, next, reading);
        here = std::move(next);
    }
    return here;
}

json::array copies(const Values& values) {
    json::array array;
    array.reserve(values.size());
    for (const auto* value : values) array.push_back(*value);
    return array;
}

std::optional<json::value> aggregate(std::string_view name, const json::array& numbers) {
    double sum = 0;
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    for (const auto& number : numbers) {
        if (!number.is_number()) continue;
        const auto value = number.to_number<double>();
        sum += value;
        least = std::min(least, value);
        most = std::max(most, value);
    }
    if (numbers.empty()) return std::nullopt;
    if (name == "min") return least;
    if (name == "max") return most;
    if (name == "sum") return sum;
    return sum / static_cast<double>(numbers.size());
}

std::optional<json::value> result_of(std::string_view name, const json::value& value) {
    if (name == "length" || name == "size") {
        if (const auto* array = value.if_array()) return static_cast<int64_t>(array->size());
        if (const auto* object = value.if_object()) return static_cast<int64_t>(object->size());
        if (const auto* text = value.if_string()) return static_cast<int64_t>(text->size());
        return std::nullopt;
    }
    if (name == "keys") {
        const auto* object = value.if_object();
        if (!object) return std::nullopt;
        json::array keys;
        for (const auto& member : *object) keys.emplace_back(member.key());
        return keys;
    }
    const bool aggregates = name == "min" || name == "max" || name == "sum" || name == "avg";
    return aggregates && value.is_array() ? aggregate(name, value.get_array()) : std::nullopt;
}

std::optional<json::value> read_steps(const std::vector<Step>& steps, bool definite, const json::value& start,
                                      Reading& reading) {
    const auto found = follow(steps, start, reading);
    std::optional<json::value> value;
    if (!definite) {
        value = copies(found);
    } else if (!found.empty()) {
        value = *found.front();
    }
    if (value && !steps.empty() && steps.back().kind == Step::Kind::function) {
        return result_of(steps.back().names.front(), *value);
    }
    return value;
}

std::partial_ordering compare(const json::value& left, const json::value& right) {
    if (left.is_number() && right.is_number()) return left.to_number<double>() <=> right.to_number<double>();
    if (left.is_string() && right.is_string()) {
        return std::string_view(left.get_string()) <=> std::string_view(right.get_string());
    }
    return left == right ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
}

}  // namespace

/// Reads operands, which are paths themselves.
struct JsonPathReader {
    static std::optional<json::value> value_of(const Filter::Operand& operand, const json::value& here,
                                               Reading& reading) {
        if (!operand.path) return operand.literal;
        return read_steps(*operand.path->steps_, operand.path->definite(), operand.from_root ? reading.root : here,
                          reading);
    }
};

namespace {

bool holds(const Filter& filter, const json::value& here, Reading& reading) {
    const auto part_holds = [&](const Filter& part) { return holds(part, here, reading); };
    switch (filter.kind) {
        case Filter::Kind::any: return std::ranges::any_of(filter.parts, part_holds);
        case Filter::Kind::all: return std::ranges::all_of(filter.parts, part_holds);
        case Filter::Kind::negated: return !part_holds(filter.parts.front());
        default: break;
    }
    const auto left = JsonPathReader::value_of(filter.left, here, reading);
    if (filter.kind == Filter::Kind::exists) return left.has_value();
    const auto right = JsonPathReader::value_of(filter.right, here, reading);
    if (!left || !right) return filter.kind == Filter::Kind::unequal;
    if (filter.kind == Filter::Kind::in) {
        const auto* list = right->if_array();
        return list && std::ranges::any_of(*list, [&](const auto& each) { return compare(*left, each) == 0; });
    }
    const auto order = compare(*left, *right);
    switch (filter.kind) {
        case Filter::Kind::equal: return order == 0;
        case Filter::Kind::unequal: return order != 0;
        case Filter::Kind::less: return order < 0;
        case Filter::Kind::less_or_equal: return order <= 0;
        case Filter::Kind::greater: return order > 0;
        default: return order >= 0;
    }
}

}  // namespace

std::optional<json::value> JsonPath::read(const json::value& root) const {
    Reading reading{root};
    try {
        return read_steps(*steps_, definite(), root, reading);
    } catch (const TooMuch&) {
        return std::nullopt;
    }
}

}  // namespace cumulet
