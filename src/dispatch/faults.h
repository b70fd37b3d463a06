// Rules that a tester sets: errors, delays and rate limits for chosen calls. POST /_cumulet/faults
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "runtime/call.h"

namespace cumulet::dispatch {

/// Empty texts match every call.
struct FaultRule {
    std::string service;
    std::string operation;
    std::string region;
    double probability = 1;
    std::string error_code;  ///< "" for none
    std::string error_message;
    int error_status = 500;
    Duration latency{};           ///< on the cloud's clock
    double calls_per_second = 0;  ///< 0: no limit; above it calls are throttled
};

class Faults {
  public:
    static constexpr size_t max_rules = 256;
    static constexpr Duration max_latency = std::chrono::minutes(15);

    /// Replaces all rules by those of a JSON list. Throws aws::validation_error.
    void set(const json::value& rules);
    void add(const json::value& rules);
    void clear();
    json::array list() const;
    bool any() const { return any_.load(std::memory_order_relaxed); }

    /// Throws ThrottlingException where a rule's rate is exceeded.
    void throttle(const Call& call);
    /// What a call has to suffer: the delays of all rules that hit, and the error of the first with one.
    struct Hit {
        Duration latency{};
        std::optional<FaultRule> error;
    };
    Hit draw(Call& call) const;

  private:
    struct State {
        FaultRule rule;
        double tokens = 0;
        Time refilled;
    };
    static bool matches(const FaultRule& rule, const Call& call);

    std::atomic<bool> any_{false};
    mutable std::mutex mutex_;
    std::vector<State> rules_;
};

}  // namespace cumulet::dispatch
