// CreateLogGroup, DeleteLogGroup, DescribeLogGroups, retention and tags.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html

#include "base/bytes.h"
#include "services/logs/service.h"

namespace cumulet::logs {

using namespace aws::logs;

namespace {

constexpr int32_t retention_choices[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                         365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
constexpr std::string_view arn_marker = ":log-group:";

Place place_of(const Call& call) { return {call.account, call.region}; }

/// The group's name in its ARN, with or without ":*".
std::string name_in_arn(std::string_view arn) {
    const auto start = arn.find(arn_marker);
    if (!arn.starts_with("arn:") || start == std::string_view::npos) {
        throw ResourceNotFoundException("The specified resource does not exist.");
    }
    auto name = arn.substr(start + arn_marker.size());
    if (name.ends_with(":*")) name.remove_suffix(2);
    return std::string(name);
}

aws::logs::LogGroup shown(const Call& call, const Group& group) {
    aws::logs::LogGroup shown;
    shown.logGroupName = group.name;
    shown.creationTime = epoch_millis(group.created);
    shown.retentionInDays = group.retention_days;
    shown.metricFilterCount = 0;
    shown.arn = group_arn(call, group.name) + ":*";
    shown.logGroupArn = group_arn(call, group.name);
    shown.storedBytes = 0;
    shown.logGroupClass = "STANDARD";
    return shown;
}

/// Loads the group, lets `change` change it, and saves it.
template <typename Change>
Task<void> change_group(store::Store& store, Call& call, std::string name, Change change) {
    co_await store.transact([&](store::Transaction& tx) -> Task<void> {
        auto group = co_await load_group(tx, place_of(call), name);
        change(group);
        save_group(tx, place_of(call), group);
    });
}

}  // namespace

std::string group_name(const std::optional<std::string>& name, const std::optional<std::string>& identifier) {
    if (name.has_value() == identifier.has_value()) {
        throw InvalidParameterException("Exactly one of logGroupName and logGroupIdentifier must be given.");
    }
    const auto& given = name ? *name : *identifier;
    return given.starts_with("arn:") ? name_in_arn(given) : given;
}

std::string group_arn(const Call& call, std::string_view name) {
    return call.arn("logs", fmt::format("log-group:{}", name));
}

Task<CreateLogGroupResponse> Service::create_log_group(Call& call, CreateLogGroupRequest request) {
    if (request.kmsKeyId) throw aws::not_implemented("logs", "CreateLogGroup", "kmsKeyId");
    if (request.logGroupClass.value_or("STANDARD") != "STANDARD") {
        throw aws::not_implemented("logs", "CreateLogGroup", "logGroupClass " + *request.logGroupClass);
    }
    if (request.deletionProtectionEnabled.value_or(false)) {
        throw aws::not_implemented("logs", "CreateLogGroup", "deletionProtectionEnabled");
    }
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (co_await find_group(tx, place_of(call), request.logGroupName)) {
            throw ResourceAlreadyExistsException("The specified log group already exists");
        }
        Group group;
        group.name = request.logGroupName;
        group.created = call.now();
        group.tags = request.tags.value_or(std::map<std::string, std::string>());
        save_group(tx, place_of(call), group);
    });
    co_return CreateLogGroupResponse{};
}

Task<DeleteLogGroupResponse> Service::delete_log_group(Call& call, DeleteLogGroupRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_group(tx, place_of(call), request.logGroupName);
        erase_group(tx, place_of(call), request.logGroupName);
    });
    co_return DeleteLogGroupResponse{};
}

Task<DescribeLogGroupsResponse> Service::describe_log_groups(Call& call, DescribeLogGroupsRequest request) {
    if (request.logGroupIdentifiers) throw aws::not_implemented("logs", "DescribeLogGroups", "logGroupIdentifiers");
    if (request.logGroupNamePrefix && request.logGroupNamePattern) {
        throw InvalidParameterException(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
    }
    const auto after = from_base64(request.nextToken.value_or(""));
    if (!after) throw InvalidParameterException("The specified nextToken is invalid.");
    const auto limit = static_cast<size_t>(request.limit.value_or(50));
    const auto pattern = request.logGroupNamePattern.value_or("");

    DescribeLogGroupsResponse response;
    response.logGroups.emplace();
    std::string last = *after;
    bool more = true;
    while (more && response.logGroups->size() < limit) {
        const auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Group>> {
            co_return co_await list_groups(tx, place_of(call), request.logGroupNamePrefix.value_or(""), last,
                                           limit + 1);
        });
        more = page.size() > limit;
        for (const auto& group : page) {
            if (response.logGroups->size() == limit) {
                more = true;
                break;
            }
            last = group.name;
            if (group.name.find(pattern) != std::string::npos) response.logGroups->push_back(shown(call, group));
        }
    }
    if (more) response.nextToken = to_base64(last);
    co_return response;
}

Task<PutRetentionPolicyResponse> Service::put_retention_policy(Call& call, PutRetentionPolicyRequest request) {
    if (std::ranges::find(retention_choices, request.retentionInDays) == std::end(retention_choices)) {
        throw InvalidParameterException(
            fmt::format("{} is not a valid value for retentionInDays.", request.retentionInDays));
    }
    co_await change_group(store_, call, request.logGroupName,
                          [&](Group& group) { group.retention_days = request.retentionInDays; });
    co_return PutRetentionPolicyResponse{};
}

Task<DeleteRetentionPolicyResponse> Service::delete_retention_policy(Call& call, DeleteRetentionPolicyRequest request) {
    co_await change_group(store_, call, request.logGroupName, [](Group& group) { group.retention_days.reset(); });
    co_return DeleteRetentionPolicyResponse{};
}

Task<TagResourceResponse> Service::tag_resource(Call& call, TagResourceRequest request) {
    constexpr size_t most_tags = 50;
    co_await change_group(store_, call, name_in_arn(request.resourceArn), [&](Group& group) {
        for (const auto& [key, value] : request.tags) group.tags[key] = value;
        if (group.tags.size() > most_tags) throw TooManyTagsException("A resource can have no more than 50 tags.");
    });
    co_return TagResourceResponse{};
}

Task<UntagResourceResponse> Service::untag_resource(Call& call, UntagResourceRequest request) {
    co_await change_group(store_, call, name_in_arn(request.resourceArn), [&](Group& group) {
        for (const auto& key : request.tagKeys) group.tags.erase(key);
    });
    co_return UntagResourceResponse{};
}

Task<ListTagsForResourceResponse> Service::list_tags_for_resource(Call& call, ListTagsForResourceRequest request) {
    auto group = co_await store_.transact([&](store::Transaction& tx) -> Task<Group> {
        co_return co_await load_group(tx, place_of(call), name_in_arn(request.resourceArn));
    });
    co_return ListTagsForResourceResponse{.tags = std::move(group.tags)};
}

std::string Service::resource_of(const Call& call, const contracts::Operation& operation, const void* input) const {
    for (const auto& member : operation.input->members) {
        if (member.name != "logGroupName") continue;
        const void* value = static_cast<const char*>(input) + member.offset;
        if (member.optional) value = member.optional->get(value);
        if (value) return group_arn(call, *static_cast<const std::string*>(value)) + ":*";
    }
    return call.arn("logs", "log-group:*");
}

}  // namespace cumulet::logs
