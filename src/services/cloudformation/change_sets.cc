// CreateChangeSet, DescribeChangeSet, ExecuteChangeSet, DeleteChangeSet, ListChangeSets.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html

#include "services/cloudformation/service.h"

namespace cumulet::cloudformation {

namespace {

// The AWS CLI and SAM match on this text.
constexpr std::string_view no_changes =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

using Texts = std::vector<std::string>;

bool executed(const ChangeSet& change_set) { return change_set.execution_status.starts_with("EXECUTE_"); }

/// By ARN or by name; of two with one name the one that was not executed.
Task<std::optional<ChangeSet>> find_change_set(store::Transaction& tx, storage::Place place, std::string stack_id,
                                               std::string name) {
    std::optional<ChangeSet> found;
    for (auto& change_set : co_await storage::change_sets(tx, place, stack_id)) {
        if (change_set.arn != name && change_set.name != name) continue;
        if (!found || executed(*found)) found = std::move(change_set);
    }
    co_return found;
}

model::Change change_of(const ResourceChange& change) {
    model::ResourceChange made{
        .Action = change.action, .LogicalResourceId = change.logical_id, .ResourceType = change.type};
    if (!change.physical_id.empty()) made.PhysicalResourceId = change.physical_id;
    if (!change.replacement.empty()) made.Replacement = change.replacement;
    Texts scope;
    std::vector<model::ResourceChangeDetail> details;
    if (!change.properties.empty()) scope.push_back("Properties");
    if (change.metadata) scope.push_back("Metadata");
    for (const auto& property : change.properties) {
        model::ResourceTargetDefinition target{.Attribute = "Properties", .Name = property};
        target.RequiresRecreation = change.replacement == "False"  ? "Never"
                                    : change.replacement == "True" ? "Always"
                                                                   : "Conditionally";
        details.push_back({.Target = target, .Evaluation = "Static", .ChangeSource = "DirectModification"});
    }
    made.Scope = std::move(scope);
    made.Details = std::move(details);
    return {.Type = "Resource", .ResourceChange = std::move(made)};
}

/// The stack whose change set a request names: by StackName, or by the change set's own ARN.
std::string stack_of(const std::optional<std::string>& stack_name, const std::string& change_set_name) {
    if (stack_name) return *stack_name;
    if (!change_set_name.starts_with("arn:"))
        throw invalid("StackName must be specified if ChangeSetName is not specified as an ARN.");
    return "";
}

void check_supported(const model::CreateChangeSetInput& request) {
    not_supported(request.ChangeSetType == "IMPORT" || request.ResourcesToImport ||
                      request.ImportExistingResources.value_or(false),
                  "CreateChangeSet", "IMPORT");
    not_supported(request.RoleARN.has_value(), "CreateChangeSet", "RoleARN");
    not_supported(!request.NotificationARNs.value_or(Texts()).empty(), "CreateChangeSet", "NotificationARNs");
    not_supported(!request.ResourceTypes.value_or(Texts()).empty(), "CreateChangeSet", "ResourceTypes");
    not_supported(request.DeploymentMode.has_value(), "CreateChangeSet", "DeploymentMode");
}

/// What a change set may be made for: a new stack, one under review, or one that can be updated.
void check_target(const std::optional<Stack>& stack, const model::CreateChangeSetInput& request,
                  std::string_view type) {
    if (type != "CREATE") {
        if (!stack) throw invalid(fmt::format("Stack [{}] does not exist", request.StackName));
        check_updatable(*stack);
    } else if (stack->status != "REVIEW_IN_PROGRESS") {
        throw invalid(fmt::format("Stack [{}] already exists and cannot be created again with the changeSet [{}].",
                                  stack->name, request.ChangeSetName));
    }
}

StackEvent review_event(Call& call, const Stack& stack) {
    return {.id = call.random().uuid(),
            .logical_id = stack.name,
            .physical_id = stack.arn,
            .type = "AWS::CloudFormation::Stack",
            .status = stack.status,
            .status_reason = "User Initiated",
            .at = call.now()};
}

}  // namespace

Task<model::CreateChangeSetOutput> Service::create_change_set(Call& call, model::CreateChangeSetInput request) {
    check_supported(request);
    const auto type = request.ChangeSetType.value_or("UPDATE");
    auto stack = co_await find(call, request.StackName);
    if (stack && stack->gone()) stack.reset();
    const bool fresh = !stack;
    if (fresh && type == "CREATE") {
        stack = new_stack(call, request.StackName);
        stack->status = "REVIEW_IN_PROGRESS";
        stack->status_reason = "User Initiated";
    }
    check_target(stack, request, type);

    ChangeSet change_set{.id = call.random().uuid(), .name = request.ChangeSetName, .type = type};
    change_set.arn = call.arn("cloudformation", fmt::format("changeSet/{}/{}", change_set.name, change_set.id));
    change_set.description = request.Description.value_or("");
    change_set.on_stack_failure = request.OnStackFailure.value_or("");
    change_set.created = call.now();
    auto made = co_await plan(
        call,
        {.source = {request.TemplateBody, request.TemplateURL, request.UsePreviousTemplate.value_or(false)},
         .parameters = given_parameters(request.Parameters),
         .tags = request.Tags ? given_tags(request.Tags) : stack->desired.tags,
         .capabilities = request.Capabilities.value_or(Texts()),
         .expansion_reviewed = true},
        type == "CREATE" ? nullptr : &*stack);
    std::string wrong = made.transform_error;
    bool any = false;
    if (wrong.empty()) {
        try {
            change_set.changes = co_await changes(call, made, *stack, any);
        } catch (const TemplateError& error) {
            wrong = error.what();
        }
    }
    if (wrong.empty() && !any && type == "UPDATE") wrong = no_changes;
    change_set.desired = std::move(made.desired);
    change_set.status = wrong.empty() ? "CREATE_COMPLETE" : "FAILED";
    change_set.status_reason = wrong;
    change_set.execution_status = wrong.empty() ? "AVAILABLE" : "UNAVAILABLE";

    const auto place = storage::place_of(call);
    const auto event = review_event(call, *stack);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto same = co_await find_change_set(tx, place, stack->id, change_set.name);
        if (same && !executed(*same)) {
            throw model::AlreadyExistsException(fmt::format("ChangeSet [{}] already exists", change_set.name));
        }
        if (fresh) {
            if (!(co_await storage::stack_id_of(tx, place, stack->name)).empty()) {
                throw model::AlreadyExistsException(fmt::format("Stack [{}] already exists", stack->name));
            }
            storage::save_stack(tx, place, *stack);
            co_await storage::add_event(tx, place, stack->id, event);
        }
        storage::save_change_set(tx, place, stack->id, change_set);
    });
    co_return model::CreateChangeSetOutput{.Id = change_set.arn, .StackId = stack->arn};
}

