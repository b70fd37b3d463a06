#include "services/lambda/queue_poller.h"

#include "runtime/log.h"
#include "services/lambda/record_filter.h"

namespace cumulet::lambda {
namespace {

constexpr auto longest_poll = std::chrono::seconds(20);
constexpr size_t most_per_receive = 10;
constexpr size_t most_batch_bytes = 6'000'000;
constexpr size_t batches_at_first = 5;

size_t bytes_of(const aws::sqs::Message& message) { return message.Body.value_or("").size() + 1024; }

}  // namespace

QueuePoller::QueuePoller(store::Store& store, contracts::Door& door, const PollerHooks& hooks, MappingName name,
                         const Arn& queue)
    : store_(store),
      door_(door),
      hooks_(hooks),
      name_(std::move(name)),
      queue_arn_(queue.text()),
      queue_url_(queue_url_of(call(), queue)),
      scaled_to_(batches_at_first) {}

Call QueuePoller::call() const {
    return service_call(Reactor::current(), "lambda.amazonaws.com", name_.account, name_.region);
}

Task<bool> QueuePoller::step(Mapping mapping, const StillOurs& still_ours) {
    co_await wait_for_room(mapping);
    auto call = this->call();
    auto messages = co_await gather(call, mapping);
    scale(!messages.empty());
    if (messages.empty()) co_return true;
    const auto now = co_await still_ours();
    if (!now) {
        co_await give_back(call, std::move(messages));
        co_return false;
    }
    EventCounts(hooks_, name_, *now).add("PolledEventCount", messages.size());
    ++under_way_;
    batches_.start(handle(*now, std::move(messages)));
    co_return true;
}

Task<void> QueuePoller::wait_for_room(const Mapping& mapping) {
    const auto most = mapping.concurrency().value_or(scaled_to_);
    while (under_way_ >= most) co_await ended_.wait("", ended_.version(""), Time::max());
}

void QueuePoller::scale(bool found_messages) {
    if (!found_messages) {
        scaled_to_ = batches_at_first;
    } else if (under_way_ + 1 >= scaled_to_) {
        scaled_to_ = std::min(scaled_to_ + batches_at_first, hooks_.most_batches);
    }
}

Task<void> QueuePoller::finish() { co_await batches_.stop(); }

Task<std::vector<aws::sqs::Message>> QueuePoller::gather(Call& call, const Mapping& mapping) {
    aws::sqs::Client sqs(door_);
    std::vector<aws::sqs::Message> gathered;
    size_t bytes = 0;
    std::optional<Time> window_ends;
    while (gathered.size() < mapping.batch_size() && bytes < most_batch_bytes && !store_.closing()) {
        auto wait = longest_poll;
        if (window_ends) {
            const auto left = std::chrono::ceil<std::chrono::seconds>(*window_ends - call.now());
            if (left <= std::chrono::seconds(0)) break;
            wait = std::min(wait, left);
        }
        call.started = call.now();
        auto answer = co_await sqs.receive_message(
            call, {.QueueUrl = queue_url_,
                   .MessageSystemAttributeNames = std::vector<std::string>{"All"},
                   .MessageAttributeNames = std::vector<std::string>{"All"},
                   .MaxNumberOfMessages =
                       static_cast<int32_t>(std::min(most_per_receive, mapping.batch_size() - gathered.size())),
                   .WaitTimeSeconds = static_cast<int32_t>(wait.count())});
        for (auto& message : answer.Messages.value_or(std::vector<aws::sqs::Message>())) {
            bytes += bytes_of(message);
            gathered.push_back(std::move(message));
        }
        if (mapping.window() == std::chrono::seconds(0)) break;
        if (gathered.empty()) break;
        if (!window_ends) window_ends = call.now() + mapping.window();
    }
    co_return gathered;
}

Task<void> QueuePoller::handle(Mapping mapping, std::vector<aws::sqs::Message> messages) {
    auto call = this->call();
    std::string gone;
    try {
        co_await drop_unwanted(call, mapping, messages);
        if (!messages.empty()) co_await run(call, mapping, std::move(messages));
    } catch (const aws::lambda::ResourceNotFoundException& error) {
        gone = error.message;
    } catch (const std::exception& error) {
        log::warning("messages of an event source were not handled", {{"mapping", name_.uuid}, {"why", error.what()}});
    }
    if (!gone.empty()) co_await hooks_.rest(name_, std::move(gone));
    --under_way_;
    ended_.wake("");
}

Task<void> QueuePoller::run(Call& call, const Mapping& mapping, std::vector<aws::sqs::Message> messages) {
    const EventCounts counts(hooks_, name_, mapping);
    if (const auto& attributes = messages.front().Attributes; attributes && attributes->contains("AWSTraceHeader")) {
        call.trace = attributes->at("AWSTraceHeader");
    }
    const auto function = parse_function_name(call, mapping.configuration.FunctionArn.value_or(""));
    const auto ran = co_await hooks_.run(call, function, queue_event(messages, queue_arn_, name_.region));
    const auto& outcome = ran.outcome;
    const bool failed = outcome.failed || outcome.lost;
    counts.add(failed ? "FailedInvokeEventCount" : "InvokedEventCount", messages.size());
    // What was not handled becomes visible again when its time is up.
    if (failed) co_return;
    std::vector<std::string> receipts;
    for (const auto* message : handled_messages(messages, mapping.reports_failures(), outcome.payload)) {
        receipts.push_back(message->ReceiptHandle.value_or(""));
    }
    counts.add("DeletedEventCount", receipts.size());
    co_await remove(call, std::move(receipts));
}

Task<void> QueuePoller::drop_unwanted(Call& call, const Mapping& mapping, std::vector<aws::sqs::Message>& messages) {
    const RecordFilter filter(mapping.configuration.FilterCriteria);
    if (filter.empty()) co_return;
    std::vector<std::string> receipts;
    std::erase_if(messages, [&](const aws::sqs::Message& message) {
        if (filter.takes(queue_record(message, queue_arn_, name_.region))) return false;
        receipts.push_back(message.ReceiptHandle.value_or(""));
        return true;
    });
    EventCounts(hooks_, name_, mapping).add("FilteredOutEventCount", receipts.size());
    co_await remove(call, std::move(receipts));
}

Task<void> QueuePoller::remove(Call& call, std::vector<std::string> receipts) {
    aws::sqs::Client sqs(door_);
    for (size_t begin = 0; begin < receipts.size(); begin += most_per_receive) {
        aws::sqs::DeleteMessageBatchRequest request{.QueueUrl = queue_url_};
        for (size_t i = begin; i < std::min(begin + most_per_receive, receipts.size()); ++i) {
            request.Entries.push_back({.Id = std::to_string(i), .ReceiptHandle = receipts[i]});
        }
        co_await sqs.delete_message_batch(call, std::move(request));
    }
}

Task<void> QueuePoller::give_back(Call& call, std::vector<aws::sqs::Message> messages) {
    aws::sqs::Client sqs(door_);
    for (const auto& message : messages) {
        co_await sqs.change_message_visibility(
            call,
            {.QueueUrl = queue_url_, .ReceiptHandle = message.ReceiptHandle.value_or(""), .VisibilityTimeout = 0});
    }
}

}  // namespace cumulet::lambda
