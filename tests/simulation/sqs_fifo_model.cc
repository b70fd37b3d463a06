#include "sqs_fifo_model.h"

#include <charconv>

namespace cumulet::simulation {

FifoBody FifoBody::parse(const std::string& text) {
    const auto colon = text.find(':');
    FifoBody body{text.substr(0, colon)};
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), body.number);
    return body;
}

FifoModel::Message& FifoModel::know(const FifoBody& body, const std::string& id, const std::string& sequence) {
    auto& message = groups_[body.group].messages[body.number];
    if (message.id.empty()) message.id = id;
    world_.check(message.id == id, "{} is there twice", body.text());
    if (message.sequence.empty()) message.sequence = sequence;
    // A dead-letter queue numbers anew.
    world_.check(message.dead || message.sequence == sequence, "{} changed its number", body.text());
    return message;
}

void FifoModel::sent(const FifoBody& body, const std::string& message_id, const std::string& sequence) {
    know(body, message_id, sequence).acknowledged = true;
    world_.note(fmt::format("sent {}", body.text()));
    const auto& messages = groups_[body.group].messages;
    const auto own = messages.find(body.number);
    if (own == messages.begin() || own->second.dead) return;
    const auto& before = std::prev(own)->second;
    world_.check(before.dead || before.sequence < sequence, "{} has a number before its predecessor's", body.text());
}

void FifoModel::received(const std::vector<FifoReceipt>& batch) {
    std::map<std::string, int> previous;
    for (const auto& receipt : batch) {
        const auto& body = receipt.body;
        world_.note(fmt::format("received {}{}", body.text(), receipt.dead ? " dead" : ""));
        if (receipt.dead) groups_[body.group].messages[body.number].dead = true;
        auto& message = know(body, receipt.message_id, receipt.sequence);
        world_.check(!message.deleted || *message.deleted > receipt.asked, "{} was deleted, and returns", body.text());
        if (receipt.dead) continue;
        const auto earlier = previous.find(body.group);
        world_.check(earlier == previous.end() || earlier->second < body.number, "{} is out of order in its batch",
                     body.text());
        for (auto& [number, other] : groups_[body.group].messages) {
            if (number >= body.number) break;
            const bool in_batch = std::ranges::any_of(batch, [&](const FifoReceipt& each) {
                return each.body.group == body.group && each.body.number == number;
            });
            if (!in_batch && !other.perhaps_deleted) other.overtaken = true;
        }
        check_blocked(receipt);
        previous[body.group] = body.number;
    }
    for (const auto& receipt : batch) {
        if (!receipt.dead) groups_[receipt.body.group].held.insert_or_assign(receipt.body.number, receipt);
    }
}

void FifoModel::check_blocked(const FifoReceipt& receipt) {
    for (const auto& [number, holder] : groups_[receipt.body.group].held) {
        if (number > receipt.body.number) break;
        if (holder.handle == receipt.handle) continue;
        const bool blocked = receipt.asked > holder.answered && receipt.answered < holder.held_until;
        world_.check(!blocked, "{} was received while {} of its group was in flight", receipt.body.text(),
                     holder.body.text());
    }
}

void FifoModel::trying(const FifoReceipt& receipt, bool to_delete) {
    auto& group = groups_[receipt.body.group];
    const auto held = group.held.find(receipt.body.number);
    if (held != group.held.end() && held->second.handle == receipt.handle) group.held.erase(held);
    if (to_delete) group.messages[receipt.body.number].perhaps_deleted = true;
}

void FifoModel::deleted(const FifoReceipt& receipt) {
    auto& message = groups_[receipt.body.group].messages[receipt.body.number];
    // A handle whose receive was overtaken by another deletes nothing.
    if (world_.now() < receipt.held_until && !message.deleted) message.deleted = world_.now();
    world_.note(fmt::format("deleted {}", receipt.body.text()));
}

void FifoModel::check_total(int64_t total) const {
    int64_t least = 0;
    for (const auto& [name, group] : groups_) {
        for (const auto& [number, message] : group.messages) least += message.acknowledged && !message.perhaps_deleted;
    }
    world_.check(total >= least, "the queues count {} messages, not {} at least", total, least);
}

void FifoModel::check_end() const {
    for (const auto& [name, group] : groups_) {
        for (const auto& [number, message] : group.messages) {
            const bool lost = message.acknowledged && !message.perhaps_deleted;
            world_.check(!lost, "{}:{} was acknowledged, and is lost", name, number);
            world_.check(!message.overtaken || message.dead, "{}:{} was overtaken", name, number);
        }
    }
}

}  // namespace cumulet::simulation
