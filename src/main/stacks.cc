#include "main/stacks.h"

#include "main/console.h"
#include "runtime/reactor.h"

namespace cumulet {
namespace {

constexpr auto poll_pause = 200ms;
constexpr int max_polls = 5 * 3600 * 3;  // three hours, which only a stuck deployment takes
constexpr int max_pages = 1000;

StackView read_stack(pugi::xml_node node) {
    StackView stack{.id = std::string(text_of(node, "StackId")),
                    .name = std::string(text_of(node, "StackName")),
                    .status = std::string(text_of(node, "StackStatus")),
                    .reason = std::string(text_of(node, "StackStatusReason"))};
    for (const auto member : node.child("Parameters").children("member"))
        stack.parameters.emplace(text_of(member, "ParameterKey"));
    for (const auto member : node.child("Outputs").children("member")) {
        stack.outputs.push_back({std::string(text_of(member, "OutputKey")), std::string(text_of(member, "OutputValue")),
                                 std::string(text_of(member, "Description"))});
    }
    return stack;
}

StackEvent read_event(pugi::xml_node node) {
    return {std::string(text_of(node, "EventId")),           std::string(text_of(node, "Timestamp")),
            std::string(text_of(node, "LogicalResourceId")), std::string(text_of(node, "ResourceType")),
            std::string(text_of(node, "ResourceStatus")),    std::string(text_of(node, "ResourceStatusReason"))};
}

ChangeSetView read_change_set(pugi::xml_node node) {
    ChangeSetView view{std::string(text_of(node, "Status")), std::string(text_of(node, "StatusReason")), {}};
    for (const auto member : node.child("Changes").children("member")) {
        const auto change = member.child("ResourceChange");
        view.changes.push_back(
            {std::string(text_of(change, "Action")), std::string(text_of(change, "LogicalResourceId")),
             std::string(text_of(change, "ResourceType")), std::string(text_of(change, "Replacement"))});
    }
    return view;
}

void print_event(const StackEvent& event) {
    const auto tone = event.status.ends_with("_FAILED") || event.status.contains("ROLLBACK") ? Tone::bad
                      : event.status.ends_with("_COMPLETE")                                  ? Tone::good
                                                                                             : Tone::muted;
    const auto clock_time = event.timestamp.size() >= 19 ? event.timestamp.substr(11, 8) : event.timestamp;
    fmt::print("  {}  {}  {:<32}  {}{}{}\n", clock_time, toned(fmt::format("{:<28}", event.status), tone), event.type,
               event.logical_id, event.reason.empty() ? "" : "  ", event.reason);
    std::fflush(stdout);
}

}  // namespace

bool StackView::is_changing() const { return status.ends_with("_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS"; }

bool StackView::has_succeeded() const {
    return status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE" || status == "DELETE_COMPLETE";
}

bool StackEvent::is_cause() const {
    return status.ends_with("_FAILED") && !reason.empty() && !reason.ends_with("cancelled") &&
           type != "AWS::CloudFormation::Stack";
}

bool ChangeSetView::is_empty() const {
    return status == "FAILED" &&
           (reason.contains("didn't contain changes") || reason.contains("No updates are to be performed"));
}

Task<pugi::xml_document> Stacks::query(std::string action, ApiClient::Fields fields) {
    return client_.query({"cloudformation", "2010-05-15"}, std::move(action), std::move(fields));
}

Task<std::optional<StackView>> Stacks::find(std::string name_or_arn) {
    try {
        const auto answer = co_await query("DescribeStacks", {{"StackName", name_or_arn}});
        co_return read_stack(answer.first_child().child("Stacks").child("member"));
    } catch (const ApiFailed& failed) {
        if (std::string_view(failed.what()).contains("does not exist")) co_return std::nullopt;
        throw;
    }
}

Task<size_t> Stacks::count() {
    size_t stacks = 0;
    std::string next;
    for (int page = 0; page < max_pages; ++page) {
        ApiClient::Fields fields;
        if (!next.empty()) fields.emplace_back("NextToken", next);
        const auto answer = co_await query("DescribeStacks", fields);
        const auto members = answer.first_child().child("Stacks").children("member");
        stacks += static_cast<size_t>(std::distance(members.begin(), members.end()));
        next = text_of(answer.first_child(), "NextToken");
        if (next.empty()) break;
    }
    co_return stacks;
}

Task<std::vector<StackEvent>> Stacks::events_after(std::string name_or_arn, std::string last) {
    std::vector<StackEvent> events;  // newest first, as AWS lists them
    std::string next;
    for (int page = 0; page < max_pages; ++page) {
        ApiClient::Fields fields{{"StackName", name_or_arn}};
        if (!next.empty()) fields.emplace_back("NextToken", next);
        const auto answer = co_await query("DescribeStackEvents", fields);
        for (const auto member : answer.first_child().child("StackEvents").children("member")) {
            auto event = read_event(member);
            if (event.id == last) {
                std::ranges::reverse(events);
                co_return events;
            }
            events.push_back(std::move(event));
        }
        next = text_of(answer.first_child(), "NextToken");
        if (next.empty()) break;
    }
    std::ranges::reverse(events);
    co_return events;
}

Task<void> Stacks::remove(std::string name_or_arn) { co_await query("DeleteStack", {{"StackName", name_or_arn}}); }

Task<Stacks::Created> Stacks::create_change_set(ApiClient::Fields fields) {
    const auto answer = co_await query("CreateChangeSet", std::move(fields));
    co_return Created{std::string(text_of(answer.first_child(), "Id")),
                      std::string(text_of(answer.first_child(), "StackId"))};
}

Task<ChangeSetView> Stacks::wait_for_change_set(std::string arn) {
    for (int poll = 0; poll < max_polls; ++poll) {
        const auto answer = co_await query("DescribeChangeSet", {{"ChangeSetName", arn}});
        auto view = read_change_set(answer.first_child());
        if (!view.status.ends_with("_IN_PROGRESS") && !view.status.ends_with("_PENDING")) co_return view;
        co_await Reactor::current().pause(poll_pause);
    }
    throw std::runtime_error("The change set does not become complete");
}

Task<void> Stacks::execute_change_set(std::string arn) { co_await query("ExecuteChangeSet", {{"ChangeSetName", arn}}); }

Task<void> Stacks::delete_change_set(std::string arn) { co_await query("DeleteChangeSet", {{"ChangeSetName", arn}}); }

Task<StackView> Stacks::follow(std::string arn, std::string last, std::vector<StackEvent>* causes) {
    for (int poll = 0; poll < max_polls; ++poll) {
        // The stack is asked first: once it rests, the events that follow are its last.
        auto stack = co_await find(arn);
        if (!stack) throw std::runtime_error(fmt::format("Stack {} is gone", arn));
        for (auto& event : co_await events_after(arn, last)) {
            print_event(event);
            last = event.id;
            if (event.is_cause()) causes->push_back(std::move(event));
        }
        if (!stack->is_changing()) co_return *std::move(stack);
        co_await Reactor::current().pause(poll_pause);
    }
    throw std::runtime_error(fmt::format("Stack {} does not come to rest", arn));
}

}  // namespace cumulet
