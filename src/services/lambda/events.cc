// Asynchronous invocations: queued durably, tried up to three times, then sent to the dead-letter queue.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html

#include "base/json.h"
#include "contracts/sqs.h"
#include "runtime/log.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {
namespace {

constexpr size_t most_claimed = 16;
constexpr auto hold_beyond_timeout = std::chrono::seconds(30);
constexpr auto pause_after_failure = std::chrono::seconds(1);
constexpr auto pause_after_throttle = std::chrono::seconds(5);

}  // namespace

Task<void> Service::queue_event(Call& call, FunctionName name, const Function& function, Invocation invocation) {
    const auto now = call.now();
    const QueuedEvent event{
        .due = now,
        .id = invocation.request_id,
        .account = name.account,
        .region = name.region,
        .function = name.name,
        .qualifier = name.qualifier,
        .payload = std::move(invocation.payload),
        .client_context = std::move(invocation.client_context),
        .trace = std::move(invocation.trace),
        .received = now,
        .hold = std::chrono::seconds(function.configuration.Timeout.value_or(3)) + hold_beyond_timeout};
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        save_event(tx, event);
        tx.wake(std::string(events_topic));
        co_return;
    });
}

Task<std::vector<QueuedEvent>> Service::claim_events() {
    const auto now = Reactor::current().now();
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<QueuedEvent>> {
        auto events = co_await due_events(tx, now, most_claimed);
        for (auto& event : events) {
            erase_event(tx, event);
            event.due =
                now + event.hold;  // tried again then, by whichever process, if this one does not say how it ended
            save_event(tx, event);
        }
        co_return events;
    });
}

Task<void> Service::serve_events() {
    auto watch = store_.watch(std::string(events_topic));
    while (!store_.closing()) {
        Time until = Time::max();
        std::vector<QueuedEvent> claimed;
        try {
            claimed = co_await claim_events();
            if (claimed.empty()) {
                const auto next = co_await store_.transact(
                    [](store::Transaction& tx) -> Task<std::optional<Time>> { co_return co_await next_event_due(tx); });
                if (next) until = *next;
            }
        } catch (const std::exception& error) {
            log::warning("queued events of functions could not be read", {{"why", error.what()}});
            until = clock_.now() + pause_after_failure;
        }
        for (auto& event : claimed) {
            auto permit = co_await event_permits_.acquire();
            tasks_.start([](Service& self, QueuedEvent event, Semaphore::Permit permit) -> Task<void> {
                co_await self.handle_event(std::move(event));
            }(*this, std::move(event), std::move(permit)));
        }
        if (claimed.empty()) co_await watch.wait(until);
    }
}

Task<void> Service::handle_event(QueuedEvent event) {
    auto call = service_call(Reactor::current(), "lambda.amazonaws.com", event.account, event.region);
    const FunctionName name{
        .account = event.account, .region = event.region, .name = event.function, .qualifier = event.qualifier};
    std::shared_ptr<const Function> function;
    std::string answer;
    bool failed = true;
    bool throttled = false;
    try {
        const auto fraction = call.random().fraction();
        function = co_await store_.transact([&](store::Transaction& tx) -> Task<std::shared_ptr<const Function>> {
            co_return co_await load_qualified(tx, functions_, name, fraction);
        });
        auto outcome = co_await run(call, name, function,
                                    {.request_id = event.id,
                                     .payload = event.payload,
                                     .function_arn = name.arn(),
                                     .client_context = event.client_context,
                                     .trace = event.trace});
        failed = outcome.failed || outcome.lost;
        answer = std::move(outcome.payload);
    } catch (const aws::lambda::TooManyRequestsException&) {
        throttled = true;
    } catch (const std::exception& error) {
        answer = error.what();
    }
    if (store_.closing() && failed) co_return;  // cut short: it is tried again after the next start
    try {
        if (throttled) {
            co_await try_again(event, event, clock_.now() + pause_after_throttle);
        } else if (failed) {
            co_await event_failed(std::move(event), function.get(), std::move(answer));
        } else {
            co_await forget(std::move(event));
        }
    } catch (const std::exception& error) {
        log::warning("an event's end was not recorded: it will be tried again",
                     {{"event", name.arn()}, {"why", error.what()}});
    }
}

Task<void> Service::event_failed(QueuedEvent event, const Function* function, std::string answer) {
    auto retry = event;
    ++retry.attempts;
    const auto next =
        function ? next_attempt(retry, clock_.now()) : std::nullopt;  // a function that is gone stays gone
    if (!next && function && function->configuration.DeadLetterConfig) {
        auto call = service_call(Reactor::current(), "lambda.amazonaws.com", event.account, event.region);
        co_await send_to_dead_letters(call, event, *function->configuration.DeadLetterConfig->TargetArn,
                                      std::move(answer));
    }
    if (next) {
        co_await try_again(std::move(event), std::move(retry), *next);
    } else {
        co_await forget(std::move(event));
    }
}

Task<void> Service::try_again(QueuedEvent event, QueuedEvent changed, Time due) {
    changed.due = due;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        erase_event(tx, event);
        save_event(tx, changed);
        tx.wake(std::string(events_topic));
        co_return;
    });
}

Task<void> Service::forget(QueuedEvent event) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        erase_event(tx, event);
        co_return;
    });
}

Task<void> Service::send_to_dead_letters(Call& call, const QueuedEvent& event, std::string target_arn,
                                         std::string answer) {
    const auto arn = Arn::parse(target_arn);
    if (!arn || arn->service != "sqs") {
        log::warning("an event was dropped: only SQS queues take dead letters", {{"target", target_arn}});
        co_return;
    }
    const auto parsed = parse_json(answer);
    const auto message =
        parsed && parsed->is_object() ? std::string(string_or(parsed->as_object(), "errorMessage")) : answer;
    const auto text = [](std::string value, std::string type) {
        return aws::sqs::MessageAttributeValue{.StringValue = std::move(value), .DataType = std::move(type)};
    };
    aws::sqs::SendMessageRequest request{
        .QueueUrl = fmt::format("{}/{}/{}", call.base_url(), arn->account, arn->resource),
        .MessageBody = event.payload};
    auto& attributes = request.MessageAttributes.emplace();
    attributes["RequestID"] = text(event.id, "String");
    attributes["ErrorCode"] = text("200", "Number");
    if (!message.empty()) attributes["ErrorMessage"] = text(message.substr(0, 1024), "String");
    aws::sqs::Client sqs(door_);
    try {
        co_await sqs.send_message(call, std::move(request));
    } catch (const aws::Error& error) {
        log::warning("an event was dropped: its dead-letter queue refused it",
                     {{"target", target_arn}, {"why", error.message}});
    }
}

}  // namespace cumulet::lambda
