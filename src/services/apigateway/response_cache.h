// What a stage's cache keeps of answers. In memory, of this process alone.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
#pragma once

#include <mutex>
#include <optional>
#include <unordered_map>

#include "services/apigateway/exchange.h"

namespace cumulet::apigateway {

/// From any thread.
class ResponseCache {
  public:
    static constexpr size_t largest_body_bytes = 1 << 20;  ///< API Gateway's quota
    static constexpr size_t most_bytes = 64 << 20;

    std::optional<http::Response> find(const std::string& key, Time now);
    /// Answers that are too large are not kept; where there is no room, all others are forgotten.
    void keep(const std::string& key, const http::Response& response, Time until);

  private:
    struct Entry {
        http::Response response;
        Time until;
    };
    std::mutex mutex_;
    std::unordered_map<std::string, Entry> entries_;
    size_t bytes_ = 0;
};

/// The key under which a method's answer is kept; nothing if the stage caches none of this method's.
std::optional<std::string> cache_key(const Exchange& exchange);
/// True if the caller asks for a fresh answer: "Cache-Control: max-age=0".
bool asks_for_fresh(const http::Request& request);

}  // namespace cumulet::apigateway
