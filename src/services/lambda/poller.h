// Pollers: one for each enabled event source mapping, in one process of the cloud at a time.
#pragma once

#include <unordered_set>

#include "services/lambda/stream_poller.h"

namespace cumulet::lambda {

class Pollers {
  public:
    /// `shared`: other processes use the store too, so that a lease may be of one that lives.
    Pollers(store::Store& store, contracts::Door& door, TaskGroup& tasks, bool shared, PollerHooks hooks)
        : store_(store), door_(door), tasks_(tasks), shared_(shared), hooks_(std::move(hooks)) {}

    /// Starts a poller for each mapping that no other process polls. Ends when the tasks' group stops.
    Task<void> supervise();

  private:
    struct Poll;  // one mapping's poller

    Task<bool> take_lease(MappingName name);
    Task<void> poll(MappingName name);
    /// Polls until the mapping is no longer ours.
    Task<void> poll_queue(MappingName name, Arn queue);
    Task<void> poll_stream(MappingName name, std::string stream_arn);
    /// The mapping, while it is enabled and ours to poll.
    Task<std::optional<Mapping>> still_ours(MappingName name);
    Task<std::vector<aws::sqs::Message>> gather(Call& call, const Mapping& mapping, std::string queue_url);
    Task<void> handle(std::shared_ptr<Poll> poll, Mapping mapping, std::vector<aws::sqs::Message> messages,
                      Semaphore::Permit permit);
    /// Removes from the queue, and from `messages`, what the mapping's filters do not take.
    Task<void> drop_unwanted(Call& call, const Poll& poll, const Mapping& mapping,
                             std::vector<aws::sqs::Message>& messages);
    Task<void> remove(Call& call, std::string queue_url, std::vector<std::string> receipts);
    /// Its function is gone: the mapping rests until someone enables it.
    Task<void> disable(MappingName name, std::string reason);
    Task<void> give_back(Call& call, std::string queue_url, std::vector<aws::sqs::Message> messages);
    Task<void> pause();

    store::Store& store_;
    contracts::Door& door_;
    TaskGroup& tasks_;
    const bool shared_;
    const PollerHooks hooks_;
    std::string owner_;  // this process among those that share the store
    std::unordered_set<std::string> polling_;
};

}  // namespace cumulet::lambda
