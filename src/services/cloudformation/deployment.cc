#include "services/cloudformation/deployment.h"

#include "services/cloudformation/template/error.h"
#include "services/cloudformation/template/references.h"

namespace cumulet::cloudformation {

namespace {

constexpr size_t resources_at_once = 8;

std::string list_of(const std::set<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

/// Adds what `removed` and the leftovers of `resource` need.
void insert_needs(std::set<std::string>& needs, const Made& removed, const StackResource& resource) {
    needs.insert(removed.depends_on.begin(), removed.depends_on.end());
    for (const auto& leftover : resource.leftovers)
        needs.insert(leftover.depends_on.begin(), leftover.depends_on.end());
}

}  // namespace

Task<void> Deployment::run() {
    co_await load();
    while (!ended_ && !stopping_()) {
        switch (operation_.phase) {
            case Phase::deploy: co_await deploy(); break;
            case Phase::cleanup: co_await clean_up(); break;
            case Phase::rollback: co_await roll_back(); break;
            case Phase::rollback_cleanup: co_await clean_up_after_rollback(); break;
            case Phase::remove:
            case Phase::remove_created: co_await remove_all(); break;
        }
    }
}

Task<void> Deployment::load() {
    struct Loaded {
        std::optional<Stack> stack;
        std::vector<StackResource> resources;
    };
    auto loaded = co_await store_.transact([&](store::Transaction& tx) -> Task<Loaded> {
        Loaded result;
        result.stack = co_await storage::find_stack(tx, place_, operation_.stack_id);
        result.resources = co_await storage::resources(tx, place_, operation_.stack_id);
        co_return result;
    });
    if (!loaded.stack) {
        ended_ = true;
        co_return;
    }
    stack_ = std::move(*loaded.stack);
    for (auto& resource : loaded.resources) resources_[resource.logical_id] = std::move(resource);
}

void Deployment::read_template(const Desired& desired) {
    template_ = cloudformation::read_template(parse_json(desired.processed, 512).value().as_object());
}

Task<void> Deployment::load_exports() {
    const auto all = co_await store_.transact([&](store::Transaction& tx) { return storage::exports(tx, place_); });
    exports_.clear();
    for (const auto& exported : all) exports_[exported.name] = exported.value;
}

Scope Deployment::scope() const {
    Scope scope;
    scope.account = place_.account;
    scope.region = place_.region;
    scope.stack_name = stack_.name;
    scope.stack_id = stack_.arn;
    scope.notification_arns = stack_.desired.notification_arns;
    scope.parameters = parameter_values(template_, stack_.desired.parameters);
    for (const auto& [logical_id, resource] : resources_) {
        if (resource.exists()) scope.resources[logical_id] = {resource.made.physical_id, resource.made.attributes};
    }
    scope.exports = exports_;
    return scope;
}

Graph Deployment::active_graph() const {
    const auto now = scope();
    Evaluator evaluator(template_, now);
    Graph graph;
    for (auto& [logical_id, needed] : dependencies(template_)) {
        if (evaluator.exists(template_.resource(logical_id)->condition)) graph.emplace(logical_id, needed);
    }
    for (auto& [logical_id, needed] : graph)
        std::erase_if(needed, [&](const auto& name) { return !graph.contains(name); });
    return graph;
}

/// The steps that an earlier process was in the middle of. What they made is known only once they were repeated, so
/// they come before any that may fail.
Graph Deployment::begun(const Graph& graph) const {
    Graph result;
    for (const auto& [logical_id, needed] : graph) {
        const auto found = resources_.find(logical_id);
        if (found == resources_.end() || found->second.operation != operation_.token) continue;
        if (found->second.status.ends_with("_IN_PROGRESS")) result.emplace(logical_id, needed);
    }
    return result;
}

Task<void> Deployment::deploy() {
    std::string wrong;
    std::set<std::string> failures;
    try {
        read_template(stack_.desired);
        co_await load_exports();
        const auto work = [this](std::string logical_id) { return deploy_resource(std::move(logical_id)); };
        const auto graph = active_graph();
        failures = co_await run_in_order(begun(graph), work, AfterFailure::proceed, resources_at_once);
        if (failures.empty()) failures = co_await run_in_order(graph, work, AfterFailure::stop, resources_at_once);
        if (stopping_()) co_return;
        if (failures.empty()) {
            co_await deployed();
            co_return;
        }
    } catch (const TemplateError& error) {
        wrong = error.what();
    }
    if (!wrong.empty()) {
        co_await failed(wrong);
        co_return;
    }
    std::set<std::string> not_created, not_updated;
    for (const auto& name : failures) {
        (resources_[name].status == "CREATE_FAILED" ? not_created : not_updated).insert(name);
    }
    std::string reason;
    if (!not_created.empty())
        reason += fmt::format("The following resource(s) failed to create: [{}]. ", list_of(not_created));
    if (!not_updated.empty())
        reason += fmt::format("The following resource(s) failed to update: [{}]. ", list_of(not_updated));
    co_await failed(reason);
}

std::vector<Output> Deployment::outputs(std::set<std::string>& imported) const {
    const auto now = scope();
    Evaluator evaluator(template_, now);
    for (const auto& resource : template_.resources) {
        if (evaluator.exists(resource.condition)) evaluator.properties(resource);
    }
    std::vector<Output> made;
    for (const auto& output : template_.outputs) {
        if (!evaluator.exists(output.condition)) continue;
        Output one{.key = output.name, .description = output.description};
        one.value = evaluator.text(output.value, fmt::format("the value of output {}", output.name));
        if (!output.export_name.is_null())
            one.export_name = evaluator.text(output.export_name, "the name of an export");
        made.push_back(std::move(one));
    }
    imported = evaluator.imported();
    return made;
}

Task<void> Deployment::save_outputs(std::vector<Output> outputs, std::set<std::string> imported) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        std::map<std::string, std::string> wanted;
        for (const auto& output : outputs) {
            if (!output.export_name.empty()) wanted[output.export_name] = output.value;
        }
        for (const auto& exported : co_await storage::exports(tx, place_)) {
            const auto found = wanted.find(exported.name);
            if (exported.stack_id != stack_.id) {
                if (found == wanted.end()) continue;
                const auto owner = co_await storage::find_stack(tx, place_, exported.stack_id);
                refuse("Export with name {} is already exported by stack {}.", exported.name,
                       owner ? owner->name : exported.stack_id);
            }
            if (found != wanted.end() && found->second == exported.value) continue;
            const auto users = co_await storage::importers(tx, place_, exported.name);
            if (!users.empty()) {
                refuse("Cannot {} export {} as it is in use by {}", found == wanted.end() ? "delete" : "update",
                       exported.name, users[0].stack_name);
            }
            if (found == wanted.end()) storage::erase_export(tx, place_, exported.name);
        }
        for (const auto& [name, value] : wanted) storage::save_export(tx, place_, {name, stack_.id, value});
        for (const auto& [name, value] : exports_) {
            if (imported.contains(name))
                storage::save_import(tx, place_, name, {stack_.id, stack_.name});
            else
                storage::erase_import(tx, place_, name, stack_.id);
        }
    });
    stack_.outputs = std::move(outputs);
}

