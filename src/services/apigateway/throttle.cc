#include "services/apigateway/throttle.h"

namespace cumulet::apigateway {

bool Throttle::take(const std::string& key, double rate, double burst, Time now) {
    const std::lock_guard lock(mutex_);
    if (buckets_.size() >= most_buckets) buckets_.clear();
    const auto [found, fresh] = buckets_.try_emplace(key, Bucket{.tokens = burst, .filled = now});
    auto& bucket = found->second;
    if (!fresh && now > bucket.filled) {
        const auto seconds = std::chrono::duration<double>(now - bucket.filled).count();
        bucket.tokens = std::min(burst, bucket.tokens + seconds * rate);
        bucket.filled = now;
    }
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
}

}  // namespace cumulet::apigateway
