// AddPermission, RemovePermission: a queue's policy, statement by statement.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html

#include "base/json.h"
#include "services/sqs/service.h"

namespace cumulet::sqs {

using namespace aws::sqs;

namespace {

constexpr size_t most_actions = 7;
constexpr size_t most_statements = 20;

constexpr std::string_view grantable_actions[] = {
    "*",           "ChangeMessageVisibility",    "DeleteMessage", "GetQueueAttributes",
    "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue",    "ReceiveMessage",
    "SendMessage"};

void check_label(std::string_view label) {
    const auto allowed = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_'; };
    if (label.empty()) throw missing_parameter("Label");
    if (label.size() > 80 || !std::ranges::all_of(label, allowed)) {
        throw invalid_parameter(fmt::format(
            "Value {} for parameter Label is invalid. Reason: Can only include alphanumeric characters, hyphens, or "
            "underscores. 1 to 80 in length.",
            label));
    }
}

void check_grant(const AddPermissionRequest& request) {
    check_label(request.Label);
    if (request.Actions.empty()) throw missing_parameter("ActionName");
    if (request.AWSAccountIds.empty()) throw missing_parameter("AWSAccountId");
    if (request.Actions.size() > most_actions) {
        throw OverLimit(
            fmt::format("{} Actions were found, maximum allowed is {}.", request.Actions.size(), most_actions));
    }
    for (const auto& action : request.Actions) {
        if (contains(grantable_actions, action)) continue;
        const bool known = aws::sqs::service.find(action) != nullptr;
        throw invalid_parameter(fmt::format("Value SQS:{} for parameter ActionName is invalid. Reason: {}", action,
                                            known
                                                ? "Only the queue owner is allowed to invoke this action."
                                                : "Please refer to the appropriate WSDL for a list of valid actions."));
    }
    for (const auto& account : request.AWSAccountIds) {
        const auto digit = [](char c) { return c >= '0' && c <= '9'; };
        if (account.size() != 12 || !std::ranges::all_of(account, digit)) {
            throw invalid_parameter(
                fmt::format("Value [{}] for parameter PrincipalId is invalid. Reason: Unable to verify.",
                            fmt::join(request.AWSAccountIds, ", ")));
        }
    }
}

/// One text, or a list of several.
json::value one_or_many(const std::vector<std::string>& texts, const auto& shown) {
    if (texts.size() == 1) return json::value(shown(texts.front()));
    json::array list;
    for (const auto& text : texts) list.emplace_back(shown(text));
    return list;
}

json::object statement_of(const Queue& queue, const AddPermissionRequest& request) {
    const auto root = [](const std::string& account) { return fmt::format("arn:aws:iam::{}:root", account); };
    const auto action = [](const std::string& name) { return "SQS:" + name; };
    return {{"Sid", request.Label},
            {"Effect", "Allow"},
            {"Principal", json::object{{"AWS", one_or_many(request.AWSAccountIds, root)}}},
            {"Action", one_or_many(request.Actions, action)},
            {"Resource", queue.arn()}};
}

/// The queue's policy, with its statements as a list: documents may have a single one.
json::object policy_of(const Queue& queue) {
    const auto set = queue.attributes.find("Policy");
    if (set == queue.attributes.end()) {
        return {{"Version", "2008-10-17"}, {"Id", queue.arn() + "/SQSDefaultPolicy"}, {"Statement", json::array()}};
    }
    auto policy = json::parse(set->second).as_object();
    auto& statements = policy["Statement"];
    if (!statements.is_array()) statements = json::array{statements};
    return policy;
}

auto with_label(std::string_view label) {
    return [label](const json::value& statement) { return string_or(statement.as_object(), "Sid") == label; };
}

aws::Error invalid_label(std::string_view label, std::string_view reason) {
    return invalid_parameter(fmt::format("Value {} for parameter Label is invalid. Reason: {}", label, reason));
}

}  // namespace

Task<AddPermissionResponse> Service::add_permission(Call& call, AddPermissionRequest request) {
    check_grant(request);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto queue = co_await load_queue(tx, call, request.QueueUrl);
        auto policy = policy_of(queue);
        auto& statements = policy["Statement"].as_array();
        if (std::ranges::any_of(statements, with_label(request.Label))) {
            throw invalid_label(request.Label, "Already exists.");
        }
        statements.push_back(statement_of(queue, request));
        if (statements.size() > most_statements) {
            throw OverLimit(fmt::format("{} statements were found in the submitted policy, max allowed is {}",
                                        statements.size(), most_statements));
        }
        queue.attributes["Policy"] = json::serialize(policy);
        queue.modified = call.now();
        save_queue(tx, queue);
    });
    co_return AddPermissionResponse{};
}

Task<RemovePermissionResponse> Service::remove_permission(Call& call, RemovePermissionRequest request) {
    check_label(request.Label);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto queue = co_await load_queue(tx, call, request.QueueUrl);
        auto policy = policy_of(queue);
        auto& statements = policy["Statement"].as_array();
        const auto found = std::ranges::find_if(statements, with_label(request.Label));
        if (found == statements.end()) throw invalid_label(request.Label, "can't find label.");
        statements.erase(found);
        if (statements.empty()) {
            queue.attributes.erase("Policy");
        } else {
            queue.attributes["Policy"] = json::serialize(policy);
        }
        queue.modified = call.now();
        save_queue(tx, queue);
    });
    co_return RemovePermissionResponse{};
}

}  // namespace cumulet::sqs
