// What API Gateway writes of a request's way: the lines of execution logs, and of tests.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
#pragma once

#include <string>
#include <vector>

#include "base/http.h"
#include "base/time.h"

namespace cumulet::contracts {

class AccessLog;

/// Lines are told where they interest someone: `errors` only those that say why a request failed, `all` its steps too,
/// `bodies` also what was sent.
enum class LogLevel : uint8_t { none, errors, all, bodies };
/// What a stage's settings ask for: "OFF", "ERROR" or "INFO", and whether bodies are told too.
LogLevel log_level_of(std::string_view logging_level, bool data_trace);

/// The lines of one request, each at its time.
class ExecutionLog {
  public:
    static constexpr size_t longest_line_bytes = 1024;  ///< of a body; AWS cuts off what is beyond
    struct Line {
        Time at;
        std::string text;
    };

    explicit ExecutionLog(LogLevel level = LogLevel::none) : level_(level) {}

    bool tells_steps() const { return level_ >= LogLevel::all; }
    bool tells_bodies() const { return level_ >= LogLevel::bodies; }
    bool tells_errors() const { return level_ >= LogLevel::errors; }
    void step(Time at, std::string line) {
        if (tells_steps()) lines_.push_back({at, std::move(line)});
    }
    /// "<title>: <body>", cut off where it is long.
    void body(Time at, std::string_view title, std::string_view body);
    void error(Time at, std::string line) {
        if (tells_errors()) lines_.push_back({at, std::move(line)});
    }

    const std::vector<Line>& lines() const { return lines_; }
    /// All of it as one text, as tests tell it: "Mon Nov 23 00:55:00 UTC 2026 : <line>".
    std::string text(std::string_view title) const;

  private:
    LogLevel level_;
    std::vector<Line> lines_;
};

/// Where the lines of one request are written.
struct ExecutionLogPlace {
    std::string account;
    std::string region;
    std::string group_name;  ///< is made where it is missing
    std::string source;      ///< "<api id>/<stage>", which has a stream of its own
    std::string request_id;
};
/// Writes each line as "(<request id>) <line>", behind the request's back. On the reactor of the request.
void write_execution_log(AccessLog& into, const ExecutionLog& log, const ExecutionLogPlace& place);

/// "{a=1, b=2}", as Java writes maps. What tells who someone is, is left out: "{Authorization=*****abcdef}".
std::string listed(const http::Headers& headers);
std::string listed(const std::vector<http::Parameter>& parameters);

}  // namespace cumulet::contracts
