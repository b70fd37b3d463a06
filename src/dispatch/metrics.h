// Counters of every operation, one set per reactor so that counting never contends, and their Prometheus text.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dispatch/catalog.h"

namespace cumulet::dispatch {

struct OperationCounters {
    /// Upper bounds of the latency histogram, in microseconds; the last bucket has none.
    static constexpr std::array<int64_t, 13> bounds_us = {5,     10,    25,     50,      100,       250,       500,
                                                          1'000, 5'000, 25'000, 100'000, 1'000'000, 10'000'000};
    std::atomic<uint64_t> calls{0};
    std::atomic<uint64_t> client_errors{0};
    std::atomic<uint64_t> server_errors{0};
    std::atomic<uint64_t> nanoseconds{0};
    std::array<std::atomic<uint64_t>, bounds_us.size() + 1> buckets{};
};

/// One reactor's counters: written by that reactor alone, read by anyone.
class Counters {
  public:
    explicit Counters(size_t services) : services_(services) {}
    ~Counters();
    void count(const Entry& entry, const contracts::Operation& operation, int status, std::chrono::nanoseconds took);
    void count_unrouted() { add(unrouted_, 1); }

    /// nullptr where no operation of the service was called yet.
    const OperationCounters* of(size_t service_index) const {
        return services_[service_index].load(std::memory_order_acquire);
    }
    uint64_t unrouted() const { return unrouted_.load(std::memory_order_relaxed); }

  private:
    /// Cheaper than fetch_add, and enough for a single writer.
    static void add(std::atomic<uint64_t>& counter, uint64_t amount) {
        counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    std::vector<std::atomic<OperationCounters*>> services_;
    std::atomic<uint64_t> unrouted_{0};
};

/// Appends all counters, summed over reactors.
void append_prometheus(std::string& out, const Catalog& catalog, std::span<const Counters* const> all);

}  // namespace cumulet::dispatch
