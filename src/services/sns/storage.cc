#include "services/sns/storage.h"

#include "base/hash.h"
#include "services/sns/records.h"

namespace cumulet::sns {
namespace {

using store::Key;
using store::Range;

Key of_place(const Place& place, std::string_view collection) {
    return Key(place.account, place.region, std::string_view("sns"), collection);
}
Key topic_key(const Topic& topic) { return of_place(topic.place(), "topic") << topic.name; }
Key subscriptions(const Place& place, std::string_view topic_name) {
    return of_place(place, "subscription") << topic_name;
}
Key endpoint_key(const Topic& topic, std::string_view protocol, std::string_view endpoint) {
    return of_place(topic.place(), "endpoint") << topic.name << sha256(fmt::format("{}\n{}", protocol, endpoint));
}
Key token_key(const Place& place, std::string_view token) { return of_place(place, "token") << token; }
Key subscribed(const Place& owner) { return of_place(owner, "subscribed"); }
Key subscribed_key(const Subscription& subscription) {
    return subscribed({subscription.owner, subscription.place.region})
           << subscription.place.account << subscription.topic_name << subscription.id;
}

}  // namespace

Task<std::optional<std::string>> find_topic_record(store::Transaction& tx, TopicAddress address) {
    co_return co_await tx.get(of_place(address.place, "topic") << address.name);
}

Task<std::optional<Topic>> find_topic(store::Transaction& tx, TopicAddress address) {
    const auto bytes = co_await find_topic_record(tx, address);
    if (!bytes) co_return std::nullopt;
    co_return decode_topic(address.place, std::move(address.name), *bytes);
}

Task<Topic> load_topic(store::Transaction& tx, TopicAddress address) {
    auto topic = co_await find_topic(tx, std::move(address));
    if (!topic) throw aws::sns::NotFoundException("Topic does not exist");
    co_return std::move(*topic);
}

void save_topic(store::Transaction& tx, Topic& topic) {
    ++topic.revision;
    tx.put(topic_key(topic), encode(topic));
}

void erase_topic(store::Transaction& tx, const Topic& topic) { tx.erase(topic_key(topic)); }

Task<std::vector<Topic>> list_topics(store::Transaction& tx, Place place, std::string after, size_t limit) {
    const Key all = of_place(place, "topic");
    auto range = Range::prefix(all);
    if (!after.empty()) range.begin = Range::prefix(of_place(place, "topic") << after).end;
    std::vector<Topic> found;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) {
        store::KeyReader reader(entry.key, all.bytes());
        found.push_back(decode_topic(place, reader.text(), entry.value));
    }
    co_return found;
}

Task<std::optional<TopicCount>> find_topic_count(store::Transaction& tx, Place place) {
    const auto bytes = co_await tx.get(of_place(place, "topics"));
    if (!bytes) co_return std::nullopt;
    store::RecordReader reader(*bytes);
    TopicCount count;
    count.standard = reader.number();
    count.fifo = reader.number();
    co_return count;
}

void save_topic_count(store::Transaction& tx, const Place& place, const TopicCount& count) {
    tx.put(of_place(place, "topics"), store::RecordWriter(1).number(count.standard).number(count.fifo).take());
}

Task<std::optional<Subscription>> find_subscription(store::Transaction& tx, SubscriptionAddress address) {
    const auto bytes = co_await tx.get(subscriptions(address.topic.place, address.topic.name) << address.id);
    if (!bytes) co_return std::nullopt;
    co_return decode_subscription(std::move(address), *bytes);
}

Task<Subscription> load_subscription(store::Transaction& tx, SubscriptionAddress address, Time now) {
    auto subscription = co_await find_subscription(tx, std::move(address));
    if (!subscription || !subscription->exists(now)) throw aws::sns::NotFoundException("Subscription does not exist");
    co_return std::move(*subscription);
}

Task<std::optional<Subscription>> find_subscriber(store::Transaction& tx, const Topic& topic, std::string protocol,
                                                  std::string endpoint) {
    auto id = co_await tx.get(endpoint_key(topic, protocol, endpoint));
    if (!id) co_return std::nullopt;
    co_return co_await find_subscription(tx, {{topic.place(), topic.name}, std::move(*id)});
}

Task<std::optional<Subscription>> find_by_token(store::Transaction& tx, Place place, std::string token) {
    const auto bytes = co_await tx.get(token_key(place, token));
    if (!bytes) co_return std::nullopt;
    store::RecordReader reader(*bytes);
    auto topic_name = reader.text();
    auto id = reader.text();
    co_return co_await find_subscription(tx, {{std::move(place), std::move(topic_name)}, std::move(id)});
}

void save_subscription(store::Transaction& tx, Topic& topic, const Subscription& subscription) {
    tx.put(subscriptions(subscription.place, subscription.topic_name) << subscription.id, encode(subscription));
    tx.put(endpoint_key(topic, subscription.protocol, subscription.endpoint), subscription.id);
    tx.put(subscribed_key(subscription), "");
    if (!subscription.token.empty()) {
        tx.put(token_key(subscription.place, subscription.token),
               store::RecordWriter(1).text(subscription.topic_name).text(subscription.id).take());
    }
    save_topic(tx, topic);
}

void erase_subscription(store::Transaction& tx, Topic& topic, const Subscription& subscription) {
    tx.erase(subscriptions(subscription.place, subscription.topic_name) << subscription.id);
    tx.erase(endpoint_key(topic, subscription.protocol, subscription.endpoint));
    tx.erase(subscribed_key(subscription));
    if (!subscription.token.empty()) tx.erase(token_key(subscription.place, subscription.token));
    if (topic.count) topic.count->add(subscription, -1);
    save_topic(tx, topic);
}

Task<std::vector<Subscription>> list_subscriptions(store::Transaction& tx, const Topic& topic, std::string after,
                                                   size_t limit) {
    const Key all = subscriptions(topic.place(), topic.name);
    auto range = Range::prefix(all);
    if (!after.empty()) range.begin = Range::prefix(subscriptions(topic.place(), topic.name) << after).end;
    std::vector<Subscription> found;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) {
        store::KeyReader reader(entry.key, all.bytes());
        found.push_back(decode_subscription({{topic.place(), topic.name}, reader.text()}, entry.value));
    }
    co_return found;
}

Task<SubscriptionPage> list_subscriptions_of(store::Transaction& tx, Place owner, std::string after, size_t limit) {
    const Key all = subscribed(owner);
    auto range = Range::prefix(all);
    if (!after.empty()) range.begin = Range::prefix(after).end;
    SubscriptionPage page;
    const auto entries = co_await tx.scan(range, {.limit = limit});
    for (const auto& entry : entries) {
        store::KeyReader reader(entry.key, all.bytes());
        auto account = reader.text();
        auto topic_name = reader.text();
        auto found = co_await find_subscription(
            tx, {{{std::move(account), owner.region}, std::move(topic_name)}, reader.text()});
        if (found) page.subscriptions.push_back(std::move(*found));
    }
    if (entries.size() == limit) page.next = entries.back().key;
    co_return page;
}

}  // namespace cumulet::sns
