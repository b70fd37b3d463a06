// What is remembered of a stack: itself, its resources, its events, its change sets, and the work that is not finished.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/call.h"
#include "services/cloudformation/record.h"

namespace cumulet::cloudformation {

/// What one create or update asks for.
struct Desired {
    std::string body;       ///< the template as it was given
    std::string processed;  ///< the template as JSON, transforms applied
    std::string description;
    std::map<std::string, std::string> parameters;
    std::map<std::string, std::string> tags;
    std::vector<std::string> capabilities;
    std::vector<std::string> notification_arns;
    std::vector<std::string> no_echo;  ///< parameters whose values are never shown

    void fields(auto& field) {
        field("body", body), field("processed", processed), field("description", description);
        field("parameters", parameters), field("tags", tags), field("capabilities", capabilities);
        field("notification_arns", notification_arns), field("no_echo", no_echo);
    }
};

struct Output {
    std::string key;
    std::string value;
    std::string description;
    std::string export_name;  ///< "" if it is not exported
    void fields(auto& field) {
        field("key", key), field("value", value), field("description", description), field("export_name", export_name);
    }
    friend bool operator==(const Output&, const Output&) = default;
};

struct Stack {
    std::string id;  ///< the last part of its ARN
    std::string name;
    std::string arn;
    std::string status;
    std::string status_reason;
    Time created;
    std::optional<Time> updated;
    std::optional<Time> deleted;
    std::optional<Desired> previous;  ///< what to return to, while an update runs
    Desired desired;
    std::vector<Output> outputs;
    std::string change_set_arn;  ///< that was executed last
    bool disable_rollback = false;
    bool termination_protection = false;

    void fields(auto& field) {
        field("id", id), field("name", name), field("arn", arn), field("status", status),
            field("status_reason", status_reason);
        field("created", created), field("updated", updated), field("deleted", deleted), field("previous", previous);
        field("desired", desired), field("outputs", outputs), field("change_set_arn", change_set_arn);
        field("disable_rollback", disable_rollback), field("termination_protection", termination_protection);
    }
    bool gone() const { return status == "DELETE_COMPLETE"; }
    bool busy() const { return status.ends_with("_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS"; }
};

/// What a physical resource was made as.
struct Made {
    std::string physical_id;
    json::object properties;
    json::object attributes;
    std::vector<std::string> depends_on;  ///< logical ids of what it needs
    void fields(auto& field) {
        field("physical_id", physical_id), field("properties", properties), field("attributes", attributes);
        field("depends_on", depends_on);
    }
};

struct StackResource {
    std::string logical_id;
    std::string type;
    std::string status;
    std::string status_reason;
    Time changed;
    Made made;
    json::value metadata;
    std::string deletion_policy, update_replace_policy;
    std::vector<std::string> depends_on;  ///< all that it needed when it was made
    std::string operation;                ///< token of the operation that handled it last
    bool created_by_operation = false;    ///< the resource did not exist before that operation
    std::optional<Made> before;           ///< what it was before that operation changed it
    std::vector<Made> leftovers;          ///< physical resources to delete once the operation is decided

    void fields(auto& field) {
        field("logical_id", logical_id), field("type", type), field("status", status),
            field("status_reason", status_reason);
        field("changed", changed), field("made", made), field("metadata", metadata);
        field("deletion_policy", deletion_policy), field("update_replace_policy", update_replace_policy);
        field("depends_on", depends_on), field("operation", operation),
            field("created_by_operation", created_by_operation);
        field("before", before), field("leftovers", leftovers);
    }
    bool gone() const { return status == "DELETE_COMPLETE" || status == "DELETE_SKIPPED"; }
    /// Whether something stands behind it.
    bool exists() const { return !gone() && !made.physical_id.empty(); }
};

struct StackEvent {
    std::string id;
    std::string logical_id, physical_id, type;
    std::string status, status_reason;
    std::string properties;  ///< JSON
    std::string client_request_token;
    Time at;
    void fields(auto& field) {
        field("id", id), field("logical_id", logical_id), field("physical_id", physical_id), field("type", type);
        field("status", status), field("status_reason", status_reason), field("properties", properties);
        field("client_request_token", client_request_token), field("at", at);
    }
};

/// One resource's part of a change set.
struct ResourceChange {
    std::string action;  ///< Add, Modify, Remove
    std::string logical_id, physical_id, type;
    std::string replacement;              ///< of Modify: True, False, Conditional
    std::vector<std::string> properties;  ///< names of those that change
    bool metadata = false;
    bool tags = false;
    void fields(auto& field) {
        field("action", action), field("logical_id", logical_id), field("physical_id", physical_id),
            field("type", type);
        field("replacement", replacement), field("properties", properties), field("metadata", metadata),
            field("tags", tags);
    }
    friend bool operator==(const ResourceChange&, const ResourceChange&) = default;
};

struct ChangeSet {
    std::string id, name, arn;
    std::string type;  ///< CREATE, UPDATE
    std::string description;
    std::string status, status_reason, execution_status;
    std::string on_stack_failure;
    Time created;
    Desired desired;
    std::vector<ResourceChange> changes;
    void fields(auto& field) {
        field("id", id), field("name", name), field("arn", arn), field("type", type), field("description", description);
        field("status", status), field("status_reason", status_reason), field("execution_status", execution_status);
        field("on_stack_failure", on_stack_failure), field("created", created), field("desired", desired),
            field("changes", changes);
    }
};

/// Work on a stack that must be brought to its end, by this process or the next one.
struct Operation {
    enum class Phase { deploy, cleanup, rollback, rollback_cleanup, remove, remove_created };

    std::string token;  ///< new for every operation; part of each step's client token
    std::string account, region, stack_id;
    Phase phase = Phase::deploy;
    bool update = false;     ///< of a stack that stood before
    std::string on_failure;  ///< ROLLBACK, DELETE, DO_NOTHING
    std::string client_request_token;
    std::string reason;               ///< why it is rolled back
    std::vector<std::string> retain;  ///< logical ids that a deletion leaves alone
    int depth = 0;                    ///< of nested stacks above it
    // The caller, on whose behalf resources are made.
    std::string host;
    bool tls = false;
    Principal::Kind principal_kind = Principal::Kind::root;
    std::string principal_arn, principal_user_id, access_key_id, principal_service, principal_account;
    // Who works on it, where several processes share the store.
    std::string owner;
    Time owned_until;

    void fields(auto& field) {
        field("token", token), field("account", account), field("region", region), field("stack_id", stack_id);
        field("phase", phase), field("update", update), field("on_failure", on_failure);
        field("client_request_token", client_request_token), field("reason", reason), field("retain", retain);
        field("depth", depth), field("host", host), field("tls", tls), field("principal_kind", principal_kind),
            field("principal_arn", principal_arn);
        field("principal_user_id", principal_user_id), field("access_key_id", access_key_id);
        field("principal_service", principal_service), field("principal_account", principal_account);
        field("owner", owner), field("owned_until", owned_until);
    }

    /// The operation of `call`'s caller on a stack.
    static Operation of(const Call& call, std::string token, std::string stack_id, Phase phase);
    /// A call as that caller, for one step.
    Call call(Reactor& reactor) const;
};

}  // namespace cumulet::cloudformation
