#include "services/sns/audience.h"

#include "services/sns/records.h"

namespace cumulet::sns {
namespace {

constexpr size_t page_size = 1000;

Subscriber::Way way_of(std::string_view protocol) {
    if (protocol == "sqs") return Subscriber::Way::queue;
    const bool courier = protocol == "lambda" || protocol == "http" || protocol == "https" || protocol == "application";
    if (courier) return Subscriber::Way::courier;
    return Subscriber::Way::kept;
}

void count(FilteredOut& out, const Subscriber& subscriber, Filterable& notification, bool has_attributes) {
    if (subscriber.subscription.filters_body()) {
        ++(notification.body().is_object() ? out.by_body : out.by_invalid_body);
    } else {
        ++(has_attributes ? out.by_attributes : out.without_attributes);
    }
}

Task<std::shared_ptr<const Audience>> assemble(store::Transaction& tx, TopicAddress address, std::string record) {
    auto audience = std::make_shared<Audience>();
    audience->topic = decode_topic(address.place, address.name, record);
    std::string after;
    while (true) {
        auto page = co_await list_subscriptions(tx, audience->topic, after, page_size);
        if (!page.empty()) after = page.back().id;
        const bool last = page.size() < page_size;
        for (auto& subscription : page) audience->subscribers.emplace_back(std::move(subscription));
        if (last) co_return audience;
    }
}

}  // namespace

Subscriber::Subscriber(Subscription of)
    : subscription(std::move(of)), way(way_of(subscription.protocol)), raw(subscription.raw()), filter(subscription) {
    if (way == Way::queue) {
        if (const auto arn = Arn::parse(subscription.endpoint)) {
            fifo_queue = arn->resource.ends_with(".fifo");
            queue_url = fmt::format("http://localhost:4566/{}/{}", arn->account, arn->resource);
            queue_region = arn->region;
        }
    }
}

std::vector<uint32_t> Audience::wanted_by(const Notification& notification, FilteredOut& filtered_out) const {
    std::vector<uint32_t> wanted;
    Filterable filterable(notification);
    for (uint32_t i = 0; i < subscribers.size(); ++i) {
        const auto& subscriber = subscribers[i];
        if (subscriber.subscription.pending) continue;
        if (subscriber.filter.wants(filterable)) {
            wanted.push_back(i);
        } else {
            count(filtered_out, subscriber, filterable, !notification.attributes.empty());
        }
    }
    return wanted;
}

const Subscriber* Audience::find(std::string_view id) const {
    const auto found = std::ranges::lower_bound(
        subscribers, id, {},
        [](const Subscriber& subscriber) -> std::string_view { return subscriber.subscription.id; });
    return found == subscribers.end() || found->subscription.id != id ? nullptr : &*found;
}

Task<std::shared_ptr<const Audience>> Audiences::find(store::Transaction& tx, TopicAddress address) {
    auto record = co_await find_topic_record(tx, address);
    if (!record) co_return nullptr;
    auto key = fmt::format("{}:{}:{}", address.place.region, address.place.account, address.name);
    {
        const std::lock_guard lock(mutex_);
        const auto known = entries_.find(key);
        if (known != entries_.end() && known->second.record == *record) co_return known->second.audience;
    }
    auto audience = co_await assemble(tx, std::move(address), *record);
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= most_entries) entries_.clear();
    entries_.insert_or_assign(std::move(key), Entry{std::move(*record), audience});
    co_return audience;
}

}  // namespace cumulet::sns
