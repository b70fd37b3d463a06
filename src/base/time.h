// Instants and their text forms. Reading the clock is runtime's business; nothing here does it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cumulet {

using namespace std::chrono_literals;

using Duration = std::chrono::microseconds;
using Time = std::chrono::sys_time<Duration>;

/// "2026-11-23T00:55:00Z"; with milliseconds ("…00.123Z") when the instant has them.
std::string format_iso8601(Time time);
/// "2026-11-23T00:55:00.000Z", always with milliseconds.
std::string format_iso8601_millis(Time time);
/// "Mon, 23 Nov 2026 00:55:00 GMT" (RFC 9110 IMF-fixdate).
std::string format_http_date(Time time);
/// "20261123T005500Z", the form of X-Amz-Date.
std::string format_basic(Time time);

/// Accepts fractions of a second and "Z" or a numeric offset.
std::optional<Time> parse_iso8601(std::string_view text);
/// Accepts IMF-fixdate, with fractions of a second as AWS's clients may send them.
std::optional<Time> parse_http_date(std::string_view text);
std::optional<Time> parse_basic(std::string_view text);
/// ISO 8601 durations of weeks, days, hours, minutes and seconds ("PT1H30M", "P1D").
std::optional<Duration> parse_duration(std::string_view text);

/// Seconds since 1970, with fractions to the microsecond.
double epoch_seconds(Time time);
Time from_epoch_seconds(double seconds);
int64_t epoch_millis(Time time);

}  // namespace cumulet
