// CloudFormation as a caller over HTTP sees it: stacks, change sets, events.
#pragma once

#include <set>

#include "main/api_client.h"

namespace cumulet {

struct StackOutput {
    std::string key;
    std::string value;
    std::string description;
};

struct StackView {
    std::string id;
    std::string name;
    std::string status;
    std::string reason;
    std::set<std::string> parameters;
    std::vector<StackOutput> outputs;

    /// True while a deployment of the stack runs.
    bool is_changing() const;
    /// True if the last deployment did what it was asked to.
    bool has_succeeded() const;
};

struct StackEvent {
    std::string id;
    std::string timestamp;
    std::string logical_id;
    std::string type;
    std::string status;
    std::string reason;

    /// True for a resource that failed by itself, not because another one did.
    bool is_cause() const;
};

struct PlannedChange {
    std::string action;  ///< "Add", "Modify", "Remove"
    std::string logical_id;
    std::string type;
    std::string replacement;  ///< "True", "False", "Conditional" or ""
};

struct ChangeSetView {
    std::string status;
    std::string reason;
    std::vector<PlannedChange> changes;

    /// True if the change set failed because there is nothing to change.
    bool is_empty() const;
};

class Stacks {
  public:
    explicit Stacks(ApiClient& client) : client_(client) {}

    /// By name or ARN; a deleted stack by its ARN alone. Nothing if there is none.
    Task<std::optional<StackView>> find(std::string name_or_arn);
    Task<size_t> count();
    /// The events after the one with the id `last`, oldest first. "": all.
    Task<std::vector<StackEvent>> events_after(std::string name_or_arn, std::string last);
    Task<void> remove(std::string name_or_arn);

    struct Created {
        std::string change_set;  ///< its ARN
        std::string stack;       ///< its ARN
    };
    Task<Created> create_change_set(ApiClient::Fields fields);
    /// Waits until it is complete or failed.
    Task<ChangeSetView> wait_for_change_set(std::string arn);
    Task<void> execute_change_set(std::string arn);
    Task<void> delete_change_set(std::string arn);

    /// Prints events after `last` as they happen until the stack rests, and adds causes of failure to `causes`. The
    /// stack as it rests. Throws std::runtime_error if it does not within hours.
    Task<StackView> follow(std::string arn, std::string last, std::vector<StackEvent>* causes);

  private:
    Task<pugi::xml_document> query(std::string action, ApiClient::Fields fields);
    ApiClient& client_;
};

}  // namespace cumulet