Task<void> Deployment::deployed() {
    std::set<std::string> imported;
    auto made = outputs(imported);
    co_await save_outputs(std::move(made), std::move(imported));
    if (operation_.update) {
        co_await enter("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "", Phase::cleanup);
    } else {
        co_await finish("CREATE_COMPLETE", "");
    }
}

Task<void> Deployment::failed(std::string reason) {
    operation_.reason = reason;
    if (operation_.on_failure == "DO_NOTHING") {
        co_await finish(operation_.update ? "UPDATE_FAILED" : "CREATE_FAILED", reason);
    } else if (operation_.update) {
        co_await enter("UPDATE_ROLLBACK_IN_PROGRESS", reason, Phase::rollback);
    } else if (operation_.on_failure == "DELETE") {
        co_await enter("DELETE_IN_PROGRESS", reason + "Delete requested by user.", Phase::remove);
    } else {
        if (!reason.ends_with(' ')) reason += ' ';
        co_await enter("ROLLBACK_IN_PROGRESS", reason + "Rollback requested by user.", Phase::remove_created);
    }
}

Task<void> Deployment::clean_up() {
    read_template(stack_.desired);
    const auto kept = active_graph();
    Graph graph;
    for (const auto& [logical_id, resource] : resources_) {
        const bool replaced = resource.operation == operation_.token && resource.before &&
                              resource.before->physical_id != resource.made.physical_id;
        const bool dropped = !kept.contains(logical_id) && resource.exists();
        if (!replaced && !dropped && resource.leftovers.empty()) continue;
        // What goes was made by an earlier template, whose order it has.
        insert_needs(graph[logical_id], dropped ? resource.made : replaced ? *resource.before : Made(), resource);
    }
    const auto work = [this, &kept](std::string logical_id) -> Task<bool> {
        auto& resource = resources_[logical_id];
        if (!kept.contains(logical_id)) co_return co_await remove_resource(logical_id);
        if (resource.before && resource.before->physical_id != resource.made.physical_id) {
            if (resource.update_replace_policy != "Retain") resource.leftovers.push_back(*resource.before);
            resource.before.reset();
        }
        co_return co_await remove_leftovers(resource);
    };
    const auto failures = co_await run_in_order(reversed(graph), work, AfterFailure::proceed, resources_at_once);
    if (stopping_()) co_return;
    stack_.previous.reset();
    co_await finish("UPDATE_COMPLETE",
                    failures.empty() ? "" : "Update successful. One or more resources could not be deleted.");
}

Task<void> Deployment::roll_back() {
    if (stack_.previous) {
        read_template(*stack_.previous);
        for (const auto& definition : template_.resources) {
            if (const auto found = resources_.find(definition.logical_id); found != resources_.end())
                describe(found->second, definition);
        }
    }
    Graph graph;
    for (const auto& [logical_id, resource] : resources_) {
        if (resource.operation == operation_.token && resource.before) {
            graph[logical_id].insert(resource.depends_on.begin(), resource.depends_on.end());
        }
    }
    const auto work = [this](std::string logical_id) { return roll_back_resource(std::move(logical_id)); };
    const auto failures = co_await run_in_order(graph, work, AfterFailure::stop, resources_at_once);
    if (stopping_()) co_return;
    if (!failures.empty()) {
        co_await finish("UPDATE_ROLLBACK_FAILED",
                        fmt::format("The following resource(s) failed to update: [{}]. ", list_of(failures)));
        co_return;
    }
    if (stack_.previous) {
        stack_.desired = std::move(*stack_.previous);
        stack_.previous.reset();
    }
    co_await enter("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "", Phase::rollback_cleanup);
}

Task<void> Deployment::clean_up_after_rollback() {
    Graph graph;
    for (const auto& [logical_id, resource] : resources_) {
        const bool created =
            resource.operation == operation_.token && resource.created_by_operation && !resource.gone();
        if (!created && resource.leftovers.empty()) continue;
        insert_needs(graph[logical_id], created ? resource.made : Made(), resource);
    }
    const auto work = [this](std::string logical_id) -> Task<bool> {
        auto& resource = resources_[logical_id];
        if (resource.operation == operation_.token && resource.created_by_operation)
            co_return co_await remove_resource(logical_id);
        co_return co_await remove_leftovers(resource);
    };
    co_await run_in_order(reversed(graph), work, AfterFailure::proceed, resources_at_once);
    if (stopping_()) co_return;
    co_await finish("UPDATE_ROLLBACK_COMPLETE", "");
}

Task<void> Deployment::remove_all() {
    const bool rollback = operation_.phase == Phase::remove_created;
    Graph graph;
    for (const auto& [logical_id, resource] : resources_) {
        if (!resource.gone()) graph[logical_id].insert(resource.depends_on.begin(), resource.depends_on.end());
    }
    const auto work = [this](std::string logical_id) { return remove_resource(std::move(logical_id)); };
    const auto failures = co_await run_in_order(reversed(graph), work, AfterFailure::proceed, resources_at_once);
    if (stopping_()) co_return;
    if (!failures.empty()) {
        co_await finish(rollback ? "ROLLBACK_FAILED" : "DELETE_FAILED",
                        fmt::format("The following resource(s) failed to delete: [{}]. ", list_of(failures)));
        co_return;
    }
    co_await finish(rollback ? "ROLLBACK_COMPLETE" : "DELETE_COMPLETE", rollback ? "" : operation_.reason);
}

std::string Deployment::event_id(std::string_view prefix) const {
    auto uuid = Reactor::current().random().uuid();
    return prefix.empty() ? uuid : fmt::format("{}-{}", prefix, uuid);
}

StackEvent Deployment::stack_event(std::string status, std::string reason) const {
    return {.id = event_id(""),
            .logical_id = stack_.name,
            .physical_id = stack_.arn,
            .type = "AWS::CloudFormation::Stack",
            .status = std::move(status),
            .status_reason = std::move(reason),
            .client_request_token = operation_.client_request_token,
            .at = Reactor::current().now()};
}

Task<void> Deployment::enter(std::string status, std::string reason, Phase phase) {
    operation_.phase = phase;
    stack_.status = status;
    stack_.status_reason = reason;
    const auto event = stack_event(status, reason);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        storage::save_stack(tx, place_, stack_);
        storage::save_operation(tx, operation_);
        co_await storage::add_event(tx, place_, stack_.id, event);
    });
}

Task<void> Deployment::finish(std::string status, std::string reason) {
    stack_.status = status;
    stack_.status_reason = reason;
    if (status == "DELETE_COMPLETE") {
        stack_.deleted = Reactor::current().now();
        stack_.outputs.clear();
    }
    const auto event = stack_event(status, reason);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (stack_.gone()) {
            for (const auto& exported : co_await storage::exports(tx, place_)) {
                if (exported.stack_id == stack_.id)
                    storage::erase_export(tx, place_, exported.name);
                else
                    storage::erase_import(tx, place_, exported.name, stack_.id);
            }
        }
        storage::save_stack(tx, place_, stack_);
        storage::erase_operation(tx, operation_);
        co_await storage::add_event(tx, place_, stack_.id, event);
    });
    ended_ = true;
}

}  // namespace cumulet::cloudformation
