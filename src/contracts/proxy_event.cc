#include "contracts/proxy_event.h"

#include "base/bytes.h"
#include "base/host.h"
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

bool is_own_field(std::string_view name) {
    for (const auto own :
         {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade", "expect",
          "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id", "content-length"}) {
        if (equal_ignoring_case(name, own)) return true;
    }
    return false;
}

std::string forwarded_port(const http::Request& request) {
    const auto port = split_port(request.host()).second;
    if (port.empty()) return request.tls ? "443" : "80";
    return std::string(port.substr(1));
}

std::string readable(std::string_view text) {
    return valid_utf8(text) ? std::string(text) : percent_encode(text, true);
}

void NamedValues::add(std::string_view name, std::string_view value) {
    const auto key = readable(name);
    last[key] = readable(value);
    auto& values = all[key];
    if (!values.is_array()) values.emplace_array();
    values.as_array().emplace_back(readable(value));
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
