// Asynchronous invocations: queued durably, tried again a few times, and then sent to where they end.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html

#include "base/json.h"
#include "runtime/log.h"
#include "services/lambda/destination.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {
namespace {

constexpr size_t most_claimed = 16;
constexpr size_t most_released = 1000;
constexpr auto hold_beyond_timeout = std::chrono::seconds(30);
constexpr auto pause_after_failure = std::chrono::seconds(1);
constexpr size_t most_message_bytes = 1024;

EventBounds bounds_of(const std::optional<aws::lambda::FunctionEventInvokeConfig>& config) {
    EventBounds bounds;
    if (!config) return bounds;
    bounds.retries = config->MaximumRetryAttempts.value_or(bounds.retries);
    if (config->MaximumEventAgeInSeconds) bounds.oldest = std::chrono::seconds(*config->MaximumEventAgeInSeconds);
    return bounds;
}

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
    measure(name, {{.name = "AsyncEventsReceived"}});
}

Task<std::vector<QueuedEvent>> Service::claim_events() {
    const auto now = Reactor::current().now();
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<QueuedEvent>> {
        auto events = co_await due_events(tx, now, most_claimed);
        for (auto& event : events) {
            erase_event(tx, event);
            event.due =
                now + event.hold;  // tried again then, by whichever process, if this one does not say how it ended
            event.claimed = true;
            save_event(tx, event);
        }
        co_return events;
    });
}

Task<void> Service::release_claims() {
    const auto now = Reactor::current().now();
    for (std::string from; !store_.closing();) {
        from = co_await store_.transact([&](store::Transaction& tx) -> Task<std::string> {
            auto page = co_await page_of_events(tx, from, most_released);
            for (auto& event : page.events) {
                if (!event.claimed) continue;
                erase_event(tx, event);
                event.due = now;
                event.claimed = false;
                save_event(tx, event);
            }
            co_return page.next;
        });
        if (from.empty()) co_return;
    }
}

