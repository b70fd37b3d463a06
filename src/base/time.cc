#include "base/time.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace cumulet {
namespace {

using std::chrono::days;
using std::chrono::floor;

constexpr std::array<std::string_view, 7> weekday_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Civil {
    int year;
    unsigned month, day, hour, minute, second, millisecond, weekday;
};

Civil civil(Time time) {
    const auto day = floor<days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss<Duration> clock{time - day};
    return {int(date.year()),
            unsigned(date.month()),
            unsigned(date.day()),
            unsigned(clock.hours().count()),
            unsigned(clock.minutes().count()),
            unsigned(clock.seconds().count()),
            unsigned(clock.subseconds().count() / 1000),
            std::chrono::weekday{day}.c_encoding()};
}

template <typename... Arguments>
std::string print(const char* form, Arguments... arguments) {
    char text[64];
    const int length = std::snprintf(text, sizeof text, form, arguments...);
    return std::string(text, size_t(length));
}

/// Reads a text from its front; every function says whether it found what it wanted, and then moved past it.
struct Scanner {
    std::string_view rest;

    bool literal(char wanted) {
        if (rest.empty() || rest.front() != wanted) return false;
        rest.remove_prefix(1);
        return true;
    }
    bool literal(std::string_view wanted) {
        if (!rest.starts_with(wanted)) return false;
        rest.remove_prefix(wanted.size());
        return true;
    }
    bool digits(size_t count, int& value) {
        if (rest.size() < count) return false;
        value = 0;
        for (size_t i = 0; i < count; ++i) {
            if (rest[i] < '0' || rest[i] > '9') return false;
            value = value * 10 + (rest[i] - '0');
        }
        rest.remove_prefix(count);
        return true;
    }
    /// Digits after a point, as microseconds; those past the sixth are dropped.
    bool fraction(Duration& value) {
        int64_t micros = 0;
        size_t count = 0;
        for (; count < rest.size() && rest[count] >= '0' && rest[count] <= '9'; ++count) {
            if (count < 6) micros = micros * 10 + (rest[count] - '0');
        }
        if (count == 0) return false;
        for (size_t i = count; i < 6; ++i) micros *= 10;
        rest.remove_prefix(count);
        value = Duration{micros};
        return true;
    }
};

std::optional<Time> instant(int year, int month, int day, int hour, int minute, int second, Duration fraction) {
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{unsigned(month)},
                                           std::chrono::day{unsigned(day)}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return Time{std::chrono::sys_days{date}} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second} + fraction;
}

/// "Z", or an offset as +hh:mm or +hhmm.
bool offset(Scanner& scanner, std::chrono::minutes& value) {
    if (scanner.literal('Z') || scanner.literal('z')) return true;
    const bool negative = scanner.rest.starts_with('-');
    if (!scanner.literal('+') && !scanner.literal('-')) return false;
    int hours = 0, minutes = 0;
    if (!scanner.digits(2, hours)) return false;
    scanner.literal(':');
    if (!scanner.digits(2, minutes) || hours > 23 || minutes > 59) return false;
    value = std::chrono::minutes{hours * 60 + minutes} * (negative ? -1 : 1);
    return true;
}

}  // namespace

std::string format_iso8601(Time time) {
    const auto at = civil(time);
    if (at.millisecond != 0) return format_iso8601_millis(time);
    return print("%04d-%02u-%02uT%02u:%02u:%02uZ", at.year, at.month, at.day, at.hour, at.minute, at.second);
}

std::string format_iso8601_millis(Time time) {
    const auto at = civil(time);
    return print("%04d-%02u-%02uT%02u:%02u:%02u.%03uZ", at.year, at.month, at.day, at.hour, at.minute, at.second,
                 at.millisecond);
}

std::string format_http_date(Time time) {
    const auto at = civil(time);
    return print("%s, %02u %s %04d %02u:%02u:%02u GMT", weekday_names[at.weekday].data(), at.day,
                 month_names[at.month - 1].data(), at.year, at.hour, at.minute, at.second);
}

std::string format_basic(Time time) {
    const auto at = civil(time);
    return print("%04d%02u%02uT%02u%02u%02uZ", at.year, at.month, at.day, at.hour, at.minute, at.second);
}

std::optional<Time> parse_iso8601(std::string_view text) {
    Scanner scanner{text};
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    Duration fraction{0};
    std::chrono::minutes ahead{0};
    if (!scanner.digits(4, year) || !scanner.literal('-') || !scanner.digits(2, month) || !scanner.literal('-') ||
        !scanner.digits(2, day)) {
        return std::nullopt;
    }
    if (!scanner.literal('T') && !scanner.literal('t') && !scanner.literal(' ')) return std::nullopt;
    if (!scanner.digits(2, hour) || !scanner.literal(':') || !scanner.digits(2, minute)) return std::nullopt;
    if (scanner.literal(':') && !scanner.digits(2, second)) return std::nullopt;
    if (scanner.literal('.') && !scanner.fraction(fraction)) return std::nullopt;
    if (!offset(scanner, ahead) || !scanner.rest.empty()) return std::nullopt;
    const auto time = instant(year, month, day, hour, minute, second, fraction);
    return time ? std::optional{*time - ahead} : std::nullopt;
}

