#include "services/sns/deliverer.h"

#include "services/sns/publication.h"
#include "services/sns/settlement.h"

namespace cumulet::sns {
namespace {

constexpr size_t most_waiting = 4096;  // per reactor
constexpr size_t most_together = 128;  // notifications
constexpr size_t most_shipments = 64;  // at the same time
constexpr size_t largest_shipment_bytes = 1'000'000;

/// At most what a notification takes in an envelope, where most of it is escaped.
size_t shipped_bytes(const Notification& notification) { return 2 * size_bytes(notification) + 2048; }

}  // namespace

Time Deliverer::held_until(Time now) const { return with_.shared ? now + lease_time : Time::max(); }

Deliverer::Lane& Deliverer::lane() {
    const std::lock_guard lock(mutex_);
    auto& mine = lanes_[&Reactor::current()];
    if (!mine) mine = std::make_unique<Lane>();
    return *mine;
}

bool Deliverer::has_room() { return lane().waiting.size() < most_waiting; }

void Deliverer::take(Handed handed) {
    auto& mine = lane();
    mine.waiting.push_back(std::move(handed));
    if (std::exchange(mine.draining, true)) return;
    with_.tasks.start(drain(mine));
}

Task<void> Deliverer::drain(Lane& lane) {
    while (!lane.waiting.empty()) {
        std::vector<Handed> batch;
        while (!lane.waiting.empty() && batch.size() < most_together) {
            batch.push_back(std::move(lane.waiting.front()));
            lane.waiting.pop_front();
        }
        co_await deliver(std::move(batch));
    }
    lane.draining = false;
}

Task<void> Deliverer::ship(Shipment& shipment) {
    shipment.attempts = co_await with_.queues.deliver(shipment.audience, shipment.subscriber, shipment.notifications);
}

Task<void> Deliverer::deliver(std::vector<Handed> batch) {
    Settlement settlement;
    std::deque<Shipment> shipments;
    std::unordered_map<const Subscriber*, Shipment*> open;
    for (const auto& handed : batch) {
        settlement.done.push_back({handed.due, handed.id});
        for (const auto place : handed.wanted) {
            const auto& subscriber = handed.audience->subscribers[place];
            if (subscriber.way == Subscriber::Way::kept) {
                const Parcel parcel{handed.audience->topic, subscriber.subscription, *handed.notification};
                settlement.kept.emplace_back(handed.audience->topic.place(), kept_for(parcel));
                co_await conclude(settlement, handed.audience, &subscriber, handed.notification, 0, {});
            } else if (subscriber.way == Subscriber::Way::courier) {
                settlement.left.push_back(entry_for(*handed.audience, subscriber, *handed.notification));
            } else {
                const auto bytes = shipped_bytes(*handed.notification);
                auto*& shipment = open[&subscriber];
                if (!shipment || shipment->notifications.size() == QueueCourier::most_at_once ||
                    shipment->size_bytes + bytes > largest_shipment_bytes) {
                    shipment =
                        &shipments.emplace_back(Shipment{.audience = handed.audience, .subscriber = &subscriber});
                }
                shipment->notifications.push_back(handed.notification);
                shipment->size_bytes += bytes;
            }
        }
    }
    for (size_t begin = 0; begin < shipments.size(); begin += most_shipments) {
        std::vector<Task<void>> wave;
        for (size_t i = begin; i < std::min(shipments.size(), begin + most_shipments); ++i)
            wave.push_back(ship(shipments[i]));
        co_await all(std::move(wave));
    }
    for (auto& shipment : shipments) {
        for (size_t i = 0; i < shipment.notifications.size(); ++i) {
            co_await conclude(settlement, shipment.audience, shipment.subscriber, shipment.notifications[i], 0,
                              std::move(shipment.attempts[i]));
        }
    }
    co_await settle(settlement);
}

}  // namespace cumulet::sns
