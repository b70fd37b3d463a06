#include "services/lambda/poller.h"

#include "runtime/log.h"
#include "services/lambda/record_filter.h"

namespace cumulet::lambda {
namespace {

constexpr auto lease_time = std::chrono::seconds(60);
constexpr auto longest_poll = std::chrono::seconds(20);
constexpr auto pause_after_failure = std::chrono::seconds(5);
constexpr size_t most_per_receive = 10;
constexpr size_t most_event_bytes = 6'000'000;

Principal role_principal(const MappingName& name) {
    return {.kind = Principal::Kind::service, .account = name.account, .service = "lambda.amazonaws.com"};
}

size_t bytes_of(const aws::sqs::Message& message) { return message.Body.value_or("").size() + 1024; }

}  // namespace

struct Pollers::Poll {
    Poll(MappingName name, const Arn& queue, size_t concurrency)
        : name(std::move(name)),
          queue_arn(queue.text()),
          queue_url(fmt::format("{}/{}/{}", call().base_url(), queue.account, queue.resource)),
          concurrency(concurrency),
          permits(concurrency) {}

    const MappingName name;
    const std::string queue_arn;
    const std::string queue_url;
    const size_t concurrency;
    Semaphore permits;

    Call call() const {
        auto call = service_call(Reactor::current(), "lambda.amazonaws.com", name.account, name.region);
        call.principal = role_principal(name);
        return call;
    }
};

Task<void> Pollers::supervise() {
    owner_ = Reactor::current().random().uuid();
    auto watch = store_.watch(std::string(mappings_topic));
    while (!store_.closing()) {
        bool others = false;
        try {
            const auto names = co_await store_.transact(
                [](store::Transaction& tx) -> Task<std::vector<MappingName>> { co_return co_await all_mappings(tx); });
            for (const auto& name : names) {
                if (polling_.contains(name.uuid)) continue;
                if (co_await take_lease(name)) {
                    polling_.insert(name.uuid);
                    tasks_.start(poll(name));
                } else {
                    others = true;
                }
            }
        } catch (const std::exception& error) {
            log::warning("event source mappings could not be read", {{"why", error.what()}});
            others = true;
        }
        // Another process may end without giving its leases back.
        co_await watch.wait(others ? Reactor::current().now() + lease_time / 2 : Time::max());
    }
}

Task<bool> Pollers::take_lease(MappingName name) {
    const auto now = Reactor::current().now();
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<bool> {
        const auto mapping = co_await find_mapping(tx, name);
        if (!mapping || !mapping->enabled) co_return false;
        const auto lease = co_await find_lease(tx, name.uuid);
        if (shared_ && lease && lease->owner != owner_ && lease->until > now) co_return false;
        save_lease(tx, name.uuid, {.owner = owner_, .until = now + lease_time});
        co_return true;
    });
}

Task<std::optional<Mapping>> Pollers::still_ours(MappingName name) {
    const auto now = Reactor::current().now();
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<Mapping>> {
        auto mapping = co_await find_mapping(tx, name);
        if (!mapping || !mapping->enabled) co_return std::nullopt;
        const auto lease = co_await find_lease(tx, name.uuid);
        if (lease && lease->owner != owner_) co_return std::nullopt;
        if (!lease || lease->until < now + lease_time / 2) {
            save_lease(tx, name.uuid, {.owner = owner_, .until = now + lease_time});
        }
        co_return mapping;
    });
}

Task<void> Pollers::poll(MappingName name) {
    std::optional<Mapping> mapping;
    try {
        mapping = co_await still_ours(name);
    } catch (const std::exception& error) {
        log::warning("an event source mapping could not be read", {{"mapping", name.uuid}, {"why", error.what()}});
    }
    const auto source = mapping ? Arn::parse(mapping->configuration.EventSourceArn.value_or("")) : std::nullopt;
    if (source && source->service == "dynamodb") {
        co_await poll_stream(name, source->text());
    } else if (source) {
        co_await poll_queue(name, *source);
    }
    polling_.erase(name.uuid);
    try {
        co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
            const auto lease = co_await find_lease(tx, name.uuid);
            if (!lease || lease->owner != owner_) co_return;
            erase_lease(tx, name.uuid);
            tx.wake(std::string(mappings_topic));
        });
    } catch (const std::exception& error) {
        log::warning("a lease was not given back", {{"mapping", name.uuid}, {"why", error.what()}});
    }
}

Task<void> Pollers::poll_queue(MappingName name, Arn queue) {
    std::shared_ptr<Poll> poll;
    while (!store_.closing()) {
        bool failed = false;
        try {
            auto mapping = co_await still_ours(name);
            if (!mapping) break;
            if (!poll || poll->concurrency != mapping->concurrency()) {
                poll = std::make_shared<Poll>(name, queue, mapping->concurrency());
            }
            auto permit = co_await poll->permits.acquire();
            auto call = poll->call();
            auto messages = co_await gather(call, *mapping, poll->queue_url);
            if (messages.empty()) continue;
            mapping = co_await still_ours(name);
            if (!mapping) {
                co_await give_back(call, poll->queue_url, std::move(messages));
                break;
            }
            tasks_.start(handle(poll, std::move(*mapping), std::move(messages), std::move(permit)));
        } catch (const std::exception& error) {
            log::warning("an event source mapping could not poll", {{"mapping", name.uuid}, {"why", error.what()}});
            failed = true;
        }
        if (failed) co_await pause();
    }
}

