#include "apis.h"

#include "endpoint.h"
#include "functions.h"
#include "scenario.h"

namespace cumulet::load {
namespace {

using namespace std::chrono_literals;

constexpr auto warm_up = 500ms;
constexpr auto measured = 3s;

constexpr std::string_view function_arn = "arn:aws:lambda:us-east-1:000000000000:function:load";

/// The integrations of both kinds of APIs; MOCK is one that HTTP APIs do not have.
std::string integrations(const Endpoint& endpoint, std::string_view payload_format) {
    return fmt::format(
        R"("/proxy": {{"get": {{"responses": {{}}, "x-amazon-apigateway-integration": {{"type": "http_proxy",)"
        R"("httpMethod": "GET", "uri": "http://127.0.0.1:{}/", "payloadFormatVersion": "1.0"}}}}}},)"
        R"("/function": {{"get": {{"responses": {{}}, "x-amazon-apigateway-integration": {{"type": "aws_proxy",)"
        R"("httpMethod": "POST", "payloadFormatVersion": "{}",)"
        R"("uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"}}}}}})",
        endpoint.port, payload_format, function_arn);
}

std::string rest_definition(const Endpoint& endpoint) {
    return R"({"openapi": "3.0.1", "info": {"title": "load", "version": "1"}, "paths": {)"
           R"("/mock": {"get": {"responses": {"200": {}}, "x-amazon-apigateway-integration": {"type": "mock",)"
           R"("requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default":)"
           R"({"statusCode": "200", "responseTemplates": {"application/json": "{\"hello\": \"world\"}"}}}}}},)" +
           integrations(endpoint, "1.0") + "}}";
}

std::string json_string(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"';
}

void prepare(Server& server, const Endpoint& endpoint) {
    Caller caller(server.port);
    create_function(caller, "load", "index.handler");
    for (const auto [sid, source] : {std::pair("rest", "loadrest"), std::pair("http", "loadhttp")}) {
        caller.ask(signed_request(
            "lambda", "POST", "/2015-03-31/functions/load/policy",
            fmt::format(
                R"({{"StatementId":"{}","Action":"lambda:InvokeFunction","Principal":"apigateway.amazonaws.com",)"
                R"("SourceArn":"arn:aws:execute-api:us-east-1:000000000000:{}/*"}})",
                sid, source)));
    }
    const auto ask = [&](std::string_view method, std::string_view path, std::string_view body) {
        caller.ask(signed_request("apigateway", method, path, body));
    };
    ask("POST", "/restapis", R"({"name":"load","tags":{"_custom_id_":"loadrest"}})");
    ask("PUT", "/restapis/loadrest?mode=overwrite", rest_definition(endpoint));
    ask("POST", "/restapis/loadrest/deployments", R"({"stageName":"live"})");
    ask("PATCH", "/restapis/loadrest/stages/live",
        R"({"patchOperations":[{"op":"replace","path":"/*/*/throttling/rateLimit","value":"1000000"},)"
        R"({"op":"replace","path":"/*/*/throttling/burstLimit","value":"1000000"}]})");
    ask("POST", "/v2/apis", R"({"name":"load","protocolType":"HTTP","tags":{"_custom_id_":"loadhttp"}})");
    const auto definition = R"({"openapi": "3.0.1", "info": {"title": "load", "version": "1"}, "paths": {)" +
                            integrations(endpoint, "2.0") + "}}";
    ask("PUT", "/v2/apis/loadhttp", fmt::format(R"({{"body":{}}})", json_string(definition)));
    ask("POST", "/v2/apis/loadhttp/stages", R"({"stageName":"live","autoDeploy":true})");
}

std::string get(std::string_view api_id, std::string_view path) {
    return fmt::format(
        "GET /live{} HTTP/1.1\r\nHost: {}.execute-api.localhost.localstack.cloud\r\nUser-Agent: load\r\n"
        "Accept: */*\r\n\r\n",
        path, api_id);
}
std::string rest_mock(Caller&) {
    static const auto text = get("loadrest", "/mock");
    return text;
}
std::string rest_proxy(Caller&) {
    static const auto text = get("loadrest", "/proxy");
    return text;
}
std::string rest_function(Caller&) {
    static const auto text = get("loadrest", "/function");
    return text;
}
std::string http_proxy(Caller&) {
    static const auto text = get("loadhttp", "/proxy");
    return text;
}
std::string http_function(Caller&) {
    static const auto text = get("loadhttp", "/function");
    return text;
}

struct Measurement {
    Scenario scenario;
    bool one_core;  ///< the server's; a function's workers want the other too
    size_t connections;
};
const Measurement measurements[] = {
    {{"REST API, MOCK", {rest_mock}}, true, 32},
    {{"REST API, HTTP_PROXY", {rest_proxy}}, true, 32},
    {{"HTTP API, HTTP_PROXY", {http_proxy}}, true, 32},
    {{"REST API, Lambda proxy", {rest_function}}, false, 8},
    {{"HTTP API, Lambda proxy", {http_function}}, false, 8},
};

void measure_one(const std::string& program, const Measurement& measurement) {
    Server server(program, {.one_core = measurement.one_core});
    Endpoint endpoint;
    prepare(server, endpoint);
    std::vector<Caller> callers;
    for (size_t i = 0; i < measurement.connections; ++i) callers.emplace_back(server.port);
    drive(callers, measurement.scenario, lasting(warm_up));
    const auto endpoint_before = endpoint.cpu();
    const auto cost = measure(server, callers, measurement.scenario, measured);
    const auto requests = cost.flows_per_second * std::chrono::duration<double>(measured).count();
    const auto endpoint_us = static_cast<double>((endpoint.cpu() - endpoint_before).count()) / requests;
    fmt::print("{:<24} {:>8.0f} requests/s, {:>5.1f} us of Cumulet's processor time each", measurement.scenario.name,
               cost.flows_per_second, cost.cpu_us);
    if (endpoint_us > 0.5) fmt::print(", {:.1f} us with the endpoint's", cost.cpu_us + endpoint_us);
    fmt::print("\n");
    std::fflush(stdout);
}

}  // namespace

void measure_apis(const std::string& program, std::string_view filter) {
    for (const auto& measurement : measurements) {
        if (measurement.scenario.name.contains(filter)) measure_one(program, measurement);
    }
}

}  // namespace cumulet::load
