// What a queue and its dead-letter queue may hold, by what their callers were told.
#pragma once

#include "world.h"

namespace cumulet::simulation {

/// One receive, as its receiver knows it: the claim was made between `asked` and `answered`.
struct Receipt {
    std::string message_id;
    std::string body;
    int64_t count = 0;
    bool dead = false;  ///< from the dead-letter queue
    Time asked;
    Time answered;
    Duration visibility{};
    Time held_until() const { return asked + visibility; }
};

class SqsModel {
  public:
    explicit SqsModel(World& world) : world_(world) {}

    /// A try to send `body`, which nobody may see before `not_before`.
    void trying_to_send(const std::string& body, Time not_before);
    void sent(const std::string& body, const std::string& message_id);
    void received(const Receipt& receipt);
    /// Before a try to delete it or to move its visibility: it may have its effect at any later moment.
    void trying_to_delete(const Receipt& receipt);
    void trying_to_move(const Receipt& receipt);
    /// Acknowledged. While the receiver held the message, nobody else can have.
    void deleted(const Receipt& receipt);
    void moved(Receipt& receipt, Time asked, Duration visibility);

    /// How many messages there may be, at least and at most.
    void check_total(int64_t total) const;
    /// Everything acknowledged was deleted by somebody.
    void check_nothing_lost() const;

  private:
    struct Message {
        std::string body;
        bool acknowledged = false;
        bool perhaps_deleted = false;
        bool deleted = false;
        bool dead = false;
        std::optional<Receipt> latest;
        Time hidden_until = Time::min();
    };
    struct Body {
        int tries = 0;
        int known = 0;  ///< copies whose ids were told
        Time not_before = Time::max();
    };
    Message& message(const std::string& id, const std::string& body);

    World& world_;
    std::map<std::string, Message> messages_;
    std::map<std::string, Body> bodies_;
};

}  // namespace cumulet::simulation
