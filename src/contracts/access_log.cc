#include "contracts/access_log.h"

#include "base/hash.h"
#include "contracts/error.h"
#include "runtime/log.h"

namespace cumulet::contracts {
namespace {

constexpr size_t most_at_once = 1000;

bool continues_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-'; }

}  // namespace

std::string access_log_line(std::string_view format,
                            const std::function<std::optional<std::string>(std::string_view name)>& context_value) {
    constexpr std::string_view opening = "$context.";
    std::string line;
    while (true) {
        const auto at = format.find(opening);
        line += format.substr(0, at);
        if (at == std::string_view::npos) return line;
        format.remove_prefix(at + opening.size());
        size_t end = 0;
        while (end < format.size() && continues_name(format[end])) ++end;
        while (end > 0 && (format[end - 1] == '.' || format[end - 1] == '-')) --end;
        line += context_value(format.substr(0, end)).value_or("-");
        format.remove_prefix(end);
    }
}

std::optional<std::string> log_group_of(std::string_view destination_arn) {
    const auto arn = Arn::parse(destination_arn);
    constexpr std::string_view prefix = "log-group:";
    if (!arn || arn->service != "logs" || !arn->resource.starts_with(prefix)) return std::nullopt;
    const auto name = arn->resource.substr(prefix.size());
    return name.substr(0, name.find(':'));
}

void AccessLog::write(AccessLogEntry entry) {
    const auto group_name = log_group_of(entry.destination_arn);
    if (!group_name) return;
    aws::logs::InputLogEvent event;
    event.message = std::move(entry.line);
    event.timestamp = epoch_millis(entry.at);
    const auto key = fmt::format("{}/{}/{}/{}", entry.account, entry.region, *group_name, entry.source);
    {
        const std::lock_guard lock(mutex_);
        auto& stream = streams_[key];
        if (stream.waiting.size() >= most_waiting) return;
        stream.waiting.push_back(std::move(event));
        if (std::exchange(stream.writing, true)) return;
    }
    auto call = service_call(Reactor::current(), "apigateway.amazonaws.com", entry.account, entry.region);
    work_.start(drain(std::move(call), key, {*group_name, md5_hex(entry.source), entry.makes_group}));
}

std::optional<std::pair<std::vector<aws::logs::InputLogEvent>, bool>> AccessLog::take(const std::string& key) {
    const std::lock_guard lock(mutex_);
    auto& stream = streams_[key];
    std::vector<aws::logs::InputLogEvent> events;
    while (!stream.waiting.empty() && events.size() < most_at_once) {
        events.push_back(std::move(stream.waiting.front()));
        stream.waiting.pop_front();
    }
    if (events.empty()) {
        stream.writing = false;
        return std::nullopt;
    }
    return std::pair(std::move(events), !std::exchange(stream.made, true));
}

Task<void> AccessLog::make(Call& call, const Destination& destination) {
    try {
        if (destination.makes_group) co_await logs_.create_log_group(call, {.logGroupName = destination.group_name});
    } catch (const aws::Error&) {
        // It is there already.
    }
    try {
        co_await logs_.create_log_stream(call, {destination.group_name, destination.stream_name});
    } catch (const aws::Error&) {
        // It is there already, or the group is missing, which the next call says.
    }
}

Task<void> AccessLog::drain(Call call, std::string key, Destination destination) {
    while (auto taken = take(key)) {
        if (taken->second) co_await make(call, destination);
        try {
            aws::logs::PutLogEventsRequest request;
            request.logGroupName = destination.group_name;
            request.logStreamName = destination.stream_name;
            request.logEvents = std::move(taken->first);
            co_await logs_.put_log_events(call, std::move(request));
        } catch (const aws::Error& error) {
            log::warning("An access log could not be written",
                         {{"group", destination.group_name}, {"reason", error.message}});
            const std::lock_guard lock(mutex_);
            streams_[key].made = false;
        }
    }
}

}  // namespace cumulet::contracts
