// Tags, permissions and the data protection policy of topics.
// https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html

#include "services/sns/service.h"

namespace cumulet::sns {

using namespace aws::sns;

namespace {

constexpr size_t most_tags = 50;

Task<Topic> load_tagged(store::Transaction& tx, TopicAddress address) {
    auto topic = co_await find_topic(tx, std::move(address));
    if (!topic) throw ResourceNotFoundException("Resource does not exist");
    co_return std::move(*topic);
}

}  // namespace

Task<TagResourceResponse> Service::tag_resource(Call& call, TagResourceRequest request) {
    const auto address = parse_topic_arn(call, request.ResourceArn, "ResourceArn");
    const auto tags = tags_of(request.Tags);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto topic = co_await load_tagged(tx, address);
        for (const auto& [key, value] : tags) topic.tags[key] = value;
        if (topic.tags.size() > most_tags) {
            throw TagLimitExceededException("Could not complete request: tag quota of per resource exceeded");
        }
        save_topic(tx, topic);
    });
    co_return TagResourceResponse{};
}

Task<UntagResourceResponse> Service::untag_resource(Call& call, UntagResourceRequest request) {
    const auto address = parse_topic_arn(call, request.ResourceArn, "ResourceArn");
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto topic = co_await load_tagged(tx, address);
        for (const auto& key : request.TagKeys) topic.tags.erase(key);
        save_topic(tx, topic);
    });
    co_return UntagResourceResponse{};
}

Task<ListTagsForResourceResponse> Service::list_tags_for_resource(Call& call, ListTagsForResourceRequest request) {
    const auto address = parse_topic_arn(call, request.ResourceArn, "ResourceArn");
    const auto topic = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<Topic> { co_return co_await load_tagged(tx, address); });
    ListTagsForResourceResponse result;
    result.Tags.emplace();
    for (const auto& [key, value] : topic.tags) result.Tags->push_back({.Key = key, .Value = value});
    co_return result;
}

Task<AddPermissionResponse> Service::add_permission(Call& call, AddPermissionInput request) {
    const auto address = parse_topic_arn(call, request.TopicArn);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto topic = co_await load_topic(tx, address);
        topic.attributes["Policy"] = add_statement(topic, request.Label, request.AWSAccountId, request.ActionName);
        save_topic(tx, topic);
    });
    co_return AddPermissionResponse{};
}

Task<RemovePermissionResponse> Service::remove_permission(Call& call, RemovePermissionInput request) {
    const auto address = parse_topic_arn(call, request.TopicArn);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto topic = co_await load_topic(tx, address);
        topic.attributes["Policy"] = remove_statement(topic, request.Label);
        save_topic(tx, topic);
    });
    co_return RemovePermissionResponse{};
}

Task<GetDataProtectionPolicyResponse> Service::get_data_protection_policy(Call& call,
                                                                          GetDataProtectionPolicyInput request) {
    const auto address = parse_topic_arn(call, request.ResourceArn, "ResourceArn");
    const auto topic = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<Topic> { co_return co_await load_topic(tx, address); });
    GetDataProtectionPolicyResponse result;
    if (!topic.data_protection_policy.empty()) result.DataProtectionPolicy = topic.data_protection_policy;
    co_return result;
}

Task<PutDataProtectionPolicyResponse> Service::put_data_protection_policy(Call& call,
                                                                          PutDataProtectionPolicyInput request) {
    const auto address = parse_topic_arn(call, request.ResourceArn, "ResourceArn");
    check_data_protection_policy(request.DataProtectionPolicy);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto topic = co_await load_topic(tx, address);
        topic.data_protection_policy = request.DataProtectionPolicy;
        save_topic(tx, topic);
    });
    co_return PutDataProtectionPolicyResponse{};
}

}  // namespace cumulet::sns
