#include "services/cloudformation/service.h"

#include "services/cloudformation/changes.h"

namespace cumulet::cloudformation {

namespace {

/// AWS's tools look at a stack at once, and then only every 30 seconds: an answer that waits this long for what is
/// quickly done spares them that.
constexpr Duration patience = 2s;

std::string json_text(const json::object& document) { return json::serialize(document); }

}  // namespace

Service::Service(store::Store& store, contracts::Door& door,
                 std::vector<std::unique_ptr<contracts::ResourceType>> types)
    : store_(store), door_(door), registry_(std::move(types)), engine_(store, registry_, store.engine() == "postgres") {
    for (auto& type : resource_types(store, door, [this] { return engine_.stopping(); }))
        registry_.add(std::move(type));
}

std::string Service::resource_of(const Call& call, const contracts::Operation& operation, const void* input) const {
    for (const auto& member : operation.input->members) {
        if (member.name != "StackName") continue;
        const void* value = static_cast<const char*>(input) + member.offset;
        if (member.optional) value = member.optional->get(value);
        if (!value) return "*";
        const auto& name = *static_cast<const std::string*>(value);
        return name.starts_with("arn:") ? name : call.arn("cloudformation", fmt::format("stack/{}/*", name));
    }
    return "*";
}

Stack new_stack(Call& call, const std::string& name) {
    const bool valid = !name.empty() && name.size() <= 128 && isalpha(static_cast<unsigned char>(name[0])) &&
                       std::ranges::all_of(name, [](unsigned char c) { return c < 128 && (isalnum(c) || c == '-'); });
    if (!valid) {
        throw invalid(fmt::format(
            "1 validation error detected: Value '{}' at 'stackName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
            name));
    }
    Stack stack;
    stack.id = call.random().uuid();
    stack.name = name;
    stack.arn = call.arn("cloudformation", fmt::format("stack/{}/{}", name, stack.id));
    stack.created = call.now();
    return stack;
}

void check_updatable(const Stack& stack) {
    static constexpr std::string_view updatable[] = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE",
                                                     "CREATE_FAILED",   "UPDATE_FAILED",   "IMPORT_COMPLETE"};
    if (std::ranges::find(updatable, stack.status) == std::end(updatable)) {
        throw invalid(fmt::format("Stack:{} is in {} state and can not be updated.", stack.arn, stack.status));
    }
}

void not_supported(bool set, std::string_view operation, std::string_view member) {
    if (set) throw aws::not_implemented("cloudformation", operation, member);
}

Task<std::optional<Stack>> Service::find(Call& call, std::string name_or_arn) {
    const auto place = storage::place_of(call);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<Stack>> {
        std::string id;
        if (const auto arn = Arn::parse(name_or_arn); arn && arn->resource.starts_with("stack/")) {
            if (arn->account != call.account || arn->region != call.region) co_return std::nullopt;
            id = arn->resource.substr(arn->resource.rfind('/') + 1);
        } else {
            id = co_await storage::stack_id_of(tx, place, name_or_arn);
        }
        if (id.empty()) co_return std::nullopt;
        co_return co_await storage::find_stack(tx, place, id);
    });
}

Task<Stack> Service::load(Call& call, std::string name_or_arn, std::string format) {
    auto found = co_await find(call, name_or_arn);
    if (!found) throw invalid(fmt::format(fmt::runtime(format), name_or_arn));
    co_return std::move(*found);
}

Task<Service::Plan> Service::plan(Call& call, Wanted wanted, const Stack* stack) {
    const auto text = co_await template_text(call, door_, wanted.source, stack);
    const auto previous = stack ? stack->desired.parameters : ParameterTexts();
    Plan plan;
    auto processed = process_template(text, wanted.parameters, previous, registry_, plan.transform_error);
    plan.desired.body = text;
    plan.desired.tags = std::move(wanted.tags);
    plan.desired.capabilities = wanted.capabilities;
    if (!plan.transform_error.empty()) co_return plan;
    plan.desired.parameters =
        as_validation([&] { return settle_parameters(processed.parsed, wanted.parameters, previous); });
    check_capabilities(processed, wanted.capabilities, wanted.expansion_reviewed);
    plan.desired.processed = json_text(processed.document);
    plan.desired.description = processed.parsed.description;
    for (const auto& parameter : processed.parsed.parameters) {
        if (parameter.no_echo) plan.desired.no_echo.push_back(parameter.name);
    }
    plan.parsed = std::move(processed.parsed);
    co_return plan;
}

