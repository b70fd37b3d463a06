// What pollers ask of the service.
#pragma once

#include <functional>

#include "contracts/metrics.h"
#include "services/lambda/mapping.h"
#include "services/lambda/workers/worker.h"

namespace cumulet::lambda {

struct PollerHooks {
    struct Ran {
        Outcome outcome;
        std::string version;
    };
    /// Runs a function on one event, whose request id is the call's. Throws as Invoke does.
    std::function<Task<Ran>(Call& call, FunctionName name, std::string payload)> run;
    /// Sends `body` to a queue, topic or bucket; false if it was refused there.
    std::function<Task<bool>(Call& call, std::string target, std::string body, std::string key)> deliver;
    /// Measures something of a function.
    std::function<void(const FunctionName& name, contracts::MetricSample sample)> measure;
    /// Measures something of a mapping.
    std::function<void(const MappingName& name, contracts::MetricSample sample)> measure_mapping;
    /// The mapping's function is gone: it rests until someone enables it.
    std::function<Task<void>(MappingName name, std::string reason)> rest;
    /// How many batches a queue's mapping may have at once where it does not say.
    size_t most_batches = 5;
};

/// The counts of events that a mapping may ask for (MetricsConfig): EventCount.
/// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
class EventCounts {
  public:
    EventCounts(const PollerHooks& hooks, const MappingName& name, const Mapping& mapping)
        : hooks_(hooks), name_(name), wanted_(mapping.counts_events()) {}
    void add(std::string_view metric, size_t events) const {
        if (wanted_ && events > 0) {
            hooks_.measure_mapping(name_, {.name = metric, .value = static_cast<double>(events)});
        }
    }

  private:
    const PollerHooks& hooks_;
    const MappingName& name_;
    const bool wanted_;
};

}  // namespace cumulet::lambda
