// Stages' access logs: a line per request, in CloudWatch Logs.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
#pragma once

#include <deque>
#include <mutex>
#include <unordered_map>

#include "contracts/logs.h"
#include "runtime/sync.h"
#include "services/apigateway/exchange.h"

namespace cumulet::apigateway {

/// "$context.requestId $context.status": each variable replaced by its value, or by "-". Pure.
std::string access_log_line(std::string_view format, const Exchange& exchange);
/// The log group that an ARN names; nothing for any other ARN.
std::optional<std::string> log_group_of(std::string_view destination_arn);

/// Writes lines behind their requests' backs, those of a group together.
class AccessLog {
  public:
    static constexpr size_t most_waiting = 10'000;  ///< lines of a group; further ones are dropped

    explicit AccessLog(contracts::Door& door) : logs_(door) {}
    void write(Call& call, const Exchange& exchange);
    Task<void> stop() { return work_.stop(); }

  private:
    struct Group {
        std::deque<aws::logs::InputLogEvent> waiting;
        bool writing = false;
        bool has_stream = false;
    };
    Task<void> drain(Call call, std::string key, std::string group_name, std::string stream_name);

    aws::logs::Client logs_;
    TaskGroup work_;
    std::mutex mutex_;
    std::unordered_map<std::string, Group> groups_;  // by account, region and name
};

}  // namespace cumulet::apigateway
