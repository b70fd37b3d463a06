// Subscribe, ConfirmSubscription, Unsubscribe.
// https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html

#include "services/sns/limits.h"
#include "services/sns/replay.h"
#include "services/sns/service.h"

namespace cumulet::sns {

using namespace aws::sns;

namespace {

constexpr size_t token_digits = 288;

Subscription new_subscription(Call& call, const Topic& topic, const SubscribeInput& request) {
    Subscription subscription;
    subscription.place = topic.place();
    subscription.topic_name = topic.name;
    subscription.id = call.random().uuid();
    subscription.owner = call.account;
    subscription.principal =
        call.principal.arn.empty() ? fmt::format("arn:aws:iam::{}:root", call.account) : call.principal.arn;
    subscription.protocol = request.Protocol;
    subscription.endpoint = request.Endpoint.value_or("");
    subscription.created = call.now();
    subscription.pending = needs_confirmation(request.Protocol, subscription.endpoint, call.account);
    subscription.authenticated = !subscription.pending;
    if (subscription.pending) subscription.token = call.random().hex(token_digits);
    return subscription;
}

void set_attributes(const Topic& topic, Subscription& subscription, const std::map<std::string, std::string>& wanted) {
    const auto set = [&](const std::string& name, const std::string& value) {
        subscription.attributes[name] = checked_attribute(topic, subscription, name, value, true);
    };
    // A filter policy is checked by its scope.
    if (const auto scope = wanted.find("FilterPolicyScope"); scope != wanted.end()) set(scope->first, scope->second);
    for (const auto& [name, value] : wanted) set(name, value);
    if (subscription.protocol == "firehose" && subscription.attribute("SubscriptionRoleArn").empty()) {
        throw invalid_parameter(
            "Attributes Reason: SubscriptionRoleArn is required for Amazon Kinesis Data Firehose subscriptions");
    }
}

/// What the endpoint is told, so that whoever has it can confirm.
OutboxEntry confirmation(Call& call, const Topic& topic, const Subscription& subscription) {
    OutboxEntry entry;
    entry.due = call.now();
    entry.id = call.random().uuid();
    entry.topic = {topic.place(), topic.name};
    entry.generation = topic.generation;
    entry.subscription = subscription.id;
    auto& message = entry.notification;
    message.type = Notification::Type::subscription_confirmation;
    message.id = call.random().uuid();
    message.message = fmt::format(
        "You have chosen to subscribe to the topic {}.\nTo confirm the subscription, visit the SubscribeURL included "
        "in this message.",
        subscription.topic_arn());
    message.published = call.now();
    message.token = subscription.token;
    message.base_url = call.base_url();
    return entry;
}

/// What an endpoint is told whose subscription ended, so that whoever has it can take it back.
OutboxEntry farewell(Call& call, const Topic& topic, const Subscription& subscription) {
    auto entry = confirmation(call, topic, subscription);
    entry.notification.type = Notification::Type::unsubscribe_confirmation;
    entry.notification.message = fmt::format(
        "You have chosen to deactivate subscription {}.\nTo cancel this operation and restore the subscription, visit "
        "the SubscribeURL included in this message.",
        subscription.arn());
    entry.former = subscription;
    return entry;
}

void put_in_outbox(store::Transaction& tx, const OutboxEntry& entry) {
    save_outbox_entry(tx, entry);
    tx.wake(std::string(outbox_topic));
}

bool is_anonymous(const Call& call) { return call.principal.access_key_id.empty(); }

}  // namespace

Task<SubscribeResponse> Service::subscribe(Call& call, SubscribeInput request) {
    const auto address = parse_topic_arn(call, request.TopicArn);
    const auto wanted = request.Attributes.value_or(std::map<std::string, std::string>());

    const auto subscription = co_await store_.transact([&](store::Transaction& tx) -> Task<Subscription> {
        auto topic = co_await load_topic(tx, address);
        auto subscription = new_subscription(call, topic, request);
        check_endpoint(topic, subscription.protocol, subscription.endpoint);
        set_attributes(topic, subscription, wanted);
        const auto existing = co_await find_subscriber(tx, topic, subscription.protocol, subscription.endpoint);
        if (existing && existing->exists(call.now())) {
            check_same_subscription(*existing, wanted);
            if (existing->pending) put_in_outbox(tx, confirmation(call, topic, *existing));
            co_return *existing;
        }
        if (existing) erase_subscription(tx, topic, *existing);
        co_await admit_subscription(tx, limits_, topic, nullptr, subscription, call.now());
        if (wanted.contains("ReplayPolicy")) co_await set_replay(tx, topic, subscription, limits_.replays, call.now());
        save_subscription(tx, topic, subscription);
        if (subscription.pending) put_in_outbox(tx, confirmation(call, topic, subscription));
        co_return subscription;
    });

    const bool shown = !subscription.pending || request.ReturnSubscriptionArn.value_or(false);
    co_return SubscribeResponse{.SubscriptionArn = shown ? subscription.arn() : "pending confirmation"};
}

Task<ConfirmSubscriptionResponse> Service::confirm_subscription(Call& call, ConfirmSubscriptionInput request) {
    const auto address = parse_any_topic_arn(request.TopicArn);
    const auto arn = co_await store_.transact([&](store::Transaction& tx) -> Task<std::string> {
        auto subscription = co_await find_by_token(tx, address.place, request.Token);
        if (!subscription || subscription->topic_name != address.name || !subscription->exists(call.now()))
            throw invalid_parameter("Token");
        if (!subscription->pending) co_return subscription->arn();
        auto topic = co_await load_topic(tx, address);
        subscription->pending = false;
        subscription->authenticated = !is_anonymous(call);
        subscription->authenticated_unsubscribe = request.AuthenticateOnUnsubscribe.value_or("") == "true";
        save_subscription(tx, topic, *subscription);
        co_return subscription->arn();
    });
    co_return ConfirmSubscriptionResponse{.SubscriptionArn = arn};
}

Task<UnsubscribeResponse> Service::unsubscribe(Call& call, UnsubscribeInput request) {
    const auto address = parse_subscription_arn(request.SubscriptionArn);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto subscription = co_await find_subscription(tx, address);
        if (!subscription) co_return;  // ended already
        if (subscription->authenticated_unsubscribe && is_anonymous(call)) {
            throw AuthorizationErrorException("Only the topic and subscription owner can unsubscribe");
        }
        auto topic = co_await load_topic(tx, address.topic);
        ++topic.subscriptions_deleted;
        if (!is_anonymous(call) || subscription->pending || !subscription->protocol.starts_with("http"))
            co_return erase_subscription(tx, topic, *subscription);
        // An owner who signs knows what they do; whoever follows a link may not, and may take it back for a while.
        subscription->pending = true;
        subscription->created = call.now();
        save_subscription(tx, topic, *subscription);
        put_in_outbox(tx, farewell(call, topic, *subscription));
    });
    co_return UnsubscribeResponse{};
}

}  // namespace cumulet::sns
