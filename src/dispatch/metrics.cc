#include "dispatch/metrics.h"

namespace cumulet::dispatch {
namespace {

struct Sum {
    uint64_t calls = 0, client_errors = 0, server_errors = 0, nanoseconds = 0;
    std::array<uint64_t, OperationCounters::bounds_us.size() + 1> buckets{};
};

Sum sum_of(std::span<const Counters* const> all, size_t service, size_t operation) {
    Sum sum;
    for (const auto* counters : all) {
        const auto* of_service = counters->of(service);
        if (!of_service) continue;
        const auto& one = of_service[operation];
        sum.calls += one.calls.load(std::memory_order_relaxed);
        sum.client_errors += one.client_errors.load(std::memory_order_relaxed);
        sum.server_errors += one.server_errors.load(std::memory_order_relaxed);
        sum.nanoseconds += one.nanoseconds.load(std::memory_order_relaxed);
        for (size_t i = 0; i < sum.buckets.size(); ++i)
            sum.buckets[i] += one.buckets[i].load(std::memory_order_relaxed);
    }
    return sum;
}

void append_histogram(std::string& out, std::string_view labels, const Sum& sum) {
    uint64_t below = 0;
    for (size_t i = 0; i < OperationCounters::bounds_us.size(); ++i) {
        below += sum.buckets[i];
        fmt::format_to(std::back_inserter(out), "cumulet_call_duration_seconds_bucket{{{},le=\"{}\"}} {}\n", labels,
                       static_cast<double>(OperationCounters::bounds_us[i]) / 1e6, below);
    }
    fmt::format_to(std::back_inserter(out),
                   "cumulet_call_duration_seconds_bucket{{{0},le=\"+Inf\"}} {1}\n"
                   "cumulet_call_duration_seconds_sum{{{0}}} {2}\ncumulet_call_duration_seconds_count{{{0}}} {1}\n",
                   labels, sum.calls, static_cast<double>(sum.nanoseconds) / 1e9);
}

}  // namespace

Counters::~Counters() {
    for (auto& service : services_) delete[] service.load();
}

void Counters::count(const Entry& entry, const contracts::Operation& operation, int status,
                     std::chrono::nanoseconds took) {
    auto& slot = services_[entry.index];
    auto* of_service = slot.load(std::memory_order_relaxed);
    if (!of_service) {
        of_service = new OperationCounters[entry.service->operations.size()];
        slot.store(of_service, std::memory_order_release);
    }
    auto& one = of_service[operation.index];
    add(one.calls, 1);
    if (status >= 500) {
        add(one.server_errors, 1);
    } else if (status >= 400) {
        add(one.client_errors, 1);
    }
    add(one.nanoseconds, static_cast<uint64_t>(took.count()));
    const auto& bounds = OperationCounters::bounds_us;
    const auto bucket = std::ranges::lower_bound(bounds, took.count() / 1000) - bounds.begin();
    add(one.buckets[static_cast<size_t>(bucket)], 1);
}

void append_prometheus(std::string& out, const Catalog& catalog, std::span<const Counters* const> all) {
    std::string calls =
        "# HELP cumulet_calls_total Calls answered, by operation.\n# TYPE cumulet_calls_total counter\n";
    std::string errors =
        "# HELP cumulet_errors_total Calls answered with an error.\n# TYPE cumulet_errors_total counter\n";
    std::string durations =
        "# HELP cumulet_call_duration_seconds Time from the request to its answer.\n"
        "# TYPE cumulet_call_duration_seconds histogram\n";
    for (const auto& entry : catalog.entries()) {
        for (const auto& operation : entry.service->operations) {
            const auto sum = sum_of(all, entry.index, operation.index);
            if (sum.calls == 0) continue;
            const auto labels = fmt::format("service=\"{}\",operation=\"{}\"", entry.service->name, operation.name);
            calls += fmt::format("cumulet_calls_total{{{}}} {}\n", labels, sum.calls);
            if (sum.client_errors) {
                errors += fmt::format("cumulet_errors_total{{{},fault=\"client\"}} {}\n", labels, sum.client_errors);
            }
            if (sum.server_errors) {
                errors += fmt::format("cumulet_errors_total{{{},fault=\"server\"}} {}\n", labels, sum.server_errors);
            }
            append_histogram(durations, labels, sum);
        }
    }
    uint64_t unrouted = 0;
    for (const auto* counters : all) unrouted += counters->unrouted();
    out.append(calls).append(errors).append(durations);
    fmt::format_to(std::back_inserter(out),
                   "# HELP cumulet_unrouted_requests_total Requests that named no known operation.\n"
                   "# TYPE cumulet_unrouted_requests_total counter\ncumulet_unrouted_requests_total {}\n",
                   unrouted);
}

}  // namespace cumulet::dispatch