std::optional<Time> parse_http_date(std::string_view text) {
    Scanner scanner{text};
    int year = 0, day = 0, hour = 0, minute = 0, second = 0;
    Duration fraction{0};
    if (text.size() < 5 || text[3] != ',') return std::nullopt;
    scanner.rest.remove_prefix(4);
    if (!scanner.literal(' ') || !scanner.digits(2, day)) return std::nullopt;
    if (!scanner.literal(' ') && !scanner.literal('-')) return std::nullopt;
    int month = 0;
    for (size_t i = 0; i < month_names.size() && month == 0; ++i) {
        if (scanner.literal(month_names[i])) month = int(i) + 1;
    }
    if (month == 0 || (!scanner.literal(' ') && !scanner.literal('-'))) return std::nullopt;
    if (!scanner.digits(4, year) || !scanner.literal(' ') || !scanner.digits(2, hour) || !scanner.literal(':') ||
        !scanner.digits(2, minute) || !scanner.literal(':') || !scanner.digits(2, second)) {
        return std::nullopt;
    }
    if (scanner.literal('.') && !scanner.fraction(fraction)) return std::nullopt;
    if (!scanner.literal(" GMT") && !scanner.literal(" UTC")) return std::nullopt;
    if (!scanner.rest.empty()) return std::nullopt;
    return instant(year, month, day, hour, minute, second, fraction);
}

std::optional<Time> parse_basic(std::string_view text) {
    Scanner scanner{text};
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    if (!scanner.digits(4, year) || !scanner.digits(2, month) || !scanner.digits(2, day) || !scanner.literal('T') ||
        !scanner.digits(2, hour) || !scanner.digits(2, minute) || !scanner.digits(2, second) || scanner.rest != "Z") {
        return std::nullopt;
    }
    return instant(year, month, day, hour, minute, second, Duration{0});
}

std::optional<Duration> parse_duration(std::string_view text) {
    Scanner scanner{text};
    if (!scanner.literal('P') || scanner.rest.empty()) return std::nullopt;
    constexpr int64_t limit = 100'000'000'000;  // seconds, more than three thousand years: the sum cannot overflow
    Duration total{0};
    int last_rank = -1;  // units come in falling order, each at most once
    bool in_time = false;
    bool any = false;
    while (!scanner.rest.empty()) {
        if (!in_time && scanner.literal('T')) {
            in_time = true;
            any = false;
            continue;
        }
        int64_t value = 0;
        size_t count = 0;
        for (; count < scanner.rest.size() && scanner.rest[count] >= '0' && scanner.rest[count] <= '9'; ++count) {
            value = value * 10 + (scanner.rest[count] - '0');
            if (value > limit) return std::nullopt;
        }
        if (count == 0) return std::nullopt;
        scanner.rest.remove_prefix(count);
        Duration fraction{0};
        const bool has_fraction = scanner.literal('.');
        if (has_fraction && !scanner.fraction(fraction)) return std::nullopt;
        if (scanner.rest.empty()) return std::nullopt;
        const char unit = scanner.rest.front();
        scanner.rest.remove_prefix(1);
        constexpr std::string_view units = "WDHMS";
        constexpr std::array<int64_t, 5> unit_seconds = {604800, 86400, 3600, 60, 1};
        const auto rank = units.find(unit);
        if (rank == units.npos || (rank >= 2) != in_time || int(rank) <= last_rank) return std::nullopt;
        if (has_fraction && unit != 'S') return std::nullopt;
        if (value > limit / unit_seconds[rank]) return std::nullopt;
        total += std::chrono::seconds{value * unit_seconds[rank]} + fraction;
        last_rank = int(rank);
        any = true;
    }
    return any ? std::optional{total} : std::nullopt;
}

double epoch_seconds(Time time) { return double(time.time_since_epoch().count()) / 1e6; }

Time from_epoch_seconds(double seconds) {
    constexpr double limit = 9.2e12;  // what microseconds in 64 bits can hold
    if (!(seconds > -limit)) seconds = -limit;
    if (seconds > limit) seconds = limit;
    return Time{Duration{std::llround(seconds * 1e6)}};
}

int64_t epoch_millis(Time time) { return floor<std::chrono::milliseconds>(time).time_since_epoch().count(); }

}  // namespace cumulet
