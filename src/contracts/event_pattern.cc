#include "contracts/event_pattern.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <span>

#include "contracts/event_pattern_compiler.h"

namespace cumulet::contracts {
namespace {

/// Fields of one alternative, by the segments of their paths: "a.b" is b below a, as AWS sees it.
struct Node {
    std::string name;
    std::vector<Node> children;
    const FieldConditions* field = nullptr;
    size_t absence = 0;  // index among the fields that may be absent, where field->or_absent

    Node& child(std::string_view child_name) {
        for (auto& node : children) {
            if (node.name == child_name) return node;
        }
        return children.emplace_back(Node{.name = std::string(child_name)});
    }
};

struct Alternative {
    Node root;
    std::vector<std::vector<std::string>> may_be_absent;  // the paths of fields with "exists": false
};

/// A piece of an event: a value, or an object of one member whose name's dots were entered in part.
struct Part {
    std::string_view rest;  // "" or what is left of a name with dots
    const json::value* value;
};
using Parts = boost::container::small_vector<Part, 4>;

std::string_view view(json::string_view text) { return {text.data(), text.size()}; }

bool has_dotted_names(const json::object& object) {
    return std::ranges::any_of(object, [](const auto& member) { return member.key().contains('.'); });
}

/// Appends what lies under `name` in `object`, dots in its names being steps.
void step_into(const json::object& object, std::string_view name, bool dotted, Parts& found) {
    if (const auto* value = object.if_contains(name)) found.push_back({"", value});
    if (!dotted) return;
    for (const auto& member : object) {
        const auto key = view(member.key());
        if (key.size() > name.size() && key[name.size()] == '.' && key.starts_with(name))
            found.push_back({key.substr(name.size() + 1), &member.value()});
    }
}

void step_into(const Part& part, std::string_view name, Parts& found) {
    if (part.rest.empty()) {
        if (const auto* object = part.value->if_object()) step_into(*object, name, has_dotted_names(*object), found);
    } else if (part.rest == name) {
        found.push_back({"", part.value});
    } else if (part.rest.size() > name.size() && part.rest[name.size()] == '.' && part.rest.starts_with(name)) {
        found.push_back({part.rest.substr(name.size() + 1), part.value});
    }
}

/// True if `visit` is true of a scalar in `value`, or in its elements where it is an array.
template <typename Visit>
bool any_scalar(const json::value& value, const Visit& visit) {
    if (const auto* array = value.if_array())
        return std::ranges::any_of(*array, [&](const json::value& element) { return any_scalar(element, visit); });
    return !value.is_object() && visit(value);
}

/// True if a value is anywhere at `path`, through any elements of arrays.
bool present(const Part& part, std::span<const std::string> path) {
    if (part.rest.empty()) {
        if (path.empty()) return any_scalar(*part.value, [](const json::value&) { return true; });
        if (const auto* array = part.value->if_array()) {
            return std::ranges::any_of(*array,
                                       [&](const json::value& element) { return present({"", &element}, path); });
        }
    }
    if (path.empty()) return false;
    Parts found;
    step_into(part, path.front(), found);
    return std::ranges::any_of(found, [&](const Part& next) { return present(next, path.subspan(1)); });
}

class Matcher {
  public:
    Matcher(const Alternative& alternative, const json::value& event) {
        for (const auto& path : alternative.may_be_absent) absent_.push_back(!present({"", &event}, path));
    }

    /// True if all of `node`'s children are fulfilled by the objects of `parts` together.
    bool fulfilled(const Node& node, const Parts& parts) const {
        return std::ranges::all_of(node.children, [&](const Node& child) {
            Parts found;
            for (const auto& part : parts) step_into(part, child.name, found);
            return field_fulfilled(child, found) && (child.children.empty() || objects_fulfilled(child, found));
        });
    }

  private:
    bool field_fulfilled(const Node& node, const Parts& found) const {
        if (!node.field) return true;
        if (node.field->or_absent && absent_[node.absence]) return true;
        return std::ranges::any_of(found, [&](const Part& part) {
            return part.rest.empty() &&
                   any_scalar(*part.value, [&](const json::value& scalar) { return node.field->matches(scalar); });
        });
    }

