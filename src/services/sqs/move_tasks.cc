// StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask. `mover.h` does the moving.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html

#include "services/sqs/contents.h"
#include "services/sqs/dead_letters.h"
#include "services/sqs/mover.h"
#include "services/sqs/service.h"

namespace cumulet::sqs {

using namespace aws::sqs;

namespace {

constexpr int32_t most_results = 10;

Arn parse_queue_arn(std::string_view name, const std::string& text) {
    const auto arn = Arn::parse(text);
    if (arn && arn->service == "sqs" && !arn->resource.empty()) return *arn;
    // Unverified: the text is told by others, its code is not.
    throw invalid_parameter(fmt::format(
        "You must use this format to specify the {}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
        name));
}

ResourceNotFoundException no_queue(std::string_view name) {
    return ResourceNotFoundException(
        fmt::format("The resource that you specified for the {} parameter doesn't exist.", name));
}

Task<Queue> load_by_arn(store::Transaction& tx, std::string_view name, Arn arn) {
    auto queue = co_await find_queue(tx, {arn.account, arn.region}, arn.resource);
    if (!queue) throw no_queue(name);
    co_return std::move(*queue);
}

void check_rate(const std::optional<int32_t>& per_second) {
    if (!per_second || (*per_second >= 1 && *per_second <= fastest_move_per_second)) return;
    throw invalid_parameter(fmt::format(
        "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a number that's "
        "between 1 and {}.",
        fastest_move_per_second));
}

/// Throws unless messages of `source` may be moved to where `request` says.
Task<void> check_queues(store::Transaction& tx, const Queue& source,
                        const std::optional<std::string>& destination_arn) {
    if ((co_await dead_letter_sources(tx, source, "", 1)).empty()) {
        throw invalid_parameter("Source queue must be configured as a Dead Letter Queue.");
    }
    if (!destination_arn) co_return;
    const auto destination =
        co_await load_by_arn(tx, "DestinationArn", parse_queue_arn("DestinationArn", *destination_arn));
    if (destination.arn() == source.arn()) {
        throw invalid_parameter("Source queue arn and destination queue arn cannot be the same.");
    }
    if (destination.fifo() != source.fifo()) {
        throw invalid_parameter("The source queue and destination queue must be of the same queue type.");
    }
}

}  // namespace

Task<StartMessageMoveTaskResult> Service::start_message_move_task(Call& call, StartMessageMoveTaskRequest request) {
    if (request.SourceArn.empty()) throw missing_parameter("SourceArn");
    const auto source_arn = parse_queue_arn("SourceArn", request.SourceArn);
    check_rate(request.MaxNumberOfMessagesPerSecond);
    const auto id = call.random().uuid();

    auto handle = co_await store_.transact([&](store::Transaction& tx) -> Task<std::string> {
        const auto source = co_await load_by_arn(tx, "SourceArn", source_arn);
        co_await check_queues(tx, source, request.DestinationArn);
        const auto earlier = co_await recent_move_tasks(tx, source, most_results);
        if (!earlier.empty() && earlier.front().status == MoveTask::Status::running) {
            throw invalid_parameter(
                "There is already a task running. Only one active task is allowed for a source queue arn at a given "
                "time.");
        }
        if (earlier.size() == most_results) erase_move_tasks(tx, source, earlier[most_results - 2].started);
        MoveTask task;
        task.id = id;
        task.account = source.account;
        task.region = source.region;
        task.source = source.name;
        task.destination_arn = request.DestinationArn.value_or("");
        task.messages_per_second = request.MaxNumberOfMessagesPerSecond;
        task.started = task.due = call.now();
        task.to_move = (co_await count_messages(tx, source, call.now())).visible;
        save_move_task(tx, source, task);
        tx.wake(std::string(Mover::topic));
        co_return task.handle();
    });
    co_return StartMessageMoveTaskResult{.TaskHandle = std::move(handle)};
}

Task<ListMessageMoveTasksResult> Service::list_message_move_tasks(Call&, ListMessageMoveTasksRequest request) {
    if (request.SourceArn.empty()) throw missing_parameter("SourceArn");
    const auto source_arn = parse_queue_arn("SourceArn", request.SourceArn);
    const auto most = request.MaxResults.value_or(1);
    if (most < 1 || most > most_results) {
        // Unverified: worded as its like of StartMessageMoveTask.
        throw invalid_parameter(fmt::format(
            "Value for parameter MaxResults is invalid. Reason: You must enter a number that's between 1 and "
            "{}.",
            most_results));
    }
    const auto tasks = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<MoveTask>> {
        const auto source = co_await load_by_arn(tx, "SourceArn", source_arn);
        co_return co_await recent_move_tasks(tx, source, static_cast<size_t>(most));
    });
    ListMessageMoveTasksResult result;
    result.Results.emplace();
    for (const auto& task : tasks) result.Results->push_back(task.shown());
    co_return result;
}

Task<CancelMessageMoveTaskResult> Service::cancel_message_move_task(Call&, CancelMessageMoveTaskRequest request) {
    if (request.TaskHandle.empty()) throw missing_parameter("TaskHandle");
    const auto handle = parse_task_handle(request.TaskHandle);
    if (!handle) throw invalid_parameter("Value for parameter TaskHandle is invalid.");
    const auto source_arn = parse_queue_arn("SourceArn", handle->source_arn);

    const auto moved = co_await store_.transact([&](store::Transaction& tx) -> Task<int64_t> {
        const auto source = co_await load_by_arn(tx, "SourceArn", source_arn);
        auto tasks = co_await recent_move_tasks(tx, source, 1);
        if (tasks.empty() || tasks.front().id != handle->task_id || tasks.front().status != MoveTask::Status::running) {
            throw ResourceNotFoundException("Task does not exist.");
        }
        tasks.front().status = MoveTask::Status::cancelled;
        save_move_task(tx, source, tasks.front());
        co_return tasks.front().moved;
    });
    co_return CancelMessageMoveTaskResult{.ApproximateNumberOfMessagesMoved = moved};
}

}  // namespace cumulet::sqs
