// What services measure of themselves for CloudWatch: sums per metric and minute of the cloud's clock, kept in memory
// until someone publishes them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "runtime/task.h"

namespace cumulet::contracts {

/// Whose metric it is: one set of dimensions of one namespace. The views live only as long as the call that gets them.
struct MetricScope {
    struct Dimension {
        std::string_view name;   ///< "QueueName"
        std::string_view value;  ///< "orders"
    };
    std::string_view account;
    std::string_view region;
    std::string_view metric_namespace;  ///< "AWS/SQS"
    std::span<const Dimension> dimensions;
};

/// One measured value. Name and unit are constants of the service, and live as long as the process.
struct MetricSample {
    std::string_view name;  ///< "NumberOfMessagesSent"
    double value = 1;
    std::string_view unit = "Count";  ///< CloudWatch's StandardUnit
};

/// The values of one metric in one minute: CloudWatch's StatisticSet.
struct MetricSum {
    std::string account;
    std::string region;
    std::string metric_namespace;
    std::vector<std::pair<std::string, std::string>> dimensions;
    std::string_view name;
    std::string_view unit;
    Time minute;  ///< its beginning
    uint64_t count = 0;
    double sum = 0;
    double minimum = 0;
    double maximum = 0;
};

class Metrics;

/// Knows how things stand that no call tells of, such as the length of a queue.
class GaugeSource {
  public:
    virtual ~GaugeSource() = default;
    /// Adds to `metrics` how things stand at `now`.
    virtual Task<void> sample(Metrics& metrics, Time now) = 0;
};

/// Adds up what services measure. From any thread; a call costs one look-up, however many samples it brings.
class Metrics {
  public:
    /// Keeps at most `limit` sums; what would go beyond is counted as lost.
    explicit Metrics(size_t limit = 200'000);
    ~Metrics();

    /// Adds samples of one scope to the minute of `now`.
    void add(const MetricScope& scope, std::span<const MetricSample> samples, Time now);
    void add(const MetricScope& scope, std::initializer_list<MetricSample> samples, Time now) {
        add(scope, std::span(samples.begin(), samples.size()), now);
    }
    /// Has `source` asked by sample(), for as long as this is sampled. Before the first sample().
    void add_source(GaugeSource& source) { sources_.push_back(&source); }
    /// Asks every source how things stand. Whoever publishes calls it once a minute, and takes the minute once it
    /// ended.
    Task<void> sample(Time now);
    /// Hands over, and forgets, the sums of all minutes that ended by `now`.
    std::vector<MetricSum> take(Time now);
    /// Samples that found no room.
    uint64_t lost() const;

  private:
    struct Shard;
    static constexpr size_t shard_count = 8;  // reactors seldom meet in one
    std::array<std::unique_ptr<Shard>, shard_count> shards_;
    std::vector<GaugeSource*> sources_;
};

}  // namespace cumulet::contracts