Task<void> Pollers::poll_stream(MappingName name, std::string stream_arn) {
    StreamPoller poller(store_, door_, hooks_, name, stream_arn, owner_);
    while (!store_.closing()) {
        std::string gone;
        bool failed = false;
        try {
            auto mapping = co_await still_ours(name);
            if (!mapping) break;
            co_await poller.step(std::move(*mapping));
        } catch (const aws::lambda::ResourceNotFoundException& error) {
            gone = error.message;
        } catch (const std::exception& error) {
            log::warning("an event source mapping could not poll", {{"mapping", name.uuid}, {"why", error.what()}});
            failed = true;
        }
        if (!gone.empty()) co_await disable(name, std::move(gone));
        if (failed) co_await pause();
    }
}

Task<std::vector<aws::sqs::Message>> Pollers::gather(Call& call, const Mapping& mapping, std::string queue_url) {
    aws::sqs::Client sqs(door_);
    std::vector<aws::sqs::Message> gathered;
    size_t bytes = 0;
    std::optional<Time> window_ends;
    while (gathered.size() < mapping.batch_size() && bytes < most_event_bytes && !store_.closing()) {
        auto wait = longest_poll;
        if (window_ends) {
            const auto left = std::chrono::ceil<std::chrono::seconds>(*window_ends - call.now());
            if (left <= std::chrono::seconds(0)) break;
            wait = std::min(wait, left);
        }
        call.started = call.now();
        auto answer = co_await sqs.receive_message(
            call, {.QueueUrl = queue_url,
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

Task<void> Pollers::handle(std::shared_ptr<Poll> poll, Mapping mapping, std::vector<aws::sqs::Message> messages,
                           Semaphore::Permit permit) {
    auto call = poll->call();
    std::string gone;
    try {
        co_await drop_unwanted(call, *poll, mapping, messages);
        if (messages.empty()) co_return;
        if (const auto& attributes = messages.front().Attributes;
            attributes && attributes->contains("AWSTraceHeader")) {
            call.trace = attributes->at("AWSTraceHeader");
        }
        const auto name = parse_function_name(call, mapping.configuration.FunctionArn.value_or(""));
        const auto ran = co_await hooks_.run(call, name, queue_event(messages, poll->queue_arn, poll->name.region));
        const auto& outcome = ran.outcome;
        // What was not handled becomes visible again when its time is up.
        if (outcome.failed || outcome.lost) co_return;
        std::vector<std::string> receipts;
        for (const auto* message : handled_messages(messages, mapping.reports_failures(), outcome.payload)) {
            receipts.push_back(message->ReceiptHandle.value_or(""));
        }
        co_await remove(call, poll->queue_url, std::move(receipts));
    } catch (const aws::lambda::ResourceNotFoundException& error) {
        gone = error.message;
    } catch (const std::exception& error) {
        log::warning("messages of an event source were not handled",
                     {{"mapping", poll->name.uuid}, {"why", error.what()}});
    }
    if (!gone.empty()) co_await disable(poll->name, std::move(gone));
}

Task<void> Pollers::drop_unwanted(Call& call, const Poll& poll, const Mapping& mapping,
                                  std::vector<aws::sqs::Message>& messages) {
    const RecordFilter filter(mapping.configuration.FilterCriteria);
    if (filter.empty()) co_return;
    std::vector<std::string> receipts;
    std::erase_if(messages, [&](const aws::sqs::Message& message) {
        if (filter.takes(queue_record(message, poll.queue_arn, poll.name.region))) return false;
        receipts.push_back(message.ReceiptHandle.value_or(""));
        return true;
    });
    co_await remove(call, poll.queue_url, std::move(receipts));
}

Task<void> Pollers::remove(Call& call, std::string queue_url, std::vector<std::string> receipts) {
    aws::sqs::Client sqs(door_);
    for (size_t begin = 0; begin < receipts.size(); begin += most_per_receive) {
        aws::sqs::DeleteMessageBatchRequest request{.QueueUrl = queue_url};
        for (size_t i = begin; i < std::min(begin + most_per_receive, receipts.size()); ++i) {
            request.Entries.push_back({.Id = std::to_string(i), .ReceiptHandle = receipts[i]});
        }
        co_await sqs.delete_message_batch(call, std::move(request));
    }
}

Task<void> Pollers::disable(MappingName name, std::string reason) {
    log::warning("an event source mapping was disabled: its function is gone", {{"mapping", name.uuid}});
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto mapping = co_await find_mapping(tx, name);
        if (!mapping) co_return;
        mapping->enabled = false;
        mapping->configuration.StateTransitionReason = reason;
        save_mapping(tx, name, *mapping);
    });
}

Task<void> Pollers::give_back(Call& call, std::string queue_url, std::vector<aws::sqs::Message> messages) {
    aws::sqs::Client sqs(door_);
    for (const auto& message : messages) {
        co_await sqs.change_message_visibility(
            call, {.QueueUrl = queue_url, .ReceiptHandle = message.ReceiptHandle.value_or(""), .VisibilityTimeout = 0});
    }
}

Task<void> Pollers::pause() {
    auto watch = store_.watch(std::string(mappings_topic));
    if (!store_.closing()) co_await watch.wait(Reactor::current().now() + pause_after_failure);
}

}  // namespace cumulet::lambda
