#include "services/cloudformation/changes.h"

#include "services/cloudformation/template/references.h"

namespace cumulet::cloudformation {

namespace {

std::vector<std::string> differing(const json::object& before, const json::object& after) {
    std::vector<std::string> names;
    for (const auto& [key, value] : after) {
        const auto* was = before.if_contains(key);
        if (!was || *was != value) names.emplace_back(key);
    }
    for (const auto& [key, value] : before) {
        if (!after.contains(key)) names.emplace_back(key);
    }
    return names;
}

bool mentions_unknown(const json::object& properties) {
    return json::serialize(properties).find(known_after_apply) != std::string::npos;
}

}  // namespace

std::vector<ResourceChange> changes_between(const std::vector<StackResource>& existing, const Template& parsed,
                                            Scope scope, const Registry& registry) {
    std::map<std::string, const StackResource*> standing;
    for (const auto& resource : existing) {
        if (!resource.exists()) continue;
        standing[resource.logical_id] = &resource;
        scope.resources[resource.logical_id] = {resource.made.physical_id, resource.made.attributes};
    }
    scope.foresee = true;
    std::map<std::string, ResourceChange> by_id;
    std::set<std::string> kept;
    // In the order of dependencies: what refers to a resource that is replaced sees a value that is not known yet.
    for (const auto& logical_id : ordered(dependencies(parsed))) {
        const auto& definition = *parsed.resource(logical_id);
        Evaluator evaluator(parsed, scope);
        if (!evaluator.exists(definition.condition)) continue;
        kept.insert(logical_id);
        const auto properties = evaluator.properties(definition);
        const auto found = standing.find(logical_id);
        ResourceChange change{.action = "Modify", .logical_id = logical_id, .type = definition.type};
        if (found == standing.end()) {
            change.action = "Add";
            by_id[logical_id] = std::move(change);
            continue;
        }
        const auto& resource = *found->second;
        change.physical_id = resource.made.physical_id;
        change.properties = differing(resource.made.properties, properties);
        change.metadata = resource.metadata != definition.metadata;
        if (change.properties.empty() && !change.metadata) continue;
        const auto* type = registry.find(definition.type);
        const bool replaced =
            type && !change.properties.empty() && type->needs_replacement(resource.made.properties, properties);
        change.replacement = !replaced ? "False" : mentions_unknown(properties) ? "Conditional" : "True";
        if (replaced) scope.resources.erase(logical_id);
        by_id[logical_id] = std::move(change);
    }
    std::vector<ResourceChange> changes;
    for (const auto& definition : parsed.resources) {
        if (const auto found = by_id.find(definition.logical_id); found != by_id.end())
            changes.push_back(std::move(found->second));
    }
    for (const auto& [logical_id, resource] : standing) {
        if (kept.contains(logical_id)) continue;
        changes.push_back({.action = "Remove",
                           .logical_id = logical_id,
                           .physical_id = resource->made.physical_id,
                           .type = resource->type});
    }
    return changes;
}

bool changes_anything(const Stack& stack, const Desired& wanted, const Template& parsed, const Scope& scope,
                      const std::vector<ResourceChange>& changes) {
    if (!changes.empty() || stack.desired.tags != wanted.tags) return true;
    Evaluator evaluator(parsed, scope);
    std::vector<Output> outputs;
    for (const auto& output : parsed.outputs) {
        if (!evaluator.exists(output.condition)) continue;
        Output one{.key = output.name, .description = output.description};
        one.value = evaluator.text(output.value, "the value of an output");
        if (!output.export_name.is_null())
            one.export_name = evaluator.text(output.export_name, "the name of an export");
        outputs.push_back(std::move(one));
    }
    return outputs != stack.outputs;
}

}  // namespace cumulet::cloudformation
