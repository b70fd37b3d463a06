#include "services/lambda/workers/platform_log.h"

#include <cmath>

namespace cumulet::lambda {
namespace {

PlatformEvent::Level level_of(std::string_view status) {
    return status == "success" ? PlatformEvent::Level::debug : PlatformEvent::Level::warn;
}

std::string joined(const json::array& texts) {
    std::string all;
    for (const auto& text : texts) {
        if (!all.empty()) all += ", ";
        all += text.is_string() ? std::string_view(text.as_string()) : std::string_view();
    }
    return all;
}

double rounded(Milliseconds duration) { return std::round(duration.count() * 1000) / 1000; }

/// The part of "Root=1-…;Parent=…;Sampled=1" after `name=`.
std::string_view trace_part(std::string_view trace, std::string_view name) {
    while (!trace.empty()) {
        const auto part = trace.substr(0, trace.find(';'));
        if (part.starts_with(name) && part.substr(name.size()).starts_with('=')) return part.substr(name.size() + 1);
        trace.remove_prefix(std::min(part.size() + 1, trace.size()));
    }
    return "";
}

int64_t billed_ms(const InvokeReport& report) { return static_cast<int64_t>(std::ceil(report.duration.count())); }

bool is_sampled(const InvokeReport& report) { return trace_part(report.trace, "Sampled") == "1"; }

json::object record_of(const InvokeReport& report) {
    json::object metrics{{"durationMs", rounded(report.duration)},
                         {"billedDurationMs", billed_ms(report)},
                         {"memorySizeMB", report.memory_mb},
                         {"maxMemoryUsedMB", report.used_mb}};
    if (report.init_duration) metrics["initDurationMs"] = rounded(*report.init_duration);
    json::object record{{"requestId", report.request_id}, {"status", report.status}, {"metrics", std::move(metrics)}};
    if (!report.error_type.empty()) record["errorType"] = report.error_type;
    if (is_sampled(report)) {
        record["tracing"] = json::object{
            {"spanId", trace_part(report.trace, "Parent")}, {"type", "X-Amzn-Trace-Id"}, {"value", report.trace}};
    }
    return record;
}

}  // namespace

std::optional<std::string> PlatformEvent::line(const PlatformLogFormat& format, Time now) const {
    if (!format.json) return text.empty() ? std::nullopt : std::optional(text);
    const auto least = format.system_level == "DEBUG"  ? Level::debug
                       : format.system_level == "WARN" ? Level::warn
                                                       : Level::info;
    if (level < least) return std::nullopt;
    return json::serialize(json::object{{"time", format_iso8601_millis(now)}, {"type", type}, {"record", record}});
}

PlatformEvent init_started(const RuntimeFacts& runtime, std::string_view function, std::string_view version) {
    return {
        .type = "platform.initStart",
        .record = {{"initializationType", runtime.initialization},
                   {"phase", runtime.in_invoke ? "invoke" : "init"},
                   {"runtimeVersion", runtime.version},
                   {"runtimeVersionArn", runtime.arn},
                   {"functionName", function},
                   {"functionVersion", version}},
        .text = fmt::format("INIT_START Runtime Version: {}\tRuntime Version ARN: {}", runtime.version, runtime.arn)};
}

PlatformEvent init_reported(const RuntimeFacts& runtime, Milliseconds duration, std::string_view status,
                            std::string_view error_type) {
    const std::string_view phase = runtime.in_invoke ? "invoke" : "init";
    PlatformEvent event{.type = "platform.initReport",
                        .record = {{"initializationType", runtime.initialization},
                                   {"phase", phase},
                                   {"status", status},
                                   {"metrics", json::object{{"durationMs", rounded(duration)}}}},
                        .level = level_of(status)};
    if (!error_type.empty()) event.record["errorType"] = error_type;
    if (status != "success") {
        event.text =
            fmt::format("INIT_REPORT Init Duration: {:.2f} ms\tPhase: {}\tStatus: {}", duration.count(), phase, status);
        if (!error_type.empty()) event.text += fmt::format("\tError Type: {}", error_type);
    } else if (runtime.initialization != "on-demand") {
        event.text = fmt::format("INIT_REPORT Init Duration: {:.2f} ms", duration.count());
    }
    return event;
}

PlatformEvent invoke_started(std::string_view request_id, std::string_view version, bool with_record) {
    PlatformEvent event{.type = "platform.start",
                        .record = {},
                        .text = fmt::format("START RequestId: {} Version: {}", request_id, version)};
    if (with_record) event.record = {{"requestId", request_id}, {"version", version}};
    return event;
}

PlatformEvent invoke_ended(std::string_view request_id, Milliseconds duration, uint64_t produced_bytes,
                           std::string_view status, std::string_view error_type, bool with_record) {
    PlatformEvent event{.type = "platform.runtimeDone",
                        .record = {},
                        .text = fmt::format("END RequestId: {}", request_id),
                        .level = level_of(status)};
    if (!with_record) return event;
    event.record = {{"requestId", request_id},
                    {"status", status},
                    {"metrics", json::object{{"durationMs", rounded(duration)}, {"producedBytes", produced_bytes}}}};
    if (!error_type.empty()) event.record["errorType"] = error_type;
    return event;
}

PlatformEvent invoke_reported(const InvokeReport& report, bool with_record) {
    PlatformEvent event{
        .type = "platform.report",
        .record = with_record ? record_of(report) : json::object(),
        .text = fmt::format("REPORT RequestId: {}\tDuration: {:.2f} ms\tBilled Duration: {} ms\tMemory Size: {} MB\t"
                            "Max Memory Used: {} MB\t",
                            report.request_id, report.duration.count(), billed_ms(report), report.memory_mb,
                            report.used_mb),
        .level = report.status == "success" ? PlatformEvent::Level::info : PlatformEvent::Level::warn};
    if (report.init_duration) event.text += fmt::format("Init Duration: {:.2f} ms\t", report.init_duration->count());
    if (report.status != "success") event.text += fmt::format("Status: {}\t", report.status);
    if (!report.error_type.empty()) event.text += fmt::format("Error Type: {}\t", report.error_type);
    if (is_sampled(report)) {
        event.text += fmt::format("\nXRAY TraceId: {}\tSegmentId: {}\tSampled: true\t",
                                  trace_part(report.trace, "Root"), trace_part(report.trace, "Parent"));
    }
    return event;
}

PlatformEvent extension_listed(std::string_view name, std::string_view state, const json::array& events,
                               std::string_view error_type) {
    PlatformEvent event{
        .type = "platform.extension",
        .record = {{"name", name}, {"state", state}, {"events", events}},
        .text = fmt::format("EXTENSION\tName: {}\tState: {}\tEvents: [{}]", name, state, joined(events))};
    if (!error_type.empty()) {
        event.record["errorType"] = error_type;
        event.text += fmt::format("\tError Type: {}", error_type);
    }
    return event;
}

PlatformEvent subscribed(std::string_view kind, std::string_view name, const json::array& types) {
    const bool logs = kind == "logs";
    return {.type = logs ? "platform.logsSubscription" : "platform.telemetrySubscription",
            .record = {{"name", name}, {"state", "Subscribed"}, {"types", types}},
            .text = fmt::format("{}\tName: {}\tState: Subscribed\tTypes: [{}]", logs ? "LOGS" : "TELEMETRY", name,
                                joined(types))};
}

}  // namespace cumulet::lambda
