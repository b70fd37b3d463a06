// CreateStack, UpdateStack, DeleteStack, UpdateTerminationProtection.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html

#include "services/cloudformation/service.h"

namespace cumulet::cloudformation {

namespace {

using Texts = std::vector<std::string>;

bool has_triggers(const std::optional<model::RollbackConfiguration>& configuration) {
    return configuration && configuration->RollbackTriggers && !configuration->RollbackTriggers->empty();
}

/// What neither CreateStack nor UpdateStack supports.
template <typename Request>
void check_members(const Request& request, std::string_view operation) {
    not_supported(request.RoleARN.has_value(), operation, "RoleARN");
    not_supported(request.StackPolicyBody || request.StackPolicyURL, operation, "StackPolicyBody");
    not_supported(has_triggers(request.RollbackConfiguration), operation, "RollbackConfiguration");
    not_supported(!request.NotificationARNs.value_or(Texts()).empty(), operation, "NotificationARNs");
    not_supported(!request.ResourceTypes.value_or(Texts()).empty(), operation, "ResourceTypes");
    not_supported(request.RetainExceptOnCreate.value_or(false), operation, "RetainExceptOnCreate");
}

}  // namespace

Task<model::CreateStackOutput> Service::create_stack(Call& call, model::CreateStackInput request) {
    check_members(request, "CreateStack");
    not_supported(request.TimeoutInMinutes.has_value(), "CreateStack", "TimeoutInMinutes");
    if (request.DisableRollback && request.OnFailure) {
        throw invalid("You can specify either DisableRollback or OnFailure, but not both.");
    }
    auto stack = new_stack(call, request.StackName);
    if (co_await find(call, request.StackName)) {
        throw model::AlreadyExistsException(fmt::format("Stack [{}] already exists", request.StackName));
    }
    auto made = co_await plan(call,
                              {.source = {request.TemplateBody, request.TemplateURL},
                               .parameters = given_parameters(request.Parameters),
                               .tags = given_tags(request.Tags),
                               .capabilities = request.Capabilities.value_or(Texts())},
                              nullptr);
    if (!made.transform_error.empty()) throw invalid(made.transform_error);

    auto operation = Operation::of(call, call.random().uuid(), stack.id, Operation::Phase::deploy);
    operation.on_failure =
        request.DisableRollback.value_or(false) ? "DO_NOTHING" : request.OnFailure.value_or("ROLLBACK");
    operation.client_request_token = request.ClientRequestToken.value_or("");
    stack.disable_rollback = operation.on_failure == "DO_NOTHING";
    stack.termination_protection = request.EnableTerminationProtection.value_or(false);
    const auto arn = stack.arn;
    co_await begin(call, std::move(stack), std::move(operation), std::move(made.desired), false);
    co_return model::CreateStackOutput{.StackId = arn};
}

Task<model::UpdateStackOutput> Service::update_stack(Call& call, model::UpdateStackInput request) {
    check_members(request, "UpdateStack");
    not_supported(request.StackPolicyDuringUpdateBody || request.StackPolicyDuringUpdateURL, "UpdateStack",
                  "StackPolicyDuringUpdateBody");
    auto stack = co_await load(call, request.StackName, "Stack [{}] does not exist");
    if (stack.gone()) throw invalid(fmt::format("Stack [{}] does not exist", request.StackName));
    check_updatable(stack);
    auto made = co_await plan(
        call,
        {.source = {request.TemplateBody, request.TemplateURL, request.UsePreviousTemplate.value_or(false)},
         .parameters = given_parameters(request.Parameters),
         .tags = request.Tags ? given_tags(request.Tags) : stack.desired.tags,
         .capabilities = request.Capabilities.value_or(Texts())},
        &stack);
    if (!made.transform_error.empty()) throw invalid(made.transform_error);
    bool any = false;
    std::string wrong;
    try {
        co_await changes(call, made, stack, any);
    } catch (const TemplateError& error) {
        wrong = error.what();
    }
    if (!wrong.empty()) throw invalid(wrong);
    if (!any && stack.status.ends_with("_COMPLETE")) throw invalid("No updates are to be performed.");

    auto operation = Operation::of(call, call.random().uuid(), stack.id, Operation::Phase::deploy);
    operation.update = true;
    operation.on_failure = request.DisableRollback.value_or(false) ? "DO_NOTHING" : "ROLLBACK";
    operation.client_request_token = request.ClientRequestToken.value_or("");
    const auto arn = stack.arn;
    co_await begin(call, std::move(stack), std::move(operation), std::move(made.desired), true);
    co_return model::UpdateStackOutput{.StackId = arn};
}

Task<model::DeleteStackResponse> Service::delete_stack(Call& call, model::DeleteStackInput request) {
    not_supported(request.RoleARN.has_value(), "DeleteStack", "RoleARN");
    not_supported(request.DeletionMode && *request.DeletionMode != "STANDARD", "DeleteStack", "DeletionMode");
    const auto found = co_await find(call, request.StackName);
    if (!found || found->gone() || found->status == "DELETE_IN_PROGRESS") co_return model::DeleteStackResponse{};
    const auto& stack = *found;
    if (stack.termination_protection) {
        throw invalid(fmt::format("Stack [{}] cannot be deleted while TerminationProtection is enabled", stack.name));
    }
    if (stack.busy())
        throw invalid(fmt::format("Stack [{}] cannot be deleted while in status {}", stack.arn, stack.status));
    const auto retain = request.RetainResources.value_or(Texts());
    if (!retain.empty() && stack.status != "DELETE_FAILED") {
        throw invalid(
            "Invalid operation on stack. RetainResources can only be specified for a stack in the DELETE_FAILED "
            "state.");
    }
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto place = storage::place_of(call);
        for (const auto& output : stack.outputs) {
            if (output.export_name.empty()) continue;
            const auto users = co_await storage::importers(tx, place, output.export_name);
            if (users.empty()) continue;
            // Unverified: AWS may say this in an event instead of refusing the call.
            throw invalid(fmt::format("Delete canceled. Cannot delete export {} as it is in use by {}.",
                                      output.export_name, users[0].stack_name));
        }
    });
    auto operation = Operation::of(call, call.random().uuid(), stack.id, Operation::Phase::remove);
    operation.retain = retain;
    operation.client_request_token = request.ClientRequestToken.value_or("");
    co_await begin(call, stack, std::move(operation), {}, true);
    co_return model::DeleteStackResponse{};
}

Task<model::UpdateTerminationProtectionOutput> Service::update_termination_protection(
    Call& call, model::UpdateTerminationProtectionInput request) {
    const auto found = co_await load(call, request.StackName, "Stack [{}] does not exist");
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto place = storage::place_of(call);
        auto stack = co_await storage::find_stack(tx, place, found.id);
        if (!stack || stack->gone()) throw invalid(fmt::format("Stack [{}] does not exist", request.StackName));
        stack->termination_protection = request.EnableTerminationProtection;
        storage::save_stack(tx, place, *stack);
    });
    co_return model::UpdateTerminationProtectionOutput{.StackId = found.arn};
}

}  // namespace cumulet::cloudformation
