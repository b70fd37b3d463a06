#include "services/apigateway/access_log.h"

#include "base/hash.h"
#include "contracts/error.h"
#include "runtime/log.h"

namespace cumulet::apigateway {
namespace {

constexpr size_t most_at_once = 1000;

bool continues_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-'; }

}  // namespace

std::string access_log_line(std::string_view format, const Exchange& exchange) {
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
        const auto value = context_value(exchange, format.substr(0, end));
        line += value.value_or("-");
        format.remove_prefix(end);
    }
}

std::optional<std::string> log_group_of(std::string_view destination_arn) {
    const auto arn = Arn::parse(destination_arn);
    constexpr std::string_view prefix = "log-group:";
    if (!arn || arn->service != "logs" || !arn->resource.starts_with(prefix)) return std::nullopt;
    auto name = arn->resource.substr(prefix.size());
    return name.substr(0, name.find(':'));
}

void AccessLog::write(Call& call, const Exchange& exchange) {
    const auto& settings = exchange.stage->accessLogSettings;
    if (!settings || !settings->format || !settings->destinationArn) return;
    const auto group_name = log_group_of(*settings->destinationArn);
    if (!group_name) return;
    aws::logs::InputLogEvent event;
    event.message = access_log_line(*settings->format, exchange);
    event.timestamp = epoch_millis(exchange.received);
    const auto key = fmt::format("{}/{}/{}", exchange.account(), exchange.region(), *group_name);
    {
        const std::lock_guard lock(mutex_);
        auto& group = groups_[key];
        if (group.waiting.size() >= most_waiting) return;
        group.waiting.push_back(std::move(event));
        if (std::exchange(group.writing, true)) return;
    }
    const auto stream = md5_hex(fmt::format("{}/{}", exchange.api_id(), *exchange.stage->stageName));
    work_.start(drain(service_call(call.reactor(), "apigateway.amazonaws.com", exchange.account(), exchange.region()),
                      key, *group_name, stream));
}

Task<void> AccessLog::drain(Call call, std::string key, std::string group_name, std::string stream_name) {
    while (true) {
        aws::logs::PutLogEventsRequest request;
        bool has_stream = false;
        {
            const std::lock_guard lock(mutex_);
            auto& group = groups_[key];
            while (!group.waiting.empty() && request.logEvents.size() < most_at_once) {
                request.logEvents.push_back(std::move(group.waiting.front()));
                group.waiting.pop_front();
            }
            has_stream = std::exchange(group.has_stream, true);
            if (request.logEvents.empty()) {
                group.writing = false;
                co_return;
            }
        }
        request.logGroupName = group_name;
        request.logStreamName = stream_name;
        try {
            if (!has_stream) co_await logs_.create_log_stream(call, {group_name, stream_name});
        } catch (const aws::Error&) {
            // It is there already, or the group is missing, which the next call says.
        }
        try {
            co_await logs_.put_log_events(call, std::move(request));
        } catch (const aws::Error& error) {
            log::warning("An access log could not be written", {{"group", group_name}, {"reason", error.message}});
            const std::lock_guard lock(mutex_);
            groups_[key].has_stream = false;
        }
    }
}

}  // namespace cumulet::apigateway
