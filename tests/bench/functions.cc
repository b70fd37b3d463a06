#include "functions.h"

#include <algorithm>

#include "scenario.h"

namespace cumulet::load {
namespace {

using namespace std::chrono_literals;

constexpr int timed_calls = 2000;
constexpr int idle_functions = 1000;

// The archive of one file, index.js:
//     exports.echo = async (event) => event;
//     exports.handler = async () => ({ statusCode: 200, body: 'hello' });
constexpr std::string_view package =
    "UEsDBBQAAAAAAAAAIVBC8TMHawAAAGsAAAAIAAAAaW5kZXguanNleHBvcnRzLmVjaG8gPSBhc3luYyAoZXZlbnQpID0+IGV2ZW50"
    "OwpleHBvcnRzLmhhbmRsZXIgPSBhc3luYyAoKSA9PiAoeyBzdGF0dXNDb2RlOiAyMDAsIGJvZHk6ICdoZWxsbycgfSk7ClBLAQIU"
    "AxQAAAAAAAAAIVBC8TMHawAAAGsAAAAIAAAAAAAAAAAAAACkAQAAAABpbmRleC5qc1BLBQYAAAAAAQABADYAAACRAAAAAAA=";

std::string create(std::string_view name, std::string_view handler) {
    return signed_request("lambda", "POST", "/2015-03-31/functions",
                          fmt::format(R"({{"FunctionName":"{}","Runtime":"nodejs20.x","Handler":"{}",)"
                                      R"("Role":"arn:aws:iam::000000000000:role/r","Code":{{"ZipFile":"{}"}}}})",
                                      name, handler, package));
}

std::string invoke(Caller&) {
    static const auto text = signed_request("lambda", "POST", "/2015-03-31/functions/load/invocations", R"({"n":1})");
    return text;
}

void measure_warm(const std::string& program) {
    Server server(program, {.one_core = false});
    const Scenario scenario{"Lambda invoke", {invoke}};
    std::vector<Caller> callers;
    callers.emplace_back(server.port);
    create_function(callers[0], "load", "index.echo");
    std::vector<double> times;
    for (int i = 0; i < timed_calls; ++i) {
        const auto begun = std::chrono::steady_clock::now();
        callers[0].ask(invoke(callers[0]));
        times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begun).count());
    }
    std::ranges::sort(times);
    fmt::print("Lambda invoke, one client: p50 {:.0f} us, p99 {:.0f} us\n", times[timed_calls / 2],
               times[timed_calls * 99 / 100]);
    for (int clients : {1, 8}) {
        while (callers.size() < static_cast<size_t>(clients)) callers.emplace_back(server.port);
        drive(callers, scenario, lasting(1s));
        const auto cost = measure(server, callers, scenario, 3s);
        fmt::print("Lambda invoke, {} clients: {:.0f} calls/s, {:.1f} us of Cumulet's processor time each\n", clients,
                   cost.flows_per_second, cost.cpu_us);
        std::fflush(stdout);
    }
}

void measure_idle(const std::string& program) {
    Server server(program, {});
    Caller caller(server.port);
    create_function(caller, "first", "index.echo");
    const auto before = server.proportional_mebibytes();
    for (int i = 0; i < idle_functions; ++i) create_function(caller, fmt::format("idle-{}", i), "index.echo");
    fmt::print("Lambda: {} idle functions hold {:.1f} MiB\n", idle_functions, server.proportional_mebibytes() - before);
    std::fflush(stdout);
}

}  // namespace

std::string signed_request(std::string_view service, std::string_view method, std::string_view path,
                           std::string_view body) {
    return fmt::format(
        "{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
        "Credential=test/20260101/us-east-1/{}/aws4_request, SignedHeaders=host;x-amz-date, "
        "Signature={:064}\r\nContent-Length: {}\r\n\r\n{}",
        method, path, service, 0, body.size(), body);
}

void create_function(Caller& caller, std::string_view name, std::string_view handler) {
    caller.ask(create(name, handler));
}

void measure_functions(const std::string& program) {
    measure_warm(program);
    measure_idle(program);
}

}  // namespace cumulet::load
