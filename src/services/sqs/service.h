// Amazon SQS: queues of messages that receivers hide, handle and delete.
#pragma once

#include "contracts/metrics.h"
#include "contracts/resource.h"
#include "contracts/sqs.h"
#include "services/sqs/gauges.h"
#include "services/sqs/in_flight.h"
#include "services/sqs/line.h"
#include "services/sqs/mover.h"
#include "services/sqs/settings.h"
#include "store/store.h"

namespace cumulet::sqs {

class Service final : public aws::sqs::Api {
  public:
    explicit Service(store::Store& store, Settings settings = {}, contracts::Metrics* metrics = nullptr)
        : store_(store), settings_(settings), metrics_(metrics) {
        if (metrics) metrics->add_source(gauges_);
    }

    // queues.cc
    Task<aws::sqs::CreateQueueResult> create_queue(Call& call, aws::sqs::CreateQueueRequest request) override;
    Task<aws::sqs::DeleteQueueResponse> delete_queue(Call& call, aws::sqs::DeleteQueueRequest request) override;
    Task<aws::sqs::GetQueueUrlResult> get_queue_url(Call& call, aws::sqs::GetQueueUrlRequest request) override;
    Task<aws::sqs::ListQueuesResult> list_queues(Call& call, aws::sqs::ListQueuesRequest request) override;
    Task<aws::sqs::PurgeQueueResponse> purge_queue(Call& call, aws::sqs::PurgeQueueRequest request) override;

    // attributes.cc
    Task<aws::sqs::GetQueueAttributesResult> get_queue_attributes(Call& call,
                                                                  aws::sqs::GetQueueAttributesRequest request) override;
    Task<aws::sqs::SetQueueAttributesResponse> set_queue_attributes(
        Call& call, aws::sqs::SetQueueAttributesRequest request) override;
    Task<aws::sqs::TagQueueResponse> tag_queue(Call& call, aws::sqs::TagQueueRequest request) override;
    Task<aws::sqs::UntagQueueResponse> untag_queue(Call& call, aws::sqs::UntagQueueRequest request) override;
    Task<aws::sqs::ListQueueTagsResult> list_queue_tags(Call& call, aws::sqs::ListQueueTagsRequest request) override;

    // permissions.cc
    Task<aws::sqs::AddPermissionResponse> add_permission(Call& call, aws::sqs::AddPermissionRequest request) override;
    Task<aws::sqs::RemovePermissionResponse> remove_permission(Call& call,
                                                               aws::sqs::RemovePermissionRequest request) override;

    // dead_letters.cc
    Task<aws::sqs::ListDeadLetterSourceQueuesResult> list_dead_letter_source_queues(
        Call& call, aws::sqs::ListDeadLetterSourceQueuesRequest request) override;

    // move_tasks.cc
    Task<aws::sqs::StartMessageMoveTaskResult> start_message_move_task(
        Call& call, aws::sqs::StartMessageMoveTaskRequest request) override;
    Task<aws::sqs::ListMessageMoveTasksResult> list_message_move_tasks(
        Call& call, aws::sqs::ListMessageMoveTasksRequest request) override;
    Task<aws::sqs::CancelMessageMoveTaskResult> cancel_message_move_task(
        Call& call, aws::sqs::CancelMessageMoveTaskRequest request) override;

    // send.cc
    Task<aws::sqs::SendMessageResult> send_message(Call& call, aws::sqs::SendMessageRequest request) override;
    Task<aws::sqs::SendMessageBatchResult> send_message_batch(Call& call,
                                                              aws::sqs::SendMessageBatchRequest request) override;

    // receive.cc
    Task<aws::sqs::ReceiveMessageResult> receive_message(Call& call, aws::sqs::ReceiveMessageRequest request) override;

    // handled.cc
    Task<aws::sqs::DeleteMessageResponse> delete_message(Call& call, aws::sqs::DeleteMessageRequest request) override;
    Task<aws::sqs::DeleteMessageBatchResult> delete_message_batch(Call& call,
                                                                  aws::sqs::DeleteMessageBatchRequest request) override;
    Task<aws::sqs::ChangeMessageVisibilityResponse> change_message_visibility(
        Call& call, aws::sqs::ChangeMessageVisibilityRequest request) override;
    Task<aws::sqs::ChangeMessageVisibilityBatchResult> change_message_visibility_batch(
        Call& call, aws::sqs::ChangeMessageVisibilityBatchRequest request) override;

    // authorization.cc
    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;
    Task<std::string> resource_policy(Call& call, std::string arn) override;

    /// Starts the work in the background.
    void start() { mover_.start(); }
    Task<void> stop() { return mover_.stop(); }

  private:
    /// The queue's URL as this cloud's answers show it.
    std::string url_of(const Call& call, const QueueAddress& address) const {
        return queue_url(call, address, settings_.url_form);
    }
    /// Waits for those who would conflict: receivers of one queue all want its first messages, and on a FIFO queue
    /// everybody changes its groups. Nothing where there is nothing to wait for.
    Task<std::optional<KeyedLocks::Guard>> take_turn(QueueAddress address, bool receives);

    /// Tells CloudWatch what happened in a queue.
    void measure(const Call& call, const QueueAddress& address, std::span<const contracts::MetricSample> samples);
    void measure(const Call& call, const QueueAddress& address,
                 std::initializer_list<contracts::MetricSample> samples) {
        measure(call, address, std::span(samples.begin(), samples.size()));
    }

    store::Store& store_;
    const Settings settings_;
    contracts::Metrics* const metrics_;
    Gauges gauges_{store_};
    Mover mover_{store_};
    KeyedLocks turns_;  // by queue
    Line line_;         // of receivers that wait
    InFlightLimit in_flight_;
};

/// AWS::SQS::Queue, AWS::SQS::QueuePolicy and AWS::SQS::QueueInlinePolicy.
std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door);

}  // namespace cumulet::sqs
