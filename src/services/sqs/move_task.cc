#include "services/sqs/move_task.h"

#include "base/bytes.h"
#include "base/json.h"
#include "store/record.h"

namespace cumulet::sqs {
namespace {

constexpr size_t largest_batch = 50;
constexpr int32_t batches_per_second = 10;

std::string_view text_of(MoveTask::Status status) {
    switch (status) {
        case MoveTask::Status::completed: return "COMPLETED";
        case MoveTask::Status::cancelled: return "CANCELLED";
        case MoveTask::Status::failed: return "FAILED";
        default: return "RUNNING";
    }
}

}  // namespace

std::string MoveTask::handle() const {
    return to_base64(json::serialize(json::object{{"taskId", id}, {"sourceArn", source_arn()}}));
}

size_t MoveTask::batch() const {
    if (!messages_per_second) return largest_batch;
    return static_cast<size_t>(std::max(1, *messages_per_second / batches_per_second));
}

Duration MoveTask::pause_after(size_t messages) const {
    if (!messages_per_second) return Duration(0);
    return std::chrono::duration_cast<Duration>(std::chrono::seconds(messages)) / *messages_per_second;
}

void MoveTask::fail(std::string reason) {
    status = Status::failed;
    failure_reason = std::move(reason);
}

aws::sqs::ListMessageMoveTasksResultEntry MoveTask::shown() const {
    aws::sqs::ListMessageMoveTasksResultEntry entry;
    if (status == Status::running) entry.TaskHandle = handle();
    entry.Status = std::string(text_of(status));
    entry.SourceArn = source_arn();
    if (!destination_arn.empty()) entry.DestinationArn = destination_arn;
    entry.MaxNumberOfMessagesPerSecond = messages_per_second;
    entry.ApproximateNumberOfMessagesMoved = moved;
    entry.ApproximateNumberOfMessagesToMove = to_move;
    if (!failure_reason.empty()) entry.FailureReason = failure_reason;
    entry.StartedTimestamp = epoch_millis(started);
    return entry;
}

std::string MoveTask::text() const {
    return store::RecordWriter(1)
        .text(id)
        .text(destination_arn)
        .number(messages_per_second.value_or(0))
        .time(started)
        .time(due)
        .number(moved)
        .number(to_move)
        .number(static_cast<int64_t>(status))
        .text(failure_reason)
        .take();
}

MoveTask MoveTask::parse(std::string_view text) {
    store::RecordReader reader(text);
    MoveTask task;
    task.id = reader.text();
    task.destination_arn = reader.text();
    if (const auto rate = reader.number(); rate > 0) task.messages_per_second = static_cast<int32_t>(rate);
    task.started = reader.time();
    task.due = reader.time();
    task.moved = reader.number();
    task.to_move = reader.number();
    task.status = static_cast<Status>(reader.number());
    task.failure_reason = reader.text();
    return task;
}

std::optional<TaskHandle> parse_task_handle(std::string_view text) {
    const auto decoded = from_base64(text);
    const auto document = decoded ? parse_json(*decoded, 4) : std::unexpected(std::string());
    if (!document || !document->is_object()) return std::nullopt;
    TaskHandle handle;
    handle.task_id = string_or(document->get_object(), "taskId");
    handle.source_arn = string_or(document->get_object(), "sourceArn");
    if (handle.task_id.empty() || !Arn::parse(handle.source_arn)) return std::nullopt;
    return handle;
}

}  // namespace cumulet::sqs
