#include "services/lambda/poller.h"

#include "runtime/log.h"
#include "services/lambda/queue_poller.h"
#include "services/lambda/stream_poller.h"

namespace cumulet::lambda {
namespace {

constexpr auto pause_after_failure = std::chrono::seconds(5);
constexpr auto forgotten_after = std::chrono::hours(1);
constexpr std::string_view heartbeat_topic = "lambda/heartbeat";

}  // namespace

Task<void> Pollers::supervise() {
    process_ = Reactor::current().random().uuid();
    if (shared_) {
        co_await beat();
        tasks_.start(keep_alive());
    }
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
        co_await watch.wait(others ? Reactor::current().now() + heartbeat : Time::max());
    }
}

Task<void> Pollers::keep_alive() {
    auto watch = store_.watch(std::string(heartbeat_topic));
    while (!store_.closing()) {
        co_await watch.wait(Reactor::current().now() + heartbeat);
        if (!store_.closing()) co_await beat();
    }
}

Task<void> Pollers::beat() {
    const auto now = Reactor::current().now();
    try {
        co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
            save_heartbeat(tx, process_, now + silence);
            co_await forget_processes(tx, now - forgotten_after);
        });
    } catch (const std::exception& error) {
        log::warning("other processes were not told that this one lives", {{"why", error.what()}});
    }
}

Task<bool> Pollers::take_lease(MappingName name) {
    const auto now = Reactor::current().now();
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<bool> {
        const auto mapping = co_await find_mapping(tx, name);
        if (!mapping || !mapping->enabled) co_return false;
        const auto owner = co_await find_lease(tx, name.uuid);
        if (shared_ && !owner.empty() && owner != process_) {
            const auto lives_until = co_await find_heartbeat(tx, owner);
            if (lives_until && *lives_until > now) co_return false;
        }
        save_lease(tx, name.uuid, process_);
        co_return true;
    });
}

Task<void> Pollers::give_lease_back(MappingName name) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        if (co_await find_lease(tx, name.uuid) != process_) co_return;
        erase_lease(tx, name.uuid);
        tx.wake(std::string(mappings_topic));
    });
}

Task<std::optional<Mapping>> Pollers::still_ours(MappingName name) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<Mapping>> {
        auto mapping = co_await find_mapping(tx, name);
        if (!mapping || !mapping->enabled || co_await find_lease(tx, name.uuid) != process_) co_return std::nullopt;
        co_return mapping;
    });
}

Task<void> Pollers::poll(MappingName name) {
    try {
        co_await poll_source(name);
    } catch (const std::exception& error) {
        log::warning("an event source mapping is no longer polled", {{"mapping", name.uuid}, {"why", error.what()}});
    }
    polling_.erase(name.uuid);
    try {
        co_await give_lease_back(name);
    } catch (const std::exception& error) {
        log::warning("a lease was not given back", {{"mapping", name.uuid}, {"why", error.what()}});
    }
}

Task<void> Pollers::poll_source(MappingName name) {
    const auto mapping = co_await still_ours(name);
    const auto source = mapping ? Arn::parse(mapping->configuration.EventSourceArn.value_or("")) : std::nullopt;
    if (!source) co_return;
    if (is_stream(*source)) {
        StreamPoller poller(store_, tasks_, open_stream_source(door_, source->text()), hooks_, name, source->text(),
                            process_);
        co_await keep_polling(name, [&](Mapping now) -> Task<bool> {
            co_await poller.step(std::move(now));
            co_return true;
        });
        co_await poller.finish();
        co_return;
    }
    QueuePoller poller(store_, door_, hooks_, name, *source);
    const QueuePoller::StillOurs again = [&] { return still_ours(name); };
    co_await keep_polling(name, [&](Mapping now) { return poller.step(std::move(now), again); });
    co_await poller.finish();
}

Task<void> Pollers::keep_polling(MappingName name, std::function<Task<bool>(Mapping)> step) {
    while (!store_.closing()) {
        bool failed = false;
        try {
            auto mapping = co_await still_ours(name);
            if (!mapping || !co_await step(std::move(*mapping))) co_return;
        } catch (const std::exception& error) {
            log::warning("an event source mapping could not poll", {{"mapping", name.uuid}, {"why", error.what()}});
            failed = true;
        }
        if (failed) co_await pause();
    }
}

Task<void> Pollers::disable(MappingName name, std::string reason) {
    log::warning("an event source mapping was disabled: its function is gone", {{"mapping", name.uuid}});
    try {
        co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
            auto mapping = co_await find_mapping(tx, name);
            if (!mapping) co_return;
            mapping->enabled = false;
            mapping->configuration.StateTransitionReason = reason;
            save_mapping(tx, name, *mapping);
        });
    } catch (const std::exception& error) {
        log::warning("an event source mapping was not disabled", {{"mapping", name.uuid}, {"why", error.what()}});
    }
}

Task<void> Pollers::pause() {
    auto watch = store_.watch(std::string(mappings_topic));
    if (!store_.closing()) co_await watch.wait(Reactor::current().now() + pause_after_failure);
}

}  // namespace cumulet::lambda
