// The keys of SNS; nothing else knows them. The first seven begin with (account, region, "sns"), the others with
// ("", "", "sns").
//
//   "topic"        name                                 Topic
//   "topics"                                            TopicCount
//   "subscription" topic name, id                       Subscription, in its topic's account
//   "endpoint"     topic name, digest of the endpoint   id of the subscription that has it
//   "token"        token                                topic name and id of the subscription that it confirms
//   "subscribed"   topic account, topic name, id        "": the subscriptions of an account, whosever the topics are
//   "kept"         kind, instant, id                    JSON of a message for a phone, a mailbox, a device
//   "outbox"       due, id                              OutboxEntry: what is still to be delivered
//   "signing-key"                                       SigningKey
//
// Topics and subscriptions are handed over by reference, also to coroutines: every caller awaits at once.
#pragma once

#include "services/sns/notification.h"
#include "services/sns/subscription.h"
#include "store/store.h"

namespace cumulet::sns {

Task<std::optional<Topic>> find_topic(store::Transaction& tx, TopicAddress address);
/// Its stored form (records.h), which changes with every change of the topic or its subscriptions.
Task<std::optional<std::string>> find_topic_record(store::Transaction& tx, TopicAddress address);
/// Throws NotFoundException.
Task<Topic> load_topic(store::Transaction& tx, TopicAddress address);
/// Makes the topic's revision grow.
void save_topic(store::Transaction& tx, Topic& topic);
/// Its subscriptions must be erased already.
void erase_topic(store::Transaction& tx, const Topic& topic);
/// The topics of a place whose names come after `after`, at most `limit`.
Task<std::vector<Topic>> list_topics(store::Transaction& tx, Place place, std::string after, size_t limit);

/// How many topics an account has in a region.
struct TopicCount {
    int64_t standard = 0;
    int64_t fifo = 0;

    int64_t& of(const Topic& topic) { return topic.fifo() ? fifo : standard; }
};
/// Nothing where an earlier Cumulet did not count.
Task<std::optional<TopicCount>> find_topic_count(store::Transaction& tx, Place place);
void save_topic_count(store::Transaction& tx, const Place& place, const TopicCount& count);

Task<std::optional<Subscription>> find_subscription(store::Transaction& tx, SubscriptionAddress address);
/// Throws NotFoundException, also for one whose confirmation never came.
Task<Subscription> load_subscription(store::Transaction& tx, SubscriptionAddress address, Time now);
/// The subscription of an endpoint to a topic.
Task<std::optional<Subscription>> find_subscriber(store::Transaction& tx, const Topic& topic, std::string protocol,
                                                  std::string endpoint);
/// The subscription that a token of the topic's place confirms.
Task<std::optional<Subscription>> find_by_token(store::Transaction& tx, Place place, std::string token);
/// Saves the topic with it, whose revision grows.
void save_subscription(store::Transaction& tx, Topic& topic, const Subscription& subscription);
/// Saves the topic with it, whose revision grows, and which counts one less.
void erase_subscription(store::Transaction& tx, Topic& topic, const Subscription& subscription);
/// The subscriptions of a topic whose ids come after `after`, at most `limit`.
Task<std::vector<Subscription>> list_subscriptions(store::Transaction& tx, const Topic& topic, std::string after,
                                                   size_t limit);
/// The subscriptions of an account in a region after `after`, a position that the page before ended with.
struct SubscriptionPage {
    std::vector<Subscription> subscriptions;
    std::string next;  ///< "" at the end
};
Task<SubscriptionPage> list_subscriptions_of(store::Transaction& tx, Place owner, std::string after, size_t limit);

/// What is still to be delivered of one notification.
struct OutboxEntry {
    Time due;        ///< when it is taken by whoever comes first: the next attempt, or the end of its holder's lease
    std::string id;  ///< of this entry
    TopicAddress topic;
    uint64_t generation = 0;  ///< of the topic
    Notification notification;
    std::string subscription;            ///< id of the one that it is for; "": all that want it
    int64_t attempts = 0;                ///< that failed
    std::optional<Subscription> former;  ///< a subscription that ended: what its endpoint is told of it
};
void save_outbox_entry(store::Transaction& tx, const OutboxEntry& entry);
void erase_outbox_entry(store::Transaction& tx, Time due, std::string_view id);
/// Entries due until `until`, the earliest first.
Task<std::vector<OutboxEntry>> due_outbox_entries(store::Transaction& tx, Time until, size_t limit);
/// Entries that were held without end, at most `limit`.
Task<std::vector<OutboxEntry>> held_outbox_entries(store::Transaction& tx, size_t limit);
/// The least instant at which an entry is due; nothing if none ever is.
Task<std::optional<Time>> next_outbox_due(store::Transaction& tx);
/// Where entries are, for the store to keep in memory.
store::Range outbox_range();
/// Woken when an entry is due earlier than whoever sleeps may know.
inline constexpr std::string_view outbox_topic = "sns/outbox";

/// What notifications are signed with, in PEM.
struct SigningKey {
    std::string key_pem;
    std::string certificate_pem;
};
Task<std::optional<SigningKey>> find_signing_key(store::Transaction& tx);
void save_signing_key(store::Transaction& tx, const SigningKey& key);

}  // namespace cumulet::sns