    /// All of `node`'s children in what is no array, together with one and the same element of an array.
    bool objects_fulfilled(const Node& node, const Parts& found) const {
        Parts objects;
        boost::container::small_vector<const json::array*, 2> arrays;
        for (const auto& part : found) {
            if (!part.rest.empty() || part.value->is_object())
                objects.push_back(part);
            else if (const auto* array = part.value->if_array())
                arrays.push_back(array);
        }
        bool has_elements = false;
        for (const auto* array : arrays) {
            if (element_fulfils(node, objects, *array, has_elements)) return true;
        }
        return !has_elements && fulfilled(node, objects);
    }

    bool element_fulfils(const Node& node, const Parts& objects, const json::array& array, bool& has_elements) const {
        for (const auto& element : array) {
            if (const auto* inner = element.if_array()) {
                if (element_fulfils(node, objects, *inner, has_elements)) return true;
            } else if (element.is_object()) {
                has_elements = true;
                auto with_element = objects;
                with_element.push_back({"", &element});
                if (fulfilled(node, with_element)) return true;
            }
        }
        return false;
    }

    boost::container::small_vector<bool, 8> absent_;
};

std::vector<std::string> segments(std::string_view path) {
    std::vector<std::string> all;
    while (true) {
        const auto dot = path.find('.');
        all.emplace_back(path.substr(0, dot));
        if (dot == path.npos) return all;
        path.remove_prefix(dot + 1);
    }
}

Alternative arrange(const PatternAlternative& paths, const std::vector<FieldConditions>& fields) {
    Alternative alternative;
    for (const auto& [path, field] : paths) {
        auto steps = segments(path);
        Node* node = &alternative.root;
        for (const auto& step : steps) node = &node->child(step);
        node->field = &fields[field];
        if (!fields[field].or_absent) continue;
        node->absence = alternative.may_be_absent.size();
        alternative.may_be_absent.push_back(std::move(steps));
    }
    return alternative;
}

void check_sns_limits(const PatternParts& parts, PatternDialect dialect) {
    // Unverified: AWS's pages differ in whether a nested policy's outer or inner keys are counted; here the outer ones.
    if (parts.top_keys > EventPattern::max_sns_keys) throw PatternFault{"Filter policy can not have more than 5 keys"};
    if (parts.combinations > EventPattern::max_sns_combinations) throw PatternFault{"Filter policy is too complex"};
    if (parts.nested && dialect == PatternDialect::sns_attributes)
        throw InvalidPattern("Filter policy scope MessageAttributes does not support nested filter policy");
}

PatternParts compile_parts(std::string_view text, PatternDialect dialect) {
    const bool sns = dialect != PatternDialect::event_bridge;
    // Unverified: the text of the refusal by size.
    if (text.size() > EventPattern::max_bytes) throw PatternFault{"Filter policy is too large"};
    if (sns && !parse_json(text, EventPattern::max_depth * 2)) throw PatternFault{"failed to parse JSON."};
    auto parts = PatternCompiler(text).compile(sns);
    if (sns) check_sns_limits(parts, dialect);
    return parts;
}

}  // namespace

struct EventPattern::Rules {
    std::vector<FieldConditions> fields;
    std::vector<Alternative> alternatives;
};

EventPattern EventPattern::compile(std::string_view text, PatternDialect dialect) {
    try {
        auto parts = compile_parts(text, dialect);
        auto rules = std::make_shared<Rules>();
        rules->fields = std::move(parts.fields);
        for (const auto& alternative : parts.alternatives)
            rules->alternatives.push_back(arrange(alternative, rules->fields));
        EventPattern pattern;
        pattern.rules_ = std::move(rules);
        return pattern;
    } catch (const PatternFault& fault) {
        const std::string_view before =
            dialect == PatternDialect::event_bridge ? "Event pattern is not valid. Reason: " : "FilterPolicy: ";
        throw InvalidPattern(std::string(before) + fault.text);
    }
}

bool EventPattern::matches(const json::value& event) const {
    if (!event.is_object()) return false;
    if (rules_->alternatives.empty()) return true;
    return std::ranges::any_of(rules_->alternatives, [&](const Alternative& alternative) {
        return Matcher(alternative, event).fulfilled(alternative.root, Parts{{"", &event}});
    });
}

bool EventPattern::matches_text(std::string_view event) const {
    const auto value = parse_json(event);
    return value && matches(*value);
}

}  // namespace cumulet::contracts
