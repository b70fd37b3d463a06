#include "sqs_model.h"

namespace cumulet::simulation {

void SqsModel::trying_to_send(const std::string& text, Time not_before) {
    auto& body = bodies_[text];
    ++body.tries;
    body.not_before = std::min(body.not_before, not_before);
}

SqsModel::Message& SqsModel::message(const std::string& id, const std::string& text) {
    const auto [found, fresh] = messages_.try_emplace(id);
    if (!fresh) {
        world_.check(found->second.body == text, "message {} has another body than before", id);
        return found->second;
    }
    const auto body = bodies_.find(text);
    world_.check(body != bodies_.end(), "a message that nobody sent: {}", text);
    world_.check(++body->second.known <= body->second.tries, "{} is there more often than it was sent", text);
    found->second.body = text;
    return found->second;
}

void SqsModel::sent(const std::string& body, const std::string& message_id) {
    message(message_id, body).acknowledged = true;
}

void SqsModel::received(const Receipt& receipt) {
    auto& known = message(receipt.message_id, receipt.body);
    world_.note(fmt::format("received {} x{}{}", receipt.body, receipt.count, receipt.dead ? " dead" : ""));
    world_.check(!known.deleted, "{} was deleted, and returns", receipt.body);
    world_.check(receipt.dead || !known.dead, "{} came back from the dead-letter queue", receipt.body);
    world_.check(receipt.answered >= bodies_.at(receipt.body).not_before, "{} was seen before its delay ended",
                 receipt.body);
    known.dead |= receipt.dead;
    if (!known.latest || receipt.count > known.latest->count) {
        world_.check(receipt.answered >= known.hidden_until, "{} was received while another held it", receipt.body);
        known.latest = receipt;
        known.hidden_until = receipt.held_until();
    } else {
        // Its answer was overtaken by that of a later receive.
        world_.check(receipt.count < known.latest->count, "{} was received twice as the same time", receipt.body);
        world_.check(known.latest->answered >= receipt.held_until(), "{} was received while another held it",
                     receipt.body);
    }
}

void SqsModel::trying_to_delete(const Receipt& receipt) { messages_.at(receipt.message_id).perhaps_deleted = true; }

void SqsModel::trying_to_move(const Receipt& receipt) { messages_.at(receipt.message_id).hidden_until = Time::min(); }

void SqsModel::deleted(const Receipt& receipt) {
    if (world_.now() >= receipt.held_until()) return;
    messages_.at(receipt.message_id).deleted = true;
    world_.note(fmt::format("deleted {}", receipt.body));
}

void SqsModel::moved(Receipt& receipt, Time asked, Duration visibility) {
    const bool held = visibility > 0s && world_.now() < receipt.held_until();
    receipt.asked = asked;
    receipt.visibility = held ? visibility : 0s;
    auto& known = messages_.at(receipt.message_id);
    if (held && known.latest->count == receipt.count) {
        known.latest = receipt;
        known.hidden_until = receipt.held_until();
    }
}

void SqsModel::check_total(int64_t total) const {
    int64_t least = 0, most = 0;
    for (const auto& [id, message] : messages_) {
        least += !message.perhaps_deleted;
        most += !message.deleted;
    }
    for (const auto& [text, body] : bodies_) most += body.tries - body.known;
    world_.check(least <= total && total <= most, "the queues count {} messages, not {} to {}", total, least, most);
}

void SqsModel::check_nothing_lost() const {
    for (const auto& [id, message] : messages_) {
        const bool lost = message.acknowledged && !message.perhaps_deleted;
        world_.check(!lost, "{} was acknowledged, and is lost", message.body);
    }
}

}  // namespace cumulet::simulation
