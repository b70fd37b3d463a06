// CloudFormation: stacks and change sets, templates with AWS's functions and the serverless transform, deployments that
// survive the process that began them.
#pragma once

#include "contracts/client.h"
#include "contracts/cloudformation.h"
#include "services/cloudformation/engine.h"
#include "services/cloudformation/request.h"

namespace cumulet::cloudformation {

namespace model = aws::cloudformation;

class Service : public model::Api {
  public:
    /// `types`: the resource types of all services, as their `resource_types` give them.
    Service(store::Store& store, contracts::Door& door, std::vector<std::unique_ptr<contracts::ResourceType>> types);

    /// Continues the deployments that an earlier process left unfinished.
    Task<void> start() { return engine_.start(); }
    /// Returns when no deployment runs any more.
    Task<void> stop() { return engine_.stop(); }

    /// The stack that a request names; "*" for requests that name none.
    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;

    // stacks.cc
    Task<model::CreateStackOutput> create_stack(Call& call, model::CreateStackInput request) override;
    Task<model::UpdateStackOutput> update_stack(Call& call, model::UpdateStackInput request) override;
    Task<model::DeleteStackResponse> delete_stack(Call& call, model::DeleteStackInput request) override;
    Task<model::UpdateTerminationProtectionOutput> update_termination_protection(
        Call& call, model::UpdateTerminationProtectionInput request) override;

    // change_sets.cc
    Task<model::CreateChangeSetOutput> create_change_set(Call& call, model::CreateChangeSetInput request) override;
    Task<model::DescribeChangeSetOutput> describe_change_set(Call& call,
                                                             model::DescribeChangeSetInput request) override;
    Task<model::ExecuteChangeSetOutput> execute_change_set(Call& call, model::ExecuteChangeSetInput request) override;
    Task<model::DeleteChangeSetOutput> delete_change_set(Call& call, model::DeleteChangeSetInput request) override;
    Task<model::ListChangeSetsOutput> list_change_sets(Call& call, model::ListChangeSetsInput request) override;

    // describe.cc
    Task<model::DescribeStacksOutput> describe_stacks(Call& call, model::DescribeStacksInput request) override;
    Task<model::ListStacksOutput> list_stacks(Call& call, model::ListStacksInput request) override;
    Task<model::DescribeStackEventsOutput> describe_stack_events(Call& call,
                                                                 model::DescribeStackEventsInput request) override;
    Task<model::DescribeStackResourceOutput> describe_stack_resource(
        Call& call, model::DescribeStackResourceInput request) override;
    Task<model::DescribeStackResourcesOutput> describe_stack_resources(
        Call& call, model::DescribeStackResourcesInput request) override;
    Task<model::ListStackResourcesOutput> list_stack_resources(Call& call,
                                                               model::ListStackResourcesInput request) override;
    Task<model::ListExportsOutput> list_exports(Call& call, model::ListExportsInput request) override;
    Task<model::ListImportsOutput> list_imports(Call& call, model::ListImportsInput request) override;

    // templates.cc
    Task<model::GetTemplateOutput> get_template(Call& call, model::GetTemplateInput request) override;
    Task<model::GetTemplateSummaryOutput> get_template_summary(Call& call,
                                                               model::GetTemplateSummaryInput request) override;
    Task<model::ValidateTemplateOutput> validate_template(Call& call, model::ValidateTemplateInput request) override;

  private:
    /// The stack that a request names by name or ARN; nothing if there is none. A deleted stack is found by its ARN
    /// alone.
    Task<std::optional<Stack>> find(Call& call, std::string name_or_arn);
    /// The same. Throws ValidationError in the words of `format`, in which {} stands for the name.
    Task<Stack> load(Call& call, std::string name_or_arn, std::string format = "Stack with id {} does not exist");

    /// A request's template and values, settled against what the stack has.
    struct Plan {
        Desired desired;
        Template parsed;
        std::string transform_error;  ///< why a transform refused, in which case nothing else is set
    };
    struct Wanted {
        TemplateSource source;
        std::vector<GivenParameter> parameters;
        std::map<std::string, std::string> tags;
        std::vector<std::string> capabilities;
        bool expansion_reviewed = false;  ///< by a change set
    };
    Task<Plan> plan(Call& call, Wanted wanted, const Stack* stack);
    /// What the plan changes on the stack. Throws TemplateError. `any` says whether there is anything to do.
    Task<std::vector<ResourceChange>> changes(Call& call, const Plan& plan, const Stack& stack, bool& any);

    struct StackAndChangeSet {
        Stack stack;
        ChangeSet change_set;
    };
    /// By name or ARN; `stack_name` is "" where the ARN alone is known. Throws ChangeSetNotFound.
    Task<StackAndChangeSet> find_changes(Call& call, std::string stack_name, std::string name);

    /// Makes the stack's next state of `desired`, stores it with an operation, and begins it.
    Task<void> begin(Call& call, Stack stack, Operation operation, Desired desired, bool erase_change_sets);

    /// Returns when the stack's work has ended, or after a moment.
    Task<void> linger(Call& call, std::string stack_id, store::Watch watch);

    store::Store& store_;
    contracts::Door& door_;
    Registry registry_;
    Engine engine_;
};

/// A stack that does not exist yet, with a new id. Throws ValidationError if the name is not one.
Stack new_stack(Call& call, const std::string& name);
/// Throws ValidationError if the stack's status does not allow an update.
void check_updatable(const Stack& stack);
/// Whether `operation` may use a member: throws NotImplemented, naming it, if it is set.
void not_supported(bool set, std::string_view operation, std::string_view member);
/// Parameters and tags as callers see them: a NoEcho value is masked.
std::vector<model::Parameter> shown_parameters(const Desired& desired);
std::vector<model::Tag> shown_tags(const Desired& desired);
/// The resource types of CloudFormation itself. `stopping`: the process ends, so nothing is worth waiting for.
std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(store::Store& store, contracts::Door& door,
                                                                     std::function<bool()> stopping);

}  // namespace cumulet::cloudformation