Task<void> Service::serve_events() {
    auto watch = store_.watch(std::string(events_topic));
    bool released = options_.shared;
    while (!store_.closing()) {
        Time until = Time::max();
        std::vector<QueuedEvent> claimed;
        try {
            if (!released) co_await release_claims();
            released = true;
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
    call.trace = event.trace;
    const auto name = event.name();
    Attempt attempt;
    try {
        attempt.function = co_await find_to_run(call, name);
        attempt.config = co_await event_config_of(name);
        const auto bounds = bounds_of(attempt.config);
        if (clock_.now() > event.received + bounds.oldest) {
            attempt.condition = "EventAgeExceeded";
        } else if ((co_await current_of(name, attempt.function))->reserved_concurrency == 0) {
            attempt.condition = "ZeroReservedConcurrency";
        } else {
            const auto age = std::chrono::duration<double, std::milli>(clock_.now() - event.received).count();
            measure(name, {{.name = "AsyncEventAge", .value = age, .unit = "Milliseconds"}});
            auto outcome = co_await run(call, name, attempt.function,
                                        {.request_id = event.id,
                                         .payload = event.payload,
                                         .function_arn = name.arn(),
                                         .client_context = event.client_context,
                                         .trace = event.trace,
                                         .pipe = {}});
            attempt.failed = outcome.failed || outcome.lost;
            attempt.ran = true;
            attempt.answer = std::move(outcome.payload);
        }
    } catch (const aws::lambda::TooManyRequestsException&) {
        attempt.throttled = true;
    } catch (const aws::lambda::RecursiveInvocationException& error) {
        attempt.condition = "RetriesExhausted";  // trying again would go on with the loop
        attempt.answer = error.what();
    } catch (const std::exception& error) {
        attempt.answer = error.what();
    }
    if (store_.closing() && attempt.failed) co_return;  // cut short: it is tried again after the next start
    try {
        co_await end_attempt(call, std::move(event), std::move(attempt));
    } catch (const std::exception& error) {
        log::warning("an event's end was not recorded: it will be tried again",
                     {{"event", name.arn()}, {"why", error.what()}});
    }
}

Task<std::optional<aws::lambda::FunctionEventInvokeConfig>> Service::event_config_of(FunctionName name) {
    if (name.qualifier.empty()) name.qualifier = latest;
    using Config = std::optional<aws::lambda::FunctionEventInvokeConfig>;
    co_return co_await store_.transact(
        [&](store::Transaction& tx) -> Task<Config> { co_return co_await find_event_config(tx, name); });
}

Task<void> Service::end_attempt(Call& call, QueuedEvent event, Attempt attempt) {
    const auto bounds = bounds_of(attempt.config);
    auto retry = event;
    std::optional<Time> next;
    if (attempt.throttled) {
        next = after_throttle(event, clock_.now());
        ++retry.throttles;
    } else if (attempt.failed && attempt.condition.empty()) {
        ++retry.attempts;
        // A function that is gone stays gone.
        if (attempt.function) next = next_attempt(retry, clock_.now(), bounds);
    }
    if (next) co_return co_await try_again(std::move(event), std::move(retry), *next);
    if (attempt.throttled || attempt.failed) {
        measure(event.name(), {{.name = "AsyncEventsDropped"}});
    }
    if (attempt.function) {
        const auto invocations = attempt.failed ? retry.attempts : event.attempts + 1;
        EventEnd end{.request_id = event.id,
                     .function_arn = fmt::format("arn:aws:lambda:{}:{}:function:{}:{}", event.region, event.account,
                                                 event.function, event.qualifier.empty() ? latest : event.qualifier),
                     .condition = !attempt.failed             ? "Success"
                                  : attempt.condition.empty() ? "RetriesExhausted"
                                                              : attempt.condition,
                     .invocations = invocations,
                     .payload = event.payload,
                     .version = attempt.ran ? attempt.function->version() : "",
                     .response = attempt.answer,
                     .failed = attempt.failed};
        co_await send_to_destination(call, event, attempt, std::move(end));
    }
    co_await forget(std::move(event));
}

Task<void> Service::send_to_destination(Call& call, const QueuedEvent& event, const Attempt& attempt, EventEnd end) {
    const auto& configuration = attempt.function->configuration;
    if (attempt.failed && configuration.DeadLetterConfig) {
        co_await send_to_dead_letters(call, event, *configuration.DeadLetterConfig->TargetArn, attempt.answer);
    }
    if (!attempt.config || !attempt.config->DestinationConfig) co_return;
    const auto& destinations = *attempt.config->DestinationConfig;
    std::string target;
    if (attempt.failed && destinations.OnFailure) target = destinations.OnFailure->Destination.value_or("");
    if (!attempt.failed && destinations.OnSuccess) target = destinations.OnSuccess->Destination.value_or("");
    if (target.empty()) co_return;
    auto key = destination_key("async", event.function, call.now(), call.random().uuid());
    if (!co_await deliver(call, std::move(target), destination_record(end, call.now()), std::move(key))) {
        measure(event.name(), {{.name = "DestinationDeliveryFailures"}});
    }
}

Task<void> Service::try_again(QueuedEvent event, QueuedEvent changed, Time due) {
    changed.due = due;
    changed.claimed = false;
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
    const auto parsed = parse_json(answer);
    const auto message =
        parsed && parsed->is_object() ? std::string(string_or(parsed->as_object(), "errorMessage")) : answer;
    std::map<std::string, std::pair<std::string, std::string>> attributes{{"RequestID", {"String", event.id}},
                                                                          {"ErrorCode", {"Number", "200"}}};
    if (!message.empty()) attributes["ErrorMessage"] = {"String", message.substr(0, most_message_bytes)};
    if (!co_await deliver(call, std::move(target_arn), event.payload, "", std::move(attributes))) {
        measure(event.name(), {{.name = "DeadLetterErrors"}});
    }
}

}  // namespace cumulet::lambda
