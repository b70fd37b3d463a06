#include "contracts/proxy_event.h"

#include "base/bytes.h"
#include "base/text.h"
#include "runtime/call.h"

namespace cumulet::contracts {

std::string format_request_time(Time time) {
    constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    return fmt::format("{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000", static_cast<unsigned>(date.day()),
                       months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::pair<std::string_view, std::string_view> split_port(std::string_view host) {
    const auto colon = host.rfind(':');
    if (colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos) return {host, ""};
    return {host.substr(0, colon), host.substr(colon)};
}

std::string readable(std::string_view text) {
    return valid_utf8(text) ? std::string(text) : percent_encode(text, true);
}

void add_cookies(json::array& cookies, std::string_view field) {
    while (!field.empty()) {
        const auto end = std::min(field.find(';'), field.size());
        if (const auto cookie = trimmed(field.substr(0, end)); !cookie.empty()) cookies.emplace_back(readable(cookie));
        field.remove_prefix(std::min(end + 1, field.size()));
    }
}

std::string new_trace(Call& call) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(call.now()).time_since_epoch().count();
    return fmt::format("Root=1-{:08x}-{}", static_cast<uint32_t>(seconds), call.random().hex(24));
}

}  // namespace cumulet::contracts
