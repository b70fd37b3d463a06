#include "contracts/execution_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "contracts/access_log.h"

namespace cumulet::contracts {
namespace {

constexpr size_t shown_of_secrets = 6;

/// "Mon Nov 23 00:55:00 UTC 2026"
std::string format_log_time(Time time) {
    constexpr std::string_view days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    return fmt::format("{} {} {:02} {:02}:{:02}:{:02} UTC {}", days[std::chrono::weekday(day).c_encoding()],
                       months[static_cast<unsigned>(date.month()) - 1], static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       static_cast<int>(date.year()));
}

bool is_secret(std::string_view name) {
    return std::ranges::any_of(std::initializer_list<std::string_view>{"authorization", "x-api-key",
                                                                       "x-amz-security-token", "proxy-authorization"},
                               [&](std::string_view secret) { return equal_ignoring_case(name, secret); });
}

std::string hidden(std::string_view value) {
    const auto shown = std::min(shown_of_secrets, value.size() / 2);
    return std::string(value.size() - shown, '*') + std::string(value.substr(value.size() - shown));
}

}  // namespace

LogLevel log_level_of(std::string_view logging_level, bool data_trace) {
    if (logging_level == "ERROR") return LogLevel::errors;
    if (logging_level != "INFO") return LogLevel::none;
    return data_trace ? LogLevel::bodies : LogLevel::all;
}

void write_execution_log(AccessLog& into, const ExecutionLog& log, const ExecutionLogPlace& place) {
    const auto group = fmt::format("arn:aws:logs:{}:{}:log-group:{}", place.region, place.account, place.group_name);
    for (const auto& line : log.lines()) {
        into.write({.account = place.account,
                    .region = place.region,
                    .destination_arn = group,
                    .source = place.source,
                    .line = fmt::format("({}) {}", place.request_id, line.text),
                    .at = line.at,
                    .makes_group = true});
    }
}

void ExecutionLog::body(Time at, std::string_view title, std::string_view body) {
    if (!tells_bodies()) return;
    const bool long_body = body.size() > longest_line_bytes;
    lines_.push_back(
        {at, fmt::format("{}: {}{}", title, body.substr(0, longest_line_bytes), long_body ? " [TRUNCATED]" : "")});
}

std::string ExecutionLog::text(std::string_view title) const {
    std::string text(title);
    for (const auto& line : lines_) text += fmt::format("\n{} : {}", format_log_time(line.at), line.text);
    return text + "\n";
}

std::string listed(const http::Headers& headers) {
    std::string text;
    for (const auto& header : headers) {
        text += fmt::format("{}{}={}", text.empty() ? "" : ", ", header.name,
                            is_secret(header.name) ? hidden(header.value) : header.value);
    }
    return "{" + text + "}";
}

std::string listed(const std::vector<http::Parameter>& parameters) {
    std::string text;
    for (const auto& parameter : parameters)
        text += fmt::format("{}{}={}", text.empty() ? "" : ", ", parameter.name, parameter.value);
    return "{" + text + "}";
}

}  // namespace cumulet::contracts