Task<std::vector<ResourceChange>> Service::changes(Call& call, const Plan& plan, const Stack& stack, bool& any) {
    const auto place = storage::place_of(call);
    Scope scope;
    std::vector<StackResource> standing;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        scope.exports.clear();
        for (const auto& exported : co_await storage::exports(tx, place)) scope.exports[exported.name] = exported.value;
        standing = co_await storage::resources(tx, place, stack.id);
    });
    scope.account = call.account;
    scope.region = call.region;
    scope.stack_name = stack.name;
    scope.stack_id = stack.arn;
    scope.parameters = parameter_values(plan.parsed, plan.desired.parameters);
    scope.foresee = true;
    auto found = changes_between(standing, plan.parsed, scope, registry_);
    for (const auto& resource : standing) {
        if (resource.exists())
            scope.resources[resource.logical_id] = {resource.made.physical_id, resource.made.attributes};
    }
    any = changes_anything(stack, plan.desired, plan.parsed, scope, found);
    co_return found;
}

Task<void> Service::begin(Call& call, Stack stack, Operation operation, Desired desired, bool erase_change_sets) {
    const auto place = storage::place_of(call);
    const std::string before = stack.status;
    if (operation.phase == Operation::Phase::deploy) {
        if (operation.update) {
            stack.previous = std::move(stack.desired);
            stack.updated = call.now();
        }
        stack.desired = std::move(desired);
    }
    stack.status = operation.phase == Operation::Phase::remove ? "DELETE_IN_PROGRESS"
                   : operation.update                          ? "UPDATE_IN_PROGRESS"
                                                               : "CREATE_IN_PROGRESS";
    stack.status_reason = "User Initiated";
    engine_.own(operation);
    const StackEvent event{.id = call.random().uuid(),
                           .logical_id = stack.name,
                           .physical_id = stack.arn,
                           .type = "AWS::CloudFormation::Stack",
                           .status = stack.status,
                           .status_reason = stack.status_reason,
                           .client_request_token = operation.client_request_token,
                           .at = call.now()};
    const auto save = [&](store::Transaction& tx) -> Task<void> {
        const auto standing = co_await storage::find_stack(tx, place, stack.id);
        const auto holder = co_await storage::stack_id_of(tx, place, stack.name);
        if (!holder.empty() && holder != stack.id)
            throw model::AlreadyExistsException(fmt::format("Stack [{}] already exists", stack.name));
        // Another caller may have begun something since the stack was looked at.
        if (standing && standing->status != before) {
            throw invalid(fmt::format("Stack:{} is in {} state and can not be updated.", stack.arn, standing->status));
        }
        if (erase_change_sets) {
            for (auto& change_set : co_await storage::change_sets(tx, place, stack.id)) {
                if (change_set.arn != stack.change_set_arn) {
                    storage::erase_change_set(tx, place, stack.id, change_set.id);
                } else if (change_set.execution_status == "AVAILABLE") {
                    change_set.execution_status = "EXECUTE_COMPLETE";
                    storage::save_change_set(tx, place, stack.id, change_set);
                }
            }
        }
        storage::save_stack(tx, place, stack);
        storage::save_operation(tx, operation);
        co_await storage::add_event(tx, place, stack.id, event);
    };
    try {
        co_await store_.transact(save);
    } catch (const Unavailable&) {
        engine_.begin(std::move(operation));  // it may be stored all the same, and then has to be run
        throw;
    }
    auto watch = store_.watch(storage::topic_of(stack.id));
    engine_.begin(std::move(operation));
    co_await linger(call, stack.id, std::move(watch));
}

Task<void> Service::linger(Call& call, std::string stack_id, store::Watch watch) {
    const auto until = call.now() + patience;
    if (!call.clock().real_wait(until)) co_return;  // the clock stands still: it would never come
    while (call.now() < until && !engine_.stopping()) {
        const auto stack = co_await store_.transact(
            [&](store::Transaction& tx) { return storage::find_stack(tx, storage::place_of(call), stack_id); });
        if (!stack || !stack->busy()) co_return;
        co_await watch.wait(until);
    }
}

}  // namespace cumulet::cloudformation
