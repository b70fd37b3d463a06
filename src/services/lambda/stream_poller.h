// Reads one DynamoDB stream for one event source mapping, in order, and remembers how far it came.
#pragma once

#include <deque>

#include "contracts/client.h"
#include "services/lambda/storage.h"
#include "services/lambda/stream_mapping.h"
#include "services/lambda/workers/worker.h"

namespace cumulet::lambda {

/// What pollers ask of the service.
struct PollerHooks {
    struct Ran {
        Outcome outcome;
        std::string version;
    };
    /// Runs a function on one event, whose request id is the call's. Throws as Invoke does.
    std::function<Task<Ran>(Call& call, FunctionName name, std::string payload)> run;
    /// Sends `body` to a queue, topic or bucket.
    std::function<Task<void>(Call& call, std::string target, std::string body, std::string key)> deliver;
    /// How old the last record of a batch was when the function got it.
    std::function<void(const FunctionName& name, std::chrono::milliseconds age)> measure_age;
};

class StreamPoller {
  public:
    /// `owner` holds the mapping's lease: without it, nothing is remembered.
    StreamPoller(store::Store& store, contracts::Door& door, const PollerHooks& hooks, MappingName name,
                 std::string stream_arn, std::string owner);

    /// One step: reads what is there, or hands a batch over once, or waits for some seconds. What failed on the way is
    /// done again by the next step. Throws as the stream's operations and Invoke do.
    Task<void> step(Mapping mapping);

  private:
    struct Held {
        std::string sequence_number;
        Time created;
        json::object shown;
    };

    Task<void> find_position(const Mapping& mapping);
    Task<void> remember(std::string after, std::string result);
    Task<void> save_position(StreamPosition position);
    Task<void> open_iterator();
    /// Asks for more records; false if there are none now.
    Task<bool> read(size_t limit, const Mapping& mapping);
    Task<void> gather(const Mapping& mapping);
    Task<void> go_to_next_shard();
    Task<void> hand_over(const Mapping& mapping);
    /// Gives up the records of the first part that are too old. True if there were some.
    Task<bool> give_up_old(Call& call, const Mapping& mapping, const StreamRules& rules);
    Task<void> give_up(Call& call, const Mapping& mapping, BatchPart part, std::string condition);
    /// Records before `end` are done.
    Task<void> done_to(size_t end, std::string result);
    Task<std::vector<aws::dynamodbstreams::Shard>> shards();
    Call call() const;
    bool full(const Mapping& mapping) const;

    store::Store& store_;
    contracts::Door& door_;
    const PollerHooks& hooks_;
    const MappingName name_;
    const std::string stream_arn_;
    const std::string owner_;
    store::Watch records_;
    store::Watch changes_;

    std::optional<StreamPosition> position_;
    std::string iterator_;
    bool shard_ended_ = false;
    std::vector<Held> batch_;
    size_t batch_bytes_ = 0;
    std::string read_to_;  // sequence number of the last record read, wanted or not
    std::optional<Time> window_ends_;
    std::deque<BatchPart> parts_;  // of the batch, once it is handed over
    int no_room_ = 0;
    std::string last_version_;
    std::string last_request_;
};

/// Where a new mapping begins, if that is now. Throws as the stream's operations do.
Task<std::optional<StreamPosition>> starting_position(contracts::Door& door, Call& call, const Mapping& mapping);

}  // namespace cumulet::lambda