Task<model::DescribeChangeSetOutput> Service::describe_change_set(Call& call, model::DescribeChangeSetInput request) {
    const auto found =
        co_await find_changes(call, stack_of(request.StackName, request.ChangeSetName), request.ChangeSetName);
    const auto& [stack, change_set] = found;
    model::DescribeChangeSetOutput output{.ChangeSetName = change_set.name,
                                          .ChangeSetId = change_set.arn,
                                          .StackId = stack.arn,
                                          .StackName = stack.name,
                                          .Parameters = shown_parameters(change_set.desired),
                                          .CreationTime = change_set.created,
                                          .ExecutionStatus = change_set.execution_status,
                                          .Status = change_set.status};
    if (!change_set.description.empty()) output.Description = change_set.description;
    if (!change_set.status_reason.empty()) output.StatusReason = change_set.status_reason;
    if (!change_set.on_stack_failure.empty()) output.OnStackFailure = change_set.on_stack_failure;
    output.NotificationARNs = Texts();
    output.RollbackConfiguration.emplace();
    output.Capabilities = change_set.desired.capabilities;
    output.Tags = shown_tags(change_set.desired);
    output.IncludeNestedStacks = false;
    std::vector<model::Change> changes;
    for (const auto& change : change_set.changes) changes.push_back(change_of(change));
    output.Changes = std::move(changes);
    co_return output;
}

