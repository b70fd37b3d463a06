// Hands notifications to SQS queues, many at once.
#pragma once

#include "contracts/client.h"
#include "contracts/sqs.h"
#include "services/sns/audience.h"
#include "services/sns/signer.h"

namespace cumulet::sns {

class QueueCourier {
  public:
    static constexpr size_t most_at_once = 10;

    /// Without a signer, envelopes have no signature.
    QueueCourier(contracts::Door& door, Signer* signer) : door_(door), signer_(signer) {}

    /// Tries once to send each notification to the subscriber's queue, in their order; at most `most_at_once`. The
    /// attempts stand in the order of the notifications. Never throws.
    Task<std::vector<Attempt>> deliver(std::shared_ptr<const Audience> audience, const Subscriber* subscriber,
                                       std::vector<std::shared_ptr<const Notification>> notifications);
    /// Tries once to send what could not be delivered to the queue that the redrive policy names.
    Task<Attempt> bury(std::shared_ptr<const Audience> audience, const Subscriber* subscriber,
                       std::shared_ptr<const Notification> notification, Attempt last);

  private:
    Task<std::string> body_of(Parcel parcel, bool raw);
    /// A SendMessageRequest or an entry of a batch.
    template <typename Request>
    Task<void> fill_all(Request& request, const Audience& audience, const Subscriber& subscriber,
                        const Notification& notification);
    Task<void> send_batch(Call& call, aws::sqs::SendMessageBatchRequest request, const Topic& topic,
                          std::vector<Attempt>& attempts);
    Task<Attempt> send_alone(Call& call, aws::sqs::SendMessageRequest request);

    contracts::Door& door_;
    Signer* signer_;
};

/// How AWS's retry rules see an error: who calls is at fault, or who answers.
Attempt attempt_of(const std::exception& error);

}  // namespace cumulet::sns
