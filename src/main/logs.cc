// `cumulet logs`: what functions wrote, as it happens.

#include "main/commands.h"
#include "main/console.h"
#include "main/since.h"
#include "main/target.h"

namespace cumulet {
namespace {

constexpr auto poll_pause = 500ms;
constexpr int64_t overlap_millis = 10'000;  // events may become visible a little after their timestamp
constexpr int max_pages = 1000;
constexpr std::string_view function_groups = "/aws/lambda/";

struct LogEvent {
    std::string id;
    std::string group;
    std::string message;
};

class LogReader {
  public:
    LogReader(LogsOptions options, Duration since)
        : options_(std::move(options)), since_(since), client_(target_of(options_.target)) {}

    Task<int> run() {
        from_millis_ = epoch_millis(co_await cloud_now() - since_);
        if (!options_.name.empty() && !options_.tail && (co_await groups()).empty()) {
            throw std::runtime_error(
                fmt::format("No log group is named {0} or begins with {1}{0}", options_.name, function_groups));
        }
        while (true) {
            co_await print_new();
            if (!options_.tail) co_return 0;
            co_await Reactor::current().pause(poll_pause);
        }
    }

  private:
    /// The cloud's clock may be elsewhere than this machine's.
    Task<Time> cloud_now() {
        http::Request request;
        request.method = "GET";
        request.set_target("/_cumulet/clock");
        const auto response = co_await client_.send("sts", std::move(request));
        const auto body = parse_json(response.body);
        if (body && body->is_object()) {
            if (const auto now = parse_iso8601(string_or(body->get_object(), "now"))) co_return *now;
        }
        co_return client_.now();
    }

    /// The groups that the options name, by prefix.
    Task<std::vector<std::string>> groups() {
        const bool full_name = options_.name.starts_with('/');
        const auto prefix =
            options_.name.empty() || full_name ? options_.name : std::string(function_groups) + options_.name;
        std::vector<std::string> names;
        std::string next;
        for (int page = 0; page < max_pages; ++page) {
            json::object input;
            if (!prefix.empty()) input["logGroupNamePrefix"] = prefix;
            if (!next.empty()) input["nextToken"] = next;
            const auto answer = co_await client_.call_json("logs", "Logs_20140328.DescribeLogGroups", std::move(input));
            if (const auto* found = answer.if_contains("logGroups"); found && found->is_array()) {
                for (const auto& group : found->get_array())
                    names.emplace_back(string_or(group.as_object(), "logGroupName"));
            }
            next = string_or(answer, "nextToken");
            if (next.empty()) break;
        }
        co_return names;
    }

    Task<void> read_group(std::string group, std::multimap<int64_t, LogEvent>* events) {
        std::string next;
        for (int page = 0; page < max_pages; ++page) {
            json::object input{{"logGroupName", group}, {"startTime", std::max<int64_t>(from_millis_, 0)}};
            if (!options_.filter.empty()) input["filterPattern"] = options_.filter;
            if (!next.empty()) input["nextToken"] = next;
            const auto answer = co_await client_.call_json("logs", "Logs_20140328.FilterLogEvents", std::move(input));
            if (const auto* found = answer.if_contains("events"); found && found->is_array()) {
                for (const auto& entry : found->get_array()) {
                    const auto& event = entry.as_object();
                    events->emplace(event.at("timestamp").to_number<int64_t>(),
                                    LogEvent{std::string(string_or(event, "eventId")), group,
                                             std::string(string_or(event, "message"))});
                }
            }
            next = string_or(answer, "nextToken");
            if (next.empty()) break;
        }
    }

    Task<void> print_new() {
        std::multimap<int64_t, LogEvent> events;  // by timestamp; those of one instant in their order
        const auto names = co_await groups();
        for (const auto& name : names) co_await read_group(name, &events);
        for (const auto& [timestamp_millis, event] : events) {
            if (!printed_.emplace(event.id, timestamp_millis).second) continue;
            print(timestamp_millis, event, names.size() > 1);
            from_millis_ = std::max(from_millis_, timestamp_millis - overlap_millis);
        }
        std::erase_if(printed_, [this](const auto& entry) { return entry.second < from_millis_; });
        std::fflush(stdout);
    }

    static void print(int64_t timestamp_millis, const LogEvent& event, bool with_group) {
        std::string_view message = event.message;
        while (message.ends_with('\n')) message.remove_suffix(1);
        std::string_view group = event.group;
        if (group.starts_with(function_groups)) group.remove_prefix(function_groups.size());
        const auto time = format_iso8601_millis(Time(std::chrono::milliseconds(timestamp_millis)));
        fmt::print("{}  {}{}\n", toned(time, Tone::muted),
                   with_group ? toned(std::string(group) + "  ", Tone::good) : "", message);
    }

    const LogsOptions options_;
    const Duration since_;
    ApiClient client_;
    int64_t from_millis_ = 0;
    std::map<std::string, int64_t> printed_;  // event id to timestamp, of those that may be read again
};

Task<int> run(LogsOptions options, Duration since) {
    LogReader reader(std::move(options), since);
    co_return co_await reader.run();
}

}  // namespace

int print_logs(LogsOptions options) {
    const auto since = parse_since(options.since);
    if (!since) {
        fmt::print(stderr, "cumulet: --since '{}' is not a duration such as 30s, 10m, 2h or 1d\n", options.since);
        return 2;
    }
    return run_command(run(std::move(options), *since));
}

}  // namespace cumulet
