// What is known of a request once it was answered: metrics, and the stage's access log.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html

#include "services/apigatewayv2/request_value.h"
#include "services/apigatewayv2/surface.h"

namespace cumulet::apigatewayv2 {
namespace {

double milliseconds_of(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

/// The message of an answer that is API Gateway's own.
std::string refusal_of(const Outcome& outcome, const http::Response& response) {
    if (outcome.integration_latency) return "";
    const auto parsed = parse_json(response.body, 4);
    const auto* object = parsed ? parsed->if_object() : nullptr;
    return object ? std::string(string_or(*object, "message")) : "";
}

}  // namespace

void Surface::observe(Call& call, Passage& passage, const DeployedStage& stage, const Place& place,
                      const http::Response& response) {
    auto& outcome = passage.outcome;
    outcome.status = response.status;
    outcome.bytes = response.body.size();
    outcome.latency = call.now() - passage.received;
    outcome.error = refusal_of(outcome, response);
    measure(passage, place, call.now());
    if (!stage.access_log || !stage.access_log->DestinationArn || !stage.access_log->Format) return;
    access_log_.write(
        {.account = place.account,
         .region = place.region,
         .destination_arn = *stage.access_log->DestinationArn,
         .source = passage.api_id + "/" + passage.stage,
         .line = contracts::access_log_line(*stage.access_log->Format,
                                            [&](std::string_view name) { return context_value(passage, name); }),
         .at = passage.received});
}

void Surface::measure(const Passage& passage, const Place& place, Time now) {
    if (!metrics_) return;
    const auto& outcome = passage.outcome;
    std::vector<contracts::MetricSample> samples{
        {.name = "Count"},
        {.name = "4xx", .value = outcome.status / 100 == 4 ? 1. : 0.},
        {.name = "5xx", .value = outcome.status / 100 == 5 ? 1. : 0.},
        {.name = "Latency", .value = milliseconds_of(outcome.latency), .unit = "Milliseconds"},
        {.name = "DataProcessed", .value = static_cast<double>(outcome.bytes), .unit = "Bytes"}};
    if (outcome.integration_latency) {
        samples.push_back({.name = "IntegrationLatency",
                           .value = milliseconds_of(*outcome.integration_latency),
                           .unit = "Milliseconds"});
    }
    std::vector<contracts::MetricScope::Dimension> dimensions{{"ApiId", passage.api_id}};
    const auto add = [&] { metrics_->add({place.account, place.region, "AWS/ApiGateway", dimensions}, samples, now); };
    add();
    dimensions.push_back({"Stage", passage.stage});
    add();
    const auto* route = passage.match.route;
    if (!route || !route->detailed_metrics) return;
    dimensions.push_back({"Method", passage.request->method});
    dimensions.push_back({"Resource", route->resource()});
    add();
}

}  // namespace cumulet::apigatewayv2
