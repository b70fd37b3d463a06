// What Lambda itself writes about a worker and its events: one event each, as a line of text, a line of JSON, and a
// record for telemetry. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/time.h"

namespace cumulet::lambda {

/// How a function wants the platform's lines.
struct PlatformLogFormat {
    bool json = false;
    std::string system_level = "INFO";  ///< of JSON lines: DEBUG, INFO or WARN
};

/// One event of the platform. Those of every invocation are made `with_record` only where somebody reads the record.
struct PlatformEvent {
    enum class Level { debug, info, warn };
    std::string type;  ///< "platform.start"
    json::object record;
    std::string text;  ///< "" if the text format has no line for it
    Level level = Level::info;

    /// The line that goes to the log, nothing if none does.
    std::optional<std::string> line(const PlatformLogFormat& format, Time now) const;
};

using Milliseconds = std::chrono::duration<double, std::milli>;

/// Of which runtime, and how it is initialised.
struct RuntimeFacts {
    std::string version;                       ///< "nodejs:20.v1"
    std::string arn;                           ///< arn:aws:lambda:…::runtime:…
    std::string initialization = "on-demand";  ///< or "provisioned-concurrency", "snap-start"
    bool in_invoke = false;                    ///< a second time, as a part of the event that waits for it
};

PlatformEvent init_started(const RuntimeFacts& runtime, std::string_view function, std::string_view version);
/// `status`: "success", "error" or "timeout".
PlatformEvent init_reported(const RuntimeFacts& runtime, Milliseconds duration, std::string_view status,
                            std::string_view error_type = "");
PlatformEvent invoke_started(std::string_view request_id, std::string_view version, bool with_record = true);
PlatformEvent invoke_ended(std::string_view request_id, Milliseconds duration, uint64_t produced_bytes,
                           std::string_view status, std::string_view error_type, bool with_record = true);

struct InvokeReport {
    std::string request_id;
    Milliseconds duration;
    uint64_t memory_mb = 0;
    uint64_t used_mb = 0;
    std::optional<Milliseconds> init_duration;
    std::string status = "success";
    std::string error_type;
    std::string trace;  ///< X-Amzn-Trace-Id
};
PlatformEvent invoke_reported(const InvokeReport& report, bool with_record = true);

PlatformEvent extension_listed(std::string_view name, std::string_view state, const json::array& events,
                               std::string_view error_type = "");
/// `kind`: "telemetry" or "logs".
PlatformEvent subscribed(std::string_view kind, std::string_view name, const json::array& types);

}  // namespace cumulet::lambda
