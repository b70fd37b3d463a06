// A flow of requests that callers repeat, and what it costs.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "server.h"

namespace cumulet::load {

struct Scenario {
    std::string_view name;
    std::vector<std::string (*)(Caller&)> flow;
};

/// Drives all callers, each sending its next request when the last is answered, as long as `more` says so of the flows
/// that ended; how many these were at last.
size_t drive(std::vector<Caller>& callers, const Scenario& scenario, const std::function<bool(size_t)>& more);
/// True until `duration` has passed.
std::function<bool(size_t)> lasting(std::chrono::milliseconds duration);

struct Cost {
    double flows_per_second = 0;
    double cpu_us = 0;  ///< of the server's own process, per flow
};
Cost measure(const Server& server, std::vector<Caller>& callers, const Scenario& scenario,
             std::chrono::milliseconds duration);

}  // namespace cumulet::load
