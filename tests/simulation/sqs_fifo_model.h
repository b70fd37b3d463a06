// What a FIFO queue and its dead-letter queue may hand out, by what their callers were told.
#pragma once

#include "world.h"

namespace cumulet::simulation {

/// The body of the message `number` of its group.
struct FifoBody {
    std::string group;
    int number = 0;
    std::string text() const { return fmt::format("{}:{}", group, number); }
    static FifoBody parse(const std::string& text);
};

struct FifoReceipt {
    FifoBody body;
    std::string message_id;
    std::string handle;
    std::string sequence;
    bool dead = false;  ///< from the dead-letter queue
    Time asked;
    Time answered;
    Time held_until;  ///< at least
};

class FifoModel {
  public:
    explicit FifoModel(World& world) : world_(world) {}

    void sent(const FifoBody& body, const std::string& message_id, const std::string& sequence);
    /// One answer.
    void received(const std::vector<FifoReceipt>& batch);
    /// Before a try to delete it, or to give it back: it may have its effect at any later moment.
    void trying(const FifoReceipt& receipt, bool to_delete);
    void deleted(const FifoReceipt& receipt);

    void check_total(int64_t total) const;
    /// Everything acknowledged was deleted by somebody, and whatever was overtaken had died.
    void check_end() const;

  private:
    struct Message {
        std::string id;
        std::string sequence;
        bool acknowledged = false;
        bool perhaps_deleted = false;
        std::optional<Time> deleted;
        bool dead = false;
        bool overtaken = false;  ///< a later one of its group was received while this one was not handled
    };
    struct Group {
        std::map<int, Message> messages;
        std::map<int, FifoReceipt> held;  ///< by number, as far as is known: later ones may not be received
    };

    Message& know(const FifoBody& body, const std::string& id, const std::string& sequence);
    void check_blocked(const FifoReceipt& receipt);

    World& world_;
    std::map<std::string, Group> groups_;
};

}  // namespace cumulet::simulation