Task<model::ExecuteChangeSetOutput> Service::execute_change_set(Call& call, model::ExecuteChangeSetInput request) {
    not_supported(request.RetainExceptOnCreate.value_or(false), "ExecuteChangeSet", "RetainExceptOnCreate");
    auto [stack, change_set] =
        co_await find_changes(call, stack_of(request.StackName, request.ChangeSetName), request.ChangeSetName);
    if (change_set.execution_status != "AVAILABLE") {
        throw model::InvalidChangeSetStatusException(
            fmt::format("ChangeSet [{}] cannot be executed in its current status of [{}]", change_set.arn,
                        executed(change_set) ? change_set.execution_status : change_set.status));
    }
    const bool update = stack.status != "REVIEW_IN_PROGRESS";
    if (update) check_updatable(stack);
    auto operation = Operation::of(call, call.random().uuid(), stack.id, Operation::Phase::deploy);
    operation.update = update;
    operation.on_failure = request.DisableRollback.value_or(false) ? "DO_NOTHING"
                           : !change_set.on_stack_failure.empty()  ? change_set.on_stack_failure
                                                                   : "ROLLBACK";
    operation.client_request_token = request.ClientRequestToken.value_or("");
    stack.change_set_arn = change_set.arn;
    stack.disable_rollback = operation.on_failure == "DO_NOTHING";
    auto desired = change_set.desired;
    co_await begin(call, std::move(stack), std::move(operation), std::move(desired), true);
    co_return model::ExecuteChangeSetOutput{};
}

Task<model::DeleteChangeSetOutput> Service::delete_change_set(Call& call, model::DeleteChangeSetInput request) {
    const auto found =
        co_await find_changes(call, stack_of(request.StackName, request.ChangeSetName), request.ChangeSetName);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        storage::erase_change_set(tx, storage::place_of(call), found.stack.id, found.change_set.id);
        co_return;
    });
    co_return model::DeleteChangeSetOutput{};
}

Task<model::ListChangeSetsOutput> Service::list_change_sets(Call& call, model::ListChangeSetsInput request) {
    const auto stack = co_await load(call, request.StackName, "Stack [{}] does not exist");
    const auto all = co_await store_.transact(
        [&](store::Transaction& tx) { return storage::change_sets(tx, storage::place_of(call), stack.id); });
    std::vector<model::ChangeSetSummary> summaries;
    for (const auto& change_set : all) {
        if (executed(change_set)) continue;
        model::ChangeSetSummary summary{.StackId = stack.arn,
                                        .StackName = stack.name,
                                        .ChangeSetId = change_set.arn,
                                        .ChangeSetName = change_set.name,
                                        .ExecutionStatus = change_set.execution_status,
                                        .Status = change_set.status,
                                        .CreationTime = change_set.created};
        if (!change_set.status_reason.empty()) summary.StatusReason = change_set.status_reason;
        if (!change_set.description.empty()) summary.Description = change_set.description;
        summaries.push_back(std::move(summary));
    }
    co_return model::ListChangeSetsOutput{.Summaries = std::move(summaries)};
}

Task<Service::StackAndChangeSet> Service::find_changes(Call& call, std::string stack_name, std::string name) {
    const auto place = storage::place_of(call);
    if (stack_name.empty()) {
        // An ARN of a change set names its stack nowhere: look through the stacks, of which there are few.
        co_return co_await store_.transact([&](store::Transaction& tx) -> Task<StackAndChangeSet> {
            std::string after;
            while (true) {
                const auto page = co_await storage::stacks(tx, place, after, 100);
                if (page.empty())
                    throw model::ChangeSetNotFoundException(fmt::format("ChangeSet [{}] does not exist", name));
                for (const auto& stack : page) {
                    auto change_set = co_await find_change_set(tx, place, stack.id, name);
                    if (change_set) co_return StackAndChangeSet{stack, std::move(*change_set)};
                }
                after = page.back().id;
            }
        });
    }
    auto stack = co_await load(call, stack_name, "Stack [{}] does not exist");
    auto change_set =
        co_await store_.transact([&](store::Transaction& tx) { return find_change_set(tx, place, stack.id, name); });
    if (!change_set) throw model::ChangeSetNotFoundException(fmt::format("ChangeSet [{}] does not exist", name));
    co_return StackAndChangeSet{std::move(stack), std::move(*change_set)};
}

}  // namespace cumulet::cloudformation
