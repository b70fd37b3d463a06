// What is told of what happened on a connection: metrics, the access log, the execution log.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html

#include "services/apigatewayv2/request_value.h"
#include "services/apigatewayv2/websocket/execution_notes.h"
#include "services/apigatewayv2/websocket/web_sockets.h"

namespace cumulet::apigatewayv2 {
namespace {

double milliseconds_of(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

std::vector<contracts::MetricSample> samples_of(const Passage& passage) {
    using Type = WebSocketEvent::Type;
    const auto& outcome = passage.outcome;
    const auto type = passage.web_socket->type;
    std::vector<contracts::MetricSample> samples;
    // Unverified: that connections are counted which no integration was asked about.
    if (type == Type::connect && outcome.status / 100 != 4) samples.push_back({.name = "ConnectCount"});
    if (type == Type::message) samples.push_back({.name = "MessageCount"});
    const bool asked = outcome.integration_latency.has_value();
    const bool wrong = asked && (outcome.integration_status / 100 > 3 || outcome.function_status / 100 > 3 ||
                                 !outcome.integration_error.empty());
    if (asked) {
        samples.push_back({.name = "IntegrationError", .value = wrong ? 1. : 0.});
        samples.push_back({.name = "IntegrationLatency",
                           .value = milliseconds_of(*outcome.integration_latency),
                           .unit = "Milliseconds"});
    }
    const bool refused = !asked && outcome.status / 100 == 4;
    samples.push_back({.name = "ClientError", .value = refused ? 1. : 0.});
    samples.push_back({.name = "ExecutionError", .value = outcome.integration_error.empty() ? 0. : 1.});
    return samples;
}

}  // namespace

void WebSockets::observe(Call& call, Passage& passage, const WebSocketStage& stage, const Place& place,
                         std::string_view answer) {
    passage.outcome.latency = call.now() - passage.received;
    measure(passage, place, call.now());
    const auto source = passage.api_id + "/" + passage.stage;
    if (stage.access_log && stage.access_log->DestinationArn && stage.access_log->Format) {
        const auto value_of = [&](std::string_view name) { return context_value(passage, name); };
        shared_.access_log.write({.account = place.account,
                                  .region = place.region,
                                  .destination_arn = *stage.access_log->DestinationArn,
                                  .source = source,
                                  .line = contracts::access_log_line(*stage.access_log->Format, value_of),
                                  .at = passage.received});
    }
    note_end(passage, answer, call.now());
    contracts::write_execution_log(shared_.access_log, passage.log,
                                   {.account = place.account,
                                    .region = place.region,
                                    .group_name = "/aws/apigateway/" + source,
                                    .source = source,
                                    .request_id = passage.request_id});
}

void WebSockets::measure(const Passage& passage, const Place& place, Time now) {
    if (!shared_.metrics) return;
    const auto samples = samples_of(passage);
    const auto* route = passage.match.route;
    const contracts::MetricScope::Dimension all[] = {
        {"ApiId", passage.api_id},
        {"Stage", passage.stage},
        {"Route", route ? std::string_view(route->route_key) : std::string_view()}};
    const std::span<const contracts::MetricScope::Dimension> dimensions(all);
    const size_t most = route && route->detailed_metrics ? 3 : 2;  // Unverified: that the third is called Route
    for (size_t count = 1; count <= most; ++count)
        shared_.metrics->add({place.account, place.region, "AWS/ApiGateway", dimensions.first(count)}, samples, now);
}

}  // namespace cumulet::apigatewayv2
