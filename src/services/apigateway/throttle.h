// Token buckets: how many requests may come at once, and how many per second after that.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "base/time.h"

namespace cumulet::apigateway {

/// From any thread. Buckets are this process's own.
class Throttle {
  public:
    static constexpr size_t most_buckets = 100'000;

    /// Takes a token of the bucket `key`, which holds at most `burst` and gets `rate` a second. False if it is empty.
    bool take(const std::string& key, double rate, double burst, Time now);

  private:
    struct Bucket {
        double tokens = 0;
        Time filled;
    };
    std::mutex mutex_;
    std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace cumulet::apigateway
