#include "contracts/metrics.h"

namespace cumulet::contracts {
namespace {

struct Statistics {
    std::string_view name;
    std::string_view unit;
    uint64_t count = 0;
    double sum = 0;
    double minimum = 0;
    double maximum = 0;

    void add(double value) {
        minimum = count == 0 ? value : std::min(minimum, value);
        maximum = count == 0 ? value : std::max(maximum, value);
        sum += value;
        ++count;
    }
};

/// One scope in one minute.
struct Sums {
    MetricSum scope;  // whose sums they are; only the scope's members and the minute are used
    std::vector<Statistics> metrics;
};

struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
};

/// Names scope and minute; parts are told apart by a byte that none of them contains.
std::string_view key_of(const MetricScope& scope, int64_t minute) {
    thread_local std::string key;
    key.clear();
    key.append(reinterpret_cast<const char*>(&minute), sizeof minute);
    for (const auto part : {scope.account, scope.region, scope.metric_namespace}) key.append(part).push_back('\0');
    for (const auto& dimension : scope.dimensions)
        key.append(dimension.name).append(1, '\0').append(dimension.value).push_back('\0');
    return key;
}

Sums sums_of(const MetricScope& scope, Time minute) {
    Sums sums;
    sums.scope.account = scope.account;
    sums.scope.region = scope.region;
    sums.scope.metric_namespace = scope.metric_namespace;
    for (const auto& dimension : scope.dimensions) sums.scope.dimensions.emplace_back(dimension.name, dimension.value);
    sums.scope.minute = minute;
    return sums;
}

MetricSum sum_of(const MetricSum& scope, const Statistics& metric) {
    MetricSum sum = scope;
    sum.name = metric.name;
    sum.unit = metric.unit;
    sum.count = metric.count;
    sum.sum = metric.sum;
    sum.minimum = metric.minimum;
    sum.maximum = metric.maximum;
    return sum;
}

Time minute_of(Time time) { return std::chrono::floor<std::chrono::minutes>(time); }

}  // namespace

struct Metrics::Shard {
    explicit Shard(size_t room) : room(room) {}

    std::mutex mutex;
    std::unordered_map<std::string, Sums, Hash, std::equal_to<>> scopes;
    size_t room;  // how many more sums may be kept
    uint64_t lost = 0;

    Statistics* find_or_add(Sums& sums, const MetricSample& sample) {
        for (auto& metric : sums.metrics)
            if (metric.name == sample.name) return &metric;
        if (room == 0) return nullptr;
        --room;
        return &sums.metrics.emplace_back(Statistics{.name = sample.name, .unit = sample.unit});
    }
};

Metrics::Metrics(size_t limit) {
    for (auto& shard : shards_) shard = std::make_unique<Shard>(limit / shard_count);
}

Metrics::~Metrics() = default;

void Metrics::add(const MetricScope& scope, std::span<const MetricSample> samples, Time now) {
    const auto minute = minute_of(now);
    const auto key = key_of(scope, minute.time_since_epoch().count());
    auto& shard = *shards_[Hash{}(key) % shard_count];
    const std::lock_guard lock(shard.mutex);
    auto found = shard.scopes.find(key);
    if (found == shard.scopes.end()) {
        if (shard.room == 0) {
            shard.lost += samples.size();
            return;
        }
        found = shard.scopes.emplace(key, sums_of(scope, minute)).first;
    }
    for (const auto& sample : samples) {
        if (auto* metric = shard.find_or_add(found->second, sample)) {
            metric->add(sample.value);
        } else {
            ++shard.lost;
        }
    }
}

Task<void> Metrics::sample(Time now) {
    for (auto* source : sources_) co_await source->sample(*this, now);
}

std::vector<MetricSum> Metrics::take(Time now) {
    std::vector<MetricSum> taken;
    const auto present = minute_of(now);
    for (auto& shard : shards_) {
        const std::lock_guard lock(shard->mutex);
        std::erase_if(shard->scopes, [&](const auto& entry) {
            const auto& sums = entry.second;
            if (sums.scope.minute >= present) return false;
            for (const auto& metric : sums.metrics) taken.push_back(sum_of(sums.scope, metric));
            shard->room += sums.metrics.size();
            return true;
        });
    }
    return taken;
}

uint64_t Metrics::lost() const {
    uint64_t lost = 0;
    for (const auto& shard : shards_) {
        const std::lock_guard lock(shard->mutex);
        lost += shard->lost;
    }
    return lost;
}

}  // namespace cumulet::contracts
