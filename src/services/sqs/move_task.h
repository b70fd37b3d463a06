// A message move task: what moves from a dead-letter queue where, how fast, and how far it is. Pure.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
#pragma once

#include "base/time.h"
#include "contracts/sqs.h"

namespace cumulet::sqs {

constexpr int32_t fastest_move_per_second = 500;

struct MoveTask {
    enum class Status : uint8_t { running, completed, cancelled, failed };

    std::string id;
    std::string account;
    std::string region;
    std::string source;           ///< name of the dead-letter queue
    std::string destination_arn;  ///< "": each message goes back to the queue that it came from
    std::optional<int32_t> messages_per_second;
    Time started;
    Time due;  ///< when the next messages may be moved
    int64_t moved = 0;
    int64_t to_move = 0;
    Status status = Status::running;
    std::string failure_reason;

    std::string source_arn() const { return fmt::format("arn:aws:sqs:{}:{}:{}", region, account, source); }
    std::string handle() const;
    /// How many messages are moved at once.
    size_t batch() const;
    /// How long after `messages` the next may be moved.
    Duration pause_after(size_t messages) const;
    void fail(std::string reason);
    aws::sqs::ListMessageMoveTasksResultEntry shown() const;

    /// All but account, region and source, which are in its key.
    std::string text() const;
    static MoveTask parse(std::string_view text);
};

struct TaskHandle {
    std::string task_id;
    std::string source_arn;
};
/// Nothing unless `text` is a task's handle.
std::optional<TaskHandle> parse_task_handle(std::string_view text);

}  // namespace cumulet::sqs
