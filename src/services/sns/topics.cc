// CreateTopic, DeleteTopic, ListTopics, GetTopicAttributes, SetTopicAttributes.
// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html

#include "base/bytes.h"
#include "services/sns/delivery_policy.h"
#include "services/sns/fifo_storage.h"
#include "services/sns/limits.h"
#include "services/sns/service.h"

namespace cumulet::sns {

using namespace aws::sns;

namespace {

constexpr size_t page_size = 100;
constexpr size_t most_tags = 50;
constexpr size_t erased_at_once = 1000;

struct Counts {
    int64_t confirmed = 0;
    int64_t pending = 0;
};

Task<Counts> count_subscriptions(store::Transaction& tx, const Topic& topic, Time now) {
    constexpr size_t page = 1000;
    Counts counts;
    std::string after;
    while (true) {
        const auto found = co_await list_subscriptions(tx, topic, after, page);
        for (const auto& subscription : found) {
            if (subscription.exists(now)) ++(subscription.pending ? counts.pending : counts.confirmed);
        }
        if (found.size() < page) co_return counts;
        after = found.back().id;
    }
}

std::map<std::string, std::string> all_attributes(const Topic& topic, const Counts& counts) {
    auto all = topic.attributes;
    std::erase_if(all, [](const auto& attribute) { return attribute.second.empty(); });
    all["TopicArn"] = topic.arn();
    all["Owner"] = topic.account;
    all["Policy"] = topic.policy();
    all.try_emplace("DisplayName", "");
    all["SubscriptionsConfirmed"] = std::to_string(counts.confirmed);
    all["SubscriptionsPending"] = std::to_string(counts.pending);
    all["SubscriptionsDeleted"] = std::to_string(topic.subscriptions_deleted);
    all["EffectiveDeliveryPolicy"] = effective_delivery_policy(topic);
    if (topic.fifo()) {
        all["FifoTopic"] = "true";
        all.try_emplace("ContentBasedDeduplication", "false");
        all.try_emplace("SignatureVersion", topic.signature_version());
    }
    if (topic.archive_retention()) all["BeginningArchiveTime"] = format_iso8601_millis(topic.archived_since);
    return all;
}

void set_attribute(Topic& topic, const std::string& name, const std::string& value, Time now) {
    const bool archived = topic.archive_retention().has_value();
    topic.attributes[name] = value;
    if (name == "ArchivePolicy" && !archived && topic.archive_retention()) topic.archived_since = now;
}

Topic new_topic(Call& call, const CreateTopicInput& request, uint64_t generation,
                const std::map<std::string, std::string>& tags) {
    Topic topic;
    topic.account = call.account;
    topic.region = call.region;
    topic.name = request.Name;
    topic.generation = generation;
    topic.created = call.now();
    topic.count.emplace();
    topic.tags = tags;
    topic.data_protection_policy = request.DataProtectionPolicy.value_or("");
    if (request.Attributes) {
        for (const auto& [name, value] : *request.Attributes) {
            if (name != "FifoTopic") set_attribute(topic, name, value, call.now());
        }
    }
    return topic;
}

}  // namespace

Task<CreateTopicResponse> Service::create_topic(Call& call, CreateTopicInput request) {
    const auto wanted = request.Attributes.value_or(std::map<std::string, std::string>());
    const auto tags = tags_of(request.Tags.value_or(std::vector<Tag>()));
    const auto fifo_wanted = wanted.find("FifoTopic");
    const bool fifo = fifo_wanted != wanted.end() && fifo_wanted->second == "true";
    check_topic_name(request.Name, fifo);
    for (const auto& [name, value] : wanted) check_topic_attribute(name, value, fifo, true);
    if (tags.size() > most_tags)
        throw TagLimitExceededException("Could not complete request: tag quota of per resource exceeded");
    if (request.DataProtectionPolicy) check_data_protection_policy(*request.DataProtectionPolicy);
    const auto generation = call.random().next();

    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (const auto existing = co_await find_topic(tx, {{call.account, call.region}, request.Name})) {
            check_same_topic(*existing, wanted, tags);
            co_return;
        }
        auto topic = new_topic(call, request, generation, tags);
        co_await admit_topic(tx, limits_, topic);
        save_topic(tx, topic);
    });
    co_return CreateTopicResponse{.TopicArn = call.arn("sns", request.Name)};
}

Task<DeleteTopicResponse> Service::delete_topic(Call& call, DeleteTopicInput request) {
    const auto address = parse_topic_arn(call, request.TopicArn);
    bool more = true;
    while (more) {
        more = co_await store_.transact([&](store::Transaction& tx) -> Task<bool> {
            auto topic = co_await find_topic(tx, address);
            if (!topic) co_return false;
            if (topic->archive_retention()) {
                throw InvalidStateException(
                    "Invalid state: Cannot delete a topic with an ArchivePolicy. Deactivate its archive first.");
            }
            const auto page = co_await sns::list_subscriptions(tx, *topic, "", erased_at_once);
            for (const auto& subscription : page) erase_subscription(tx, *topic, subscription);
            if (page.size() < erased_at_once) {
                co_await release_topic(tx, *topic);
                erase_topic(tx, *topic);
                if (topic->fifo()) erase_fifo(tx, *topic);
            }
            co_return page.size() == erased_at_once;
        });
    }
    co_return DeleteTopicResponse{};
}

Task<ListTopicsResponse> Service::list_topics(Call& call, ListTopicsInput request) {
    const auto after = from_base64(request.NextToken.value_or(""));
    if (!after) throw invalid_parameter("NextToken");
    const auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Topic>> {
        co_return co_await sns::list_topics(tx, {call.account, call.region}, *after, page_size + 1);
    });
    ListTopicsResponse result;
    result.Topics.emplace();
    for (size_t i = 0; i < std::min(found.size(), page_size); ++i) {
        result.Topics->push_back({.TopicArn = found[i].arn()});
    }
    if (found.size() > page_size) result.NextToken = to_base64(found[page_size - 1].name);
    co_return result;
}

Task<GetTopicAttributesResponse> Service::get_topic_attributes(Call& call, GetTopicAttributesInput request) {
    const auto address = parse_topic_arn(call, request.TopicArn);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<GetTopicAttributesResponse> {
        const auto topic = co_await load_topic(tx, address);
        const auto counts = co_await count_subscriptions(tx, topic, call.now());
        co_return GetTopicAttributesResponse{.Attributes = all_attributes(topic, counts)};
    });
}

Task<SetTopicAttributesResponse> Service::set_topic_attributes(Call& call, SetTopicAttributesInput request) {
    const auto address = parse_topic_arn(call, request.TopicArn);
    const auto value = request.AttributeValue.value_or("");
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto topic = co_await load_topic(tx, address);
        check_topic_attribute(request.AttributeName, value, topic.fifo(), false);
        set_attribute(topic, request.AttributeName, value, call.now());
        save_topic(tx, topic);
    });
    co_return SetTopicAttributesResponse{};
}

}  // namespace cumulet::sns
