// What there is: stacks, their events and resources, exports and imports.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html

#include <charconv>

#include "services/cloudformation/service.h"

namespace cumulet::cloudformation {

namespace {

constexpr size_t page_size = 100;

std::optional<std::string> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

model::Stack shown(const Stack& stack) {
    model::Stack made{
        .StackId = stack.arn, .StackName = stack.name, .CreationTime = stack.created, .StackStatus = stack.status};
    made.ChangeSetId = unless_empty(stack.change_set_arn);
    made.Description = unless_empty(stack.desired.description);
    made.StackStatusReason = unless_empty(stack.status_reason);
    made.Parameters = shown_parameters(stack.desired);
    made.DeletionTime = stack.deleted;
    made.LastUpdatedTime = stack.updated;
    made.RollbackConfiguration.emplace();
    made.DisableRollback = stack.disable_rollback;
    made.NotificationARNs = stack.desired.notification_arns;
    made.Capabilities = stack.desired.capabilities;
    made.Tags = shown_tags(stack.desired);
    made.EnableTerminationProtection = stack.termination_protection;
    made.DriftInformation = model::StackDriftInformation{.StackDriftStatus = "NOT_CHECKED"};
    std::vector<model::Output> outputs;
    for (const auto& output : stack.outputs) {
        outputs.push_back({.OutputKey = output.key,
                           .OutputValue = output.value,
                           .Description = unless_empty(output.description),
                           .ExportName = unless_empty(output.export_name)});
    }
    if (!outputs.empty()) made.Outputs = std::move(outputs);
    return made;
}

model::StackSummary summary_of(const Stack& stack) {
    model::StackSummary made{
        .StackId = stack.arn, .StackName = stack.name, .CreationTime = stack.created, .StackStatus = stack.status};
    made.TemplateDescription = unless_empty(stack.desired.description);
    made.LastUpdatedTime = stack.updated;
    made.DeletionTime = stack.deleted;
    made.StackStatusReason = unless_empty(stack.status_reason);
    made.DriftInformation = model::StackDriftInformationSummary{.StackDriftStatus = "NOT_CHECKED"};
    return made;
}

model::StackEvent shown(const Stack& stack, const StackEvent& event) {
    model::StackEvent made{.StackId = stack.arn, .EventId = event.id, .StackName = stack.name, .Timestamp = event.at};
    made.LogicalResourceId = event.logical_id;
    made.PhysicalResourceId = event.physical_id;
    made.ResourceType = event.type;
    made.ResourceStatus = event.status;
    made.ResourceStatusReason = unless_empty(event.status_reason);
    made.ResourceProperties = unless_empty(event.properties);
    made.ClientRequestToken = unless_empty(event.client_request_token);
    return made;
}

model::StackResource shown(const Stack& stack, const StackResource& resource) {
    model::StackResource made{.LogicalResourceId = resource.logical_id,
                              .ResourceType = resource.type,
                              .Timestamp = resource.changed,
                              .ResourceStatus = resource.status};
    made.StackName = stack.name;
    made.StackId = stack.arn;
    made.PhysicalResourceId = unless_empty(resource.made.physical_id);
    made.ResourceStatusReason = unless_empty(resource.status_reason);
    made.DriftInformation = model::StackResourceDriftInformation{.StackResourceDriftStatus = "NOT_CHECKED"};
    return made;
}

/// Resources that an update dropped are no part of a stack that lives.
std::vector<StackResource> visible(const Stack& stack, std::vector<StackResource> resources) {
    if (!stack.gone() && !stack.status.starts_with("ROLLBACK"))
        std::erase_if(resources, [](const auto& resource) { return resource.gone(); });
    return resources;
}

}  // namespace

std::vector<model::Parameter> shown_parameters(const Desired& desired) {
    std::vector<model::Parameter> shown;
    for (const auto& [key, value] : desired.parameters) {
        const bool secret = std::ranges::find(desired.no_echo, key) != desired.no_echo.end();
        shown.push_back({.ParameterKey = key, .ParameterValue = secret ? "****" : value});
    }
    return shown;
}

std::vector<model::Tag> shown_tags(const Desired& desired) {
    std::vector<model::Tag> shown;
    for (const auto& [key, value] : desired.tags) shown.push_back({.Key = key, .Value = value});
    return shown;
}

Task<model::DescribeStacksOutput> Service::describe_stacks(Call& call, model::DescribeStacksInput request) {
    std::vector<model::Stack> found;
    if (request.StackName) {
        found.push_back(shown(co_await load(call, *request.StackName)));
        co_return model::DescribeStacksOutput{.Stacks = std::move(found)};
    }
    const auto page = co_await store_.transact([&](store::Transaction& tx) {
        return storage::stacks(tx, storage::place_of(call), request.NextToken.value_or(""), page_size);
    });
    for (const auto& stack : page) {
        if (!stack.gone()) found.push_back(shown(stack));
    }
    model::DescribeStacksOutput output{.Stacks = std::move(found)};
    if (page.size() == page_size) output.NextToken = page.back().id;
    co_return output;
}

Task<model::ListStacksOutput> Service::list_stacks(Call& call, model::ListStacksInput request) {
    const auto page = co_await store_.transact([&](store::Transaction& tx) {
        return storage::stacks(tx, storage::place_of(call), request.NextToken.value_or(""), page_size);
    });
    const auto filter = request.StackStatusFilter.value_or(std::vector<std::string>());
    std::vector<model::StackSummary> summaries;
    for (const auto& stack : page) {
        if (filter.empty() || std::ranges::find(filter, stack.status) != filter.end())
            summaries.push_back(summary_of(stack));
    }
    model::ListStacksOutput output{.StackSummaries = std::move(summaries)};
    if (page.size() == page_size) output.NextToken = page.back().id;
    co_return output;
}

Task<model::DescribeStackEventsOutput> Service::describe_stack_events(Call& call,
                                                                      model::DescribeStackEventsInput request) {
    const auto stack = co_await load(call, request.StackName, "Stack [{}] does not exist");
    int64_t before = 0, oldest = 0;
    if (request.NextToken) {
        const auto& token = *request.NextToken;
        const auto [stop, error] = std::from_chars(token.data(), token.data() + token.size(), before);
        if (error != std::errc() || stop != token.data() + token.size() || before < 1)
            throw invalid("NextToken is not valid.");
    }
    const auto page = co_await store_.transact([&](store::Transaction& tx) {
        return storage::events(tx, storage::place_of(call), stack.id, before, page_size, oldest);
    });
    std::vector<model::StackEvent> events;
    for (const auto& event : page) events.push_back(shown(stack, event));
    model::DescribeStackEventsOutput output{.StackEvents = std::move(events)};
    if (page.size() == page_size && oldest > 1) output.NextToken = std::to_string(oldest);
    co_return output;
}

Task<model::DescribeStackResourceOutput> Service::describe_stack_resource(Call& call,
                                                                          model::DescribeStackResourceInput request) {
    const auto stack = co_await load(call, request.StackName, "Stack '{}' does not exist");
    const auto found = co_await store_.transact([&](store::Transaction& tx) {
        return storage::find_resource(tx, storage::place_of(call), stack.id, request.LogicalResourceId);
    });
    if (!found || (found->gone() && !stack.gone())) {
        throw invalid(fmt::format("Resource {} does not exist for stack {}", request.LogicalResourceId, stack.name));
    }
    model::StackResourceDetail detail{.LogicalResourceId = found->logical_id,
                                      .ResourceType = found->type,
                                      .LastUpdatedTimestamp = found->changed,
                                      .ResourceStatus = found->status};
    detail.StackName = stack.name;
    detail.StackId = stack.arn;
    detail.PhysicalResourceId = unless_empty(found->made.physical_id);
    detail.ResourceStatusReason = unless_empty(found->status_reason);
    detail.Metadata = found->metadata.is_null() ? "{}" : json::serialize(found->metadata);
    detail.DriftInformation = model::StackResourceDriftInformation{.StackResourceDriftStatus = "NOT_CHECKED"};
    co_return model::DescribeStackResourceOutput{.StackResourceDetail = std::move(detail)};
}

Task<model::DescribeStackResourcesOutput> Service::describe_stack_resources(
    Call& call, model::DescribeStackResourcesInput request) {
    not_supported(request.PhysicalResourceId.has_value(), "DescribeStackResources", "PhysicalResourceId");
    if (!request.StackName) throw invalid("Stack name or physical resource id must be specified.");
    const auto stack = co_await load(call, *request.StackName);
    auto all = co_await store_.transact(
        [&](store::Transaction& tx) { return storage::resources(tx, storage::place_of(call), stack.id); });
    std::vector<model::StackResource> resources;
    for (const auto& resource : visible(stack, std::move(all))) {
        if (!request.LogicalResourceId || *request.LogicalResourceId == resource.logical_id)
            resources.push_back(shown(stack, resource));
    }
    if (request.LogicalResourceId && resources.empty()) {
        throw invalid(fmt::format("Resource {} does not exist for stack {}", *request.LogicalResourceId, stack.name));
    }
    co_return model::DescribeStackResourcesOutput{.StackResources = std::move(resources)};
}

Task<model::ListStackResourcesOutput> Service::list_stack_resources(Call& call,
                                                                    model::ListStackResourcesInput request) {
    const auto stack = co_await load(call, request.StackName);
    auto all = co_await store_.transact(
        [&](store::Transaction& tx) { return storage::resources(tx, storage::place_of(call), stack.id); });
    model::ListStackResourcesOutput output;
    std::vector<model::StackResourceSummary> summaries;
    for (const auto& resource : visible(stack, std::move(all))) {
        // The token is the last logical id of the page before: resources come in the order of their ids.
        if (request.NextToken && resource.logical_id <= *request.NextToken) continue;
        if (summaries.size() == page_size) {
            output.NextToken = summaries.back().LogicalResourceId;
            break;
        }
        model::StackResourceSummary summary{.LogicalResourceId = resource.logical_id,
                                            .ResourceType = resource.type,
                                            .LastUpdatedTimestamp = resource.changed,
                                            .ResourceStatus = resource.status};
        summary.PhysicalResourceId = unless_empty(resource.made.physical_id);
        summary.ResourceStatusReason = unless_empty(resource.status_reason);
        summary.DriftInformation =
            model::StackResourceDriftInformationSummary{.StackResourceDriftStatus = "NOT_CHECKED"};
        summaries.push_back(std::move(summary));
    }
    output.StackResourceSummaries = std::move(summaries);
    co_return output;
}

Task<model::ListExportsOutput> Service::list_exports(Call& call, model::ListExportsInput request) {
    struct Owned {
        storage::Export exported;
        std::string stack_arn;
    };
    const auto all = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Owned>> {
        const auto place = storage::place_of(call);
        std::vector<Owned> owned;
        for (auto& exported : co_await storage::exports(tx, place)) {
            const auto stack = co_await storage::find_stack(tx, place, exported.stack_id);
            owned.push_back({std::move(exported), stack ? stack->arn : ""});
        }
        co_return owned;
    });
    model::ListExportsOutput output;
    std::vector<model::Export> exports;
    for (const auto& [exported, arn] : all) {
        if (request.NextToken && exported.name <= *request.NextToken) continue;
        if (exports.size() == page_size) {
            output.NextToken = exports.back().Name;
            break;
        }
        exports.push_back({.ExportingStackId = arn, .Name = exported.name, .Value = exported.value});
    }
    output.Exports = std::move(exports);
    co_return output;
}

Task<model::ListImportsOutput> Service::list_imports(Call& call, model::ListImportsInput request) {
    const auto users = co_await store_.transact(
        [&](store::Transaction& tx) { return storage::importers(tx, storage::place_of(call), request.ExportName); });
    if (users.empty()) throw invalid(fmt::format("Export '{}' is not imported by any stack.", request.ExportName));
    std::vector<std::string> names;
    for (const auto& user : users) names.push_back(user.stack_name);
    co_return model::ListImportsOutput{.Imports = std::move(names)};
}

}  // namespace cumulet::cloudformation
