#include "services/cloudformation/template/references.h"

#include "services/cloudformation/template/error.h"

namespace cumulet::cloudformation {

namespace {

std::string joined(const std::set<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

void collect_sub(const json::value& argument, std::set<Reference>& found);

void collect(const json::value& value, std::set<Reference>& found) {
    if (const auto* array = value.if_array()) {
        for (const auto& element : *array) collect(element, found);
        return;
    }
    const auto* object = value.if_object();
    if (!object) return;
    if (object->size() == 1) {
        const std::string_view name = object->begin()->key();
        const auto& argument = object->begin()->value();
        if (name == "Ref") {
            if (!argument.is_string())
                refuse("Template format error: Every Ref object must have a single String value.");
            found.insert({std::string(argument.get_string()), ""});
            return;
        }
        if (name == "Fn::GetAtt") {
            found.insert(get_att_target(argument));
            if (argument.is_array()) collect(argument.get_array()[1], found);
            return;
        }
        if (name == "Fn::Sub") return collect_sub(argument, found);
    }
    for (const auto& [key, member] : *object) collect(member, found);
}

void collect_sub(const json::value& argument, std::set<Reference>& found) {
    const json::object* variables = nullptr;
    const json::value* text = &argument;
    if (const auto* list = argument.if_array()) {
        if (list->size() == 2 && (*list)[1].is_object()) {
            variables = &(*list)[1].get_object();
            text = &(*list)[0];
        }
    }
    if (!text->is_string()) {
        refuse(
            "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a "
            "string "
            "as first argument, and an optional second argument to specify a mapping of values to replace in the "
            "string");
    }
    if (variables) {
        for (const auto& [key, member] : *variables) collect(member, found);
    }
    for (const auto& piece : split_sub(text->get_string())) {
        if (!piece.variable || (variables && variables->contains(piece.text))) continue;
        const auto dot = piece.text.find('.');
        found.insert({piece.text.substr(0, dot), dot == std::string::npos ? "" : piece.text.substr(dot + 1)});
    }
}

void collect_conditions(const json::value& value, bool in_conditions, std::set<std::string>& found) {
    if (const auto* array = value.if_array()) {
        for (const auto& element : *array) collect_conditions(element, in_conditions, found);
    } else if (const auto* object = value.if_object()) {
        for (const auto& [key, member] : *object) {
            if (key == "Fn::If" && member.is_array() && !member.get_array().empty() &&
                member.get_array()[0].is_string()) {
                found.emplace(member.get_array()[0].get_string());
            } else if (in_conditions && key == "Condition" && member.is_string()) {
                found.emplace(member.get_string());
            }
            collect_conditions(member, in_conditions, found);
        }
    }
}

void check_block(const Template& parsed, const json::value& value, std::string_view block) {
    std::set<std::string> missing;
    for (const auto& reference : references_in(value)) {
        if (is_pseudo_parameter(reference.name)) continue;
        if (parsed.resource(reference.name)) continue;
        if (!reference.attribute.empty()) {
            refuse("Template error: instance of Fn::GetAtt references undefined resource {}", reference.name);
        }
        if (!parsed.parameter(reference.name)) missing.insert(reference.name);
    }
    if (!missing.empty()) {
        refuse("Template format error: Unresolved resource dependencies [{}] in the {} block of the template",
               joined(missing), block);
    }
}

void check_conditions(const Template& parsed) {
    const auto defined = [&](const std::string& name, std::string_view block) {
        if (!parsed.conditions.contains(name)) {
            refuse("Template format error: Unresolved condition dependency {} in the {} block of the template", name,
                   block);
        }
    };
    std::map<std::string, std::set<std::string>> graph;
    for (const auto& [name, value] : parsed.conditions) {
        std::set<std::string> missing;
        for (const auto& reference : references_in(value)) {
            if (!is_pseudo_parameter(reference.name) && !parsed.parameter(reference.name))
                missing.insert(reference.name);
        }
        if (!missing.empty()) {
            refuse(
                "Template format error: Unresolved dependencies [{}]. Cannot reference resources in the Conditions "
                "block of "
                "the template",
                joined(missing));
        }
        auto& used = graph[std::string(name)];
        collect_conditions(value, true, used);
        for (const auto& other : used) defined(other, "Conditions");
    }
    try {
        ordered(graph);
    } catch (const TemplateError&) {
        refuse("Template format error: Circular dependency between conditions");
    }
    for (const auto& resource : parsed.resources) {
        if (!resource.condition.empty()) defined(resource.condition, "Resources");
        for (const auto& name : conditions_in(resource.properties)) defined(name, "Resources");
    }
    for (const auto& output : parsed.outputs) {
        if (!output.condition.empty()) defined(output.condition, "Outputs");
        for (const auto& name : conditions_in(output.value)) defined(name, "Outputs");
    }
}

}  // namespace

Reference get_att_target(const json::value& argument) {
    if (argument.is_string()) {
        const std::string_view text = argument.get_string();
        if (const auto dot = text.find('.'); dot != std::string_view::npos && dot > 0 && dot + 1 < text.size()) {
            return {std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
        }
    }
    const auto* list = argument.if_array();
    if (!list || list->size() != 2 || !(*list)[0].is_string() || (*list)[0].get_string().empty() ||
        !((*list)[1].is_string() || (*list)[1].is_object())) {
        refuse(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the "
            "resource attribute");
    }
    // An attribute that is itself a Ref is known only when it is evaluated.
    return {std::string((*list)[0].get_string()), (*list)[1].is_string() ? std::string((*list)[1].get_string()) : "?"};
}

bool is_pseudo_parameter(std::string_view name) { return name.starts_with("AWS::"); }

std::set<Reference> references_in(const json::value& value) {
    std::set<Reference> found;
    collect(value, found);
    std::erase_if(found, [](const Reference& reference) { return is_pseudo_parameter(reference.name); });
    return found;
}

std::set<std::string> conditions_in(const json::value& value) {
    std::set<std::string> found;
    collect_conditions(value, false, found);
    return found;
}

std::vector<SubPiece> split_sub(std::string_view text) {
    std::vector<SubPiece> pieces;
    std::string literal;
    size_t at = 0;
    while (at < text.size()) {
        const auto open = text.find("${", at);
        if (open == std::string_view::npos) break;
        const auto close = text.find('}', open);
        if (close == std::string_view::npos) break;
        literal += text.substr(at, open - at);
        auto name = text.substr(open + 2, close - open - 2);
        at = close + 1;
        if (name.starts_with('!')) {
            literal += fmt::format("${{{}}}", name.substr(1));
            continue;
        }
        while (name.starts_with(' ')) name.remove_prefix(1);
        while (name.ends_with(' ')) name.remove_suffix(1);
        const bool valid = !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
            return c < 128 && (isalnum(c) || c == '_' || c == '.' || c == ':');
        });
        if (!valid) {
            refuse(
                "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, "
                "underscores, "
                "periods, and colons");
        }
        if (!literal.empty()) pieces.push_back({std::exchange(literal, ""), false});
        pieces.push_back({std::string(name), true});
    }
    literal += text.substr(at);
    if (!literal.empty()) pieces.push_back({std::move(literal), false});
    return pieces;
}

std::map<std::string, std::set<std::string>> dependencies(const Template& parsed) {
    std::map<std::string, std::set<std::string>> graph;
    for (const auto& resource : parsed.resources) {
        auto& needed = graph[resource.logical_id];
        needed.insert(resource.depends_on.begin(), resource.depends_on.end());
        for (const auto& reference : references_in(resource.properties)) {
            if (parsed.resource(reference.name)) needed.insert(reference.name);
        }
    }
    return graph;
}

std::vector<std::string> ordered(const std::map<std::string, std::set<std::string>>& graph) {
    std::map<std::string, size_t> waiting;
    std::map<std::string, std::vector<std::string>> followers;
    std::vector<std::string> order;
    for (const auto& [name, needed] : graph) {
        waiting[name] = needed.size();
        for (const auto& other : needed) followers[other].push_back(name);
        if (needed.empty()) order.push_back(name);
    }
    for (size_t at = 0; at < order.size(); ++at) {
        for (const auto& follower : followers[order[at]]) {
            if (--waiting[follower] == 0) order.push_back(follower);
        }
    }
    if (order.size() < graph.size()) {
        // What only follows the circle is not part of it: peel off, from the other end, whatever nothing left depends
        // on.
        std::set<std::string> circle;
        for (const auto& [name, count] : waiting) {
            if (count > 0) circle.insert(name);
        }
        const auto needed_inside = [&](const std::string& name) {
            return std::ranges::any_of(followers[name],
                                       [&](const auto& follower) { return circle.contains(follower); });
        };
        while (std::erase_if(circle, [&](const auto& name) { return !needed_inside(name); }) > 0) {
        }
        refuse("Circular dependency between resources: [{}]", joined(circle));
    }
    return order;
}

void check_references(const Template& parsed) {
    std::set<std::string> missing;
    for (const auto& resource : parsed.resources) {
        for (const auto& name : resource.depends_on) {
            if (!parsed.resource(name)) missing.insert(name);
        }
    }
    if (!missing.empty()) {
        refuse("Template format error: Unresolved resource dependencies [{}] in the Resources block of the template",
               joined(missing));
    }
    check_conditions(parsed);
    json::array properties;
    for (const auto& resource : parsed.resources) properties.push_back(resource.properties);
    check_block(parsed, properties, "Resources");
    json::array outputs;
    for (const auto& output : parsed.outputs) {
        outputs.push_back(output.value);
        outputs.push_back(output.export_name);
    }
    check_block(parsed, outputs, "Outputs");
    ordered(dependencies(parsed));
}

}  // namespace cumulet::cloudformation
