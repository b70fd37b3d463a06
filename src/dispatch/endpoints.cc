// What users of such tools ask besides AWS's API: is it up, what runs, what time is it, what went wrong.

#include "base/bytes.h"
#include "base/host.h"
#include "base/text.h"
#include "contracts/error.h"
#include "dispatch/steps.h"

namespace cumulet::dispatch {
namespace {

using State = Door::State;

http::Response json_response(const json::value& value, int status = 200) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = json::serialize(value);
    response.body += '\n';
    return response;
}

http::Response error_response(int status, std::string_view code, std::string_view message) {
    return json_response(json::object{{"error", code}, {"message", message}}, status);
}

json::object read_object(const http::Request& request) {
    auto value = parse_json(request.body, 16);
    if (!value) throw aws::validation_error("The body is not JSON: " + value.error());
    if (!value->is_object()) throw aws::validation_error("The body must be a JSON object");
    return std::move(value->get_object());
}

/// Whole numbers without an exponent.
json::value plain_number(double value) {
    const auto whole = static_cast<int64_t>(value);
    return static_cast<double>(whole) == value ? json::value(whole) : json::value(value);
}

json::object services(const State& door) {
    json::object out;
    for (const auto& entry : door.catalog.entries()) out[entry.service->name] = "running";
    return out;
}

http::Response health(const State& door) {
    json::array warnings;
    for (const auto& look : door.health) {
        for (auto& warning : look()) warnings.emplace_back(std::move(warning));
    }
    return json_response(json::object{{"services", services(door)},
                                      {"degraded", !warnings.empty()},
                                      {"warnings", std::move(warnings)},
                                      {"edition", "community"},
                                      {"version", door.settings.version},
                                      {"ready", door.ready.load()}});
}

http::Response about(const State& door) {
    const auto now = door.clock.now();
    const auto uptime = std::chrono::floor<std::chrono::seconds>(now - door.started).count();
    return json_response(json::object{{"version", "cumulet " + door.settings.version},
                                      {"edition", "community"},
                                      {"is_license_activated", false},
                                      {"system", "linux"},
                                      {"is_docker", false},
                                      {"server_time_utc", format_iso8601(now)},
                                      {"uptime", uptime}});
}

/// /_localstack/init, and one stage of it: /_localstack/init/ready
http::Response init_status(const State& door, std::string_view stage) {
    json::object status = door.init_status ? door.init_status() : json::object{};
    if (!status.contains("completed")) {
        const bool ready = door.ready;
        status["completed"] = json::object{{"BOOT", true}, {"START", ready}, {"READY", ready}, {"SHUTDOWN", false}};
    }
    if (!status.contains("scripts")) status["scripts"] = json::array{};
    if (stage.empty()) return json_response(status);
    const auto name = to_upper(stage);
    const auto* completed =
        status["completed"].is_object() ? status["completed"].get_object().if_contains(name) : nullptr;
    if (!completed) return error_response(404, "NotFound", fmt::format("no such stage {}", stage));
    json::array scripts;
    if (const auto* list = status["scripts"].if_array()) {
        for (const auto& script : *list) {
            if (script.is_object() && string_or(script.get_object(), "stage") == name) scripts.push_back(script);
        }
    }
    return json_response(json::object{{"completed", *completed}, {"scripts", scripts}});
}

http::Response show_clock(const State& door) {
    return json_response(
        json::object{{"now", format_iso8601_millis(door.clock.now())}, {"factor", plain_number(door.clock.factor())}});
}

struct ClockWish {
    std::optional<double> factor;
    std::optional<Time> target;
};

ClockWish read_clock_wish(const http::Request& request, Time now) {
    constexpr auto farthest = std::chrono::years(100);
    const auto object = read_object(request);
    ClockWish wish;
    if (const auto* factor = object.if_contains("factor")) {
        const auto value = factor->is_number() ? factor->to_number<double>() : -1;
        if (!(value >= 0 && value <= 1e6)) throw aws::validation_error("factor must be a number from 0 to 1000000");
        wish.factor = value;
    }
    if (object.contains("advance")) {
        const auto by = parse_duration(string_or(object, "advance"));
        if (!by || *by < Duration{} || *by > farthest) {
            throw aws::validation_error("advance must be an ISO 8601 duration such as PT1H, at most 100 years");
        }
        wish.target = now + *by;
    } else if (object.contains("set")) {
        wish.target = parse_iso8601(string_or(object, "set"));
        if (!wish.target) throw aws::validation_error("set must be an ISO 8601 instant such as 2026-11-23T00:55:00Z");
        if (*wish.target < now) throw aws::validation_error("The clock does not go back");
        if (*wish.target > now + farthest) throw aws::validation_error("set must be at most 100 years ahead");
    } else if (!wish.factor) {
        throw aws::validation_error("Say what to do: advance, set or factor");
    }
    return wish;
}

/// What the clock will show is kept first: were it lost in a crash on the way there, what was stored meanwhile would
/// lie in the future.
Task<http::Response> set_clock(State& door, http::Request request) {
    const auto wish = read_clock_wish(request, door.clock.now());
    if (door.keep_clock) {
        auto setting = door.clock.setting();
        setting.cloud = wish.target.value_or(setting.cloud);
        setting.factor = wish.factor.value_or(setting.factor);
        co_await door.keep_clock(setting);
    }
    if (wish.factor) door.clock.set_factor(*wish.factor);
    if (wish.target) co_await door.clock.advance_to(*wish.target);
    co_return show_clock(door);
}

http::Response faults(State& door, const http::Request& request) {
    if (request.method == "DELETE") {
        door.faults.clear();
    } else if (request.method == "POST" || request.method == "PUT") {
        const auto rules = parse_json(request.body, 8);
        if (!rules) throw aws::validation_error("The body is not JSON: " + rules.error());
        if (request.method == "PUT") {
            door.faults.set(*rules);
        } else {
            door.faults.add(*rules);
        }
    } else if (request.method != "GET") {
        return error_response(405, "MethodNotAllowed", "GET, POST, PUT or DELETE");
    }
    return json_response(door.faults.list());
}

http::Response status(State& door) {
    uint64_t unrouted = 0;
    for (const auto* counters : door.all_counters()) unrouted += counters->unrouted();
    constexpr const char* signature_modes[] = {"off", "check"};
    constexpr const char* authorisation_modes[] = {"off", "log", "enforce"};
    return json_response(
        json::object{{"version", door.settings.version},
                     {"ready", door.ready.load()},
                     {"started", format_iso8601(door.started)},
                     {"now", format_iso8601_millis(door.clock.now())},
                     {"clock_factor", plain_number(door.clock.factor())},
                     {"signatures", signature_modes[static_cast<int>(door.settings.signatures)]},
                     {"authorisation", authorisation_modes[static_cast<int>(door.settings.authorisation)]},
                     {"services", services(door)},
                     {"unrouted_requests", unrouted},
                     {"faults", door.faults.list()}});
}

http::Response prometheus(State& door) {
    http::Response response;
    response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    append_prometheus(response.body, door.catalog, door.all_counters());
    for (const auto& append : door.metrics) append(response.body);
    return response;
}

/// GET / without a caller: a host of DynamoDB says that it is well; a list of buckets is not for everyone.
bool is_health_check(const http::Request& request, const auth::Claim& claim) {
    if (request.method != "GET" || request.path != "/" || !request.query.empty()) return false;
    if (!claim.access_key_id.empty()) return false;
    const auto host = read_host(request.headers.get("host"), "");
    return host.service.empty() || host.service == "dynamodb";
}

http::Response well(const http::Request& request) {
    http::Response response;
    response.headers.add("Content-Type", "text/plain");
    response.body = fmt::format("healthy: {} ", without_port(request.host()));
    return response;
}

Task<http::Response> find_endpoint(State& door, http::Request request) {
    std::string_view path = request.path;
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (path == "/_cumulet/faults") co_return faults(door, request);
    if (path == "/_cumulet/clock" && request.method == "POST") co_return co_await set_clock(door, std::move(request));
    if (path == "/_localstack/state/reset" || (path == "/_localstack/health" && request.method == "POST")) {
        co_return error_response(501, "NotImplemented",
                                 fmt::format("Cumulet does not implement {} {}", request.method, path));
    }
    if (path == "/") co_return well(request);
    if (reads) {
        if (path == "/_localstack/health" || path == "/health") co_return health(door);
        if (path == "/_localstack/info") co_return about(door);
        if (path == "/_localstack/init") co_return init_status(door, "");
        if (path.starts_with("/_localstack/init/")) co_return init_status(door, path.substr(18));
        if (path == "/_cumulet/clock") co_return show_clock(door);
        if (path == "/_cumulet/status") co_return status(door);
        if (path == "/metrics") co_return prometheus(door);
    }
    co_return error_response(404, "NotFound", fmt::format("There is no {} {}", request.method, path));
}

}  // namespace

bool is_endpoint(const http::Request& request, const auth::Claim& claim) {
    const std::string_view path = request.path;
    if (is_health_check(request, claim)) return true;
    if (path.size() < 2) return false;
    if (path[1] == '_') return path.starts_with("/_localstack/") || path.starts_with("/_cumulet/");
    // "health" and "metrics" may be buckets of those who sign.
    return claim.access_key_id.empty() && (path == "/health" || path == "/metrics") &&
           (request.method == "GET" || request.method == "HEAD");
}

Task<http::Response> serve_endpoint(Door::State& door, http::Request request) {
    try {
        co_return co_await find_endpoint(door, std::move(request));
    } catch (const aws::Error& error) {
        co_return error_response(error.status, error.code, error.message);
    } catch (const std::exception& error) {
        co_return error_response(500, "InternalFailure", error.what());
    }
}

}  // namespace cumulet::dispatch
