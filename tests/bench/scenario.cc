#include "scenario.h"

#include <sys/epoll.h>

namespace cumulet::load {

size_t drive(std::vector<Caller>& callers, const Scenario& scenario, const std::function<bool(size_t)>& more) {
    const int events = ::epoll_create1(EPOLL_CLOEXEC);
    for (auto& caller : callers) {
        epoll_event event{.events = EPOLLIN, .data = {.ptr = &caller}};
        ::epoll_ctl(events, EPOLL_CTL_ADD, caller.socket(), &event);
    }
    size_t flows = 0;
    size_t waiting = 0;
    const auto begin = [&](Caller& caller) {
        caller.send(scenario.flow[caller.step](caller));
        ++waiting;
    };
    for (auto& caller : callers) begin(caller);
    while (waiting > 0) {
        epoll_event ready[64];
        const int count = ::epoll_wait(events, ready, std::size(ready), 10'000);
        if (count == 0) fail("no answer came for ten seconds");
        for (int i = 0; i < count; ++i) {
            auto& caller = *static_cast<Caller*>(ready[i].data.ptr);
            const auto body = caller.receive();
            if (!body) continue;
            --waiting;
            if (const auto at = body->find(R"("ReceiptHandle":")"); at != std::string::npos) {
                caller.receipt = body->substr(at + 17, body->find('"', at + 17) - at - 17);
            }
            if (++caller.step == scenario.flow.size()) {
                caller.step = 0;
                ++flows;
            }
            if (caller.step > 0 || more(flows)) begin(caller);
        }
    }
    ::close(events);
    return flows;
}

std::function<bool(size_t)> lasting(std::chrono::milliseconds duration) {
    return [until = std::chrono::steady_clock::now() + duration](size_t) {
        return std::chrono::steady_clock::now() < until;
    };
}

Cost measure(const Server& server, std::vector<Caller>& callers, const Scenario& scenario,
             std::chrono::milliseconds duration) {
    const auto cpu_before = server.cpu();
    const auto begun = std::chrono::steady_clock::now();
    const auto flows = static_cast<double>(std::max<size_t>(drive(callers, scenario, lasting(duration)), 1));
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    return {.flows_per_second = flows / seconds,
            .cpu_us = static_cast<double>((server.cpu() - cpu_before).count()) / flows};
}

}  // namespace cumulet::load
