// Access logs of APIs' stages: a line per request, in CloudWatch Logs.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <unordered_map>

#include "contracts/logs.h"
#include "runtime/sync.h"

namespace cumulet::contracts {

/// "$context.requestId $context.status": each variable replaced by what `context_value` says of its name
/// ("requestId"), or by "-". Pure.
std::string access_log_line(std::string_view format,
                            const std::function<std::optional<std::string>(std::string_view name)>& context_value);
/// The log group that an ARN names; nothing for any other ARN.
std::optional<std::string> log_group_of(std::string_view destination_arn);

/// One line, and where it belongs.
struct AccessLogEntry {
    std::string account;
    std::string region;
    std::string destination_arn;
    std::string source;  ///< "<api id>/<stage>", which has a stream of its own
    std::string line;
    Time at;
    bool makes_group = false;  ///< the group is made where it is missing
};

/// Writes lines behind their requests' backs, those of a stream together.
class AccessLog {
  public:
    static constexpr size_t most_waiting = 10'000;  ///< lines of a stream; further ones are dropped

    explicit AccessLog(Door& door) : logs_(door) {}
    /// On the reactor of the request.
    void write(AccessLogEntry entry);
    Task<void> stop() { return work_.stop(); }

  private:
    struct Stream {
        std::deque<aws::logs::InputLogEvent> waiting;
        bool writing = false;
        bool made = false;
    };
    /// Where lines go.
    struct Destination {
        std::string group_name;
        std::string stream_name;
        bool makes_group;
    };
    Task<void> drain(Call call, std::string key, Destination destination);
    Task<void> make(Call& call, const Destination& destination);
    /// Takes lines that wait, and says whether the stream may be missing. Nothing if none wait.
    std::optional<std::pair<std::vector<aws::logs::InputLogEvent>, bool>> take(const std::string& key);

    aws::logs::Client logs_;
    TaskGroup work_;
    std::mutex mutex_;
    std::unordered_map<std::string, Stream> streams_;  // by account, region, group and source
};

}  // namespace cumulet::contracts
