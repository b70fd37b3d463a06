// Reads one queue of SQS for one event source mapping: batches of messages, several at once, more while it is full.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
#pragma once

#include "contracts/client.h"
#include "services/lambda/poller_hooks.h"
#include "store/store.h"

namespace cumulet::lambda {

class QueuePoller {
  public:
    QueuePoller(store::Store& store, contracts::Door& door, const PollerHooks& hooks, MappingName name,
                const Arn& queue);

    /// True if a mapping may still be polled; what it says now.
    using StillOurs = std::function<Task<std::optional<Mapping>>()>;
    /// One step: waits for messages and starts handling them. Throws as ReceiveMessage and Invoke do. `still_ours` is
    /// asked again before a function gets what was received. False if the mapping is no longer ours.
    Task<bool> step(Mapping mapping, const StillOurs& still_ours);
    /// Waits for the batches that are under way. Afterwards there are no more steps.
    Task<void> finish();

  private:
    Call call() const;
    Task<std::vector<aws::sqs::Message>> gather(Call& call, const Mapping& mapping);
    /// Waits until another batch may be started.
    Task<void> wait_for_room(const Mapping& mapping);
    /// A queue that has messages for more batches than are under way gets more of them, an empty one as few as at
    /// first.
    void scale(bool found_messages);
    Task<void> handle(Mapping mapping, std::vector<aws::sqs::Message> messages);
    Task<void> run(Call& call, const Mapping& mapping, std::vector<aws::sqs::Message> messages);
    /// Removes from the queue, and from `messages`, what the mapping's filters do not take.
    Task<void> drop_unwanted(Call& call, const Mapping& mapping, std::vector<aws::sqs::Message>& messages);
    Task<void> remove(Call& call, std::vector<std::string> receipts);
    Task<void> give_back(Call& call, std::vector<aws::sqs::Message> messages);

    store::Store& store_;
    contracts::Door& door_;
    const PollerHooks& hooks_;
    const MappingName name_;
    const std::string queue_arn_;
    const std::string queue_url_;
    size_t under_way_ = 0;
    size_t scaled_to_;
    Gates ended_{1};
    TaskGroup batches_;
};

}  // namespace cumulet::lambda
