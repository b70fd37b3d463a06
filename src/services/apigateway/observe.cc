// What is told of a request after its answer: metrics, the access log, the execution log.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html

#include "services/apigateway/execution_notes.h"
#include "services/apigateway/surface.h"

namespace cumulet::apigateway {
namespace {

/// Counts what passes, and tells when it ended.
class ObservedStream final : public ByteStream {
  public:
    ObservedStream(std::shared_ptr<ByteStream> inner, std::function<void(size_t)> ended)
        : inner_(std::move(inner)), ended_(std::move(ended)) {}
    ~ObservedStream() override { tell(); }
    Task<std::optional<std::string>> read() override {
        auto piece = co_await inner_->read();
        if (piece) {
            bytes_ += piece->size();
        } else {
            tell();
        }
        co_return piece;
    }
    void cancel() override { inner_->cancel(); }

  private:
    void tell() {
        if (auto ended = std::exchange(ended_, {})) ended(bytes_);
    }
    std::shared_ptr<ByteStream> inner_;
    std::function<void(size_t)> ended_;
    size_t bytes_ = 0;
};

}  // namespace

void Surface::finish(Call& call, std::shared_ptr<Exchange> exchange, std::shared_ptr<const DeployedApi> api,
                     http::Response& response) {
    exchange->status = response.status;
    if (!response.stream) {
        exchange->answer_bytes = response.body.size();
        exchange->latency = call.now() - exchange->received;
        observe(*exchange);
        return;
    }
    auto& reactor = call.reactor();
    response.stream = std::make_shared<ObservedStream>(std::move(response.stream),
                                                       [this, &reactor, exchange, api = std::move(api)](size_t bytes) {
                                                           exchange->answer_bytes = bytes;
                                                           exchange->latency = reactor.now() - exchange->received;
                                                           observe(*exchange);
                                                       });
}

void Surface::observe(const Exchange& exchange) {
    measure(exchange);
    write_log(exchange);
    write_execution_log(exchange);
}

void Surface::measure(const Exchange& exchange) {
    if (!neighbours_.metrics) return;
    const auto api_name = exchange.definition->api.name.value_or("");
    const auto stage_name = exchange.stage->stageName.value_or("");
    const auto millis = [](Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); };
    std::vector<contracts::MetricSample> samples{
        {.name = "Count"},
        {.name = "Latency", .value = millis(exchange.latency), .unit = "Milliseconds"},
        {.name = "4XXError", .value = exchange.status / 100 == 4 ? 1.0 : 0.0},
        {.name = "5XXError", .value = exchange.status / 100 == 5 ? 1.0 : 0.0}};
    if (exchange.integration_status) {
        samples.push_back(
            {.name = "IntegrationLatency", .value = millis(exchange.integration_latency), .unit = "Milliseconds"});
    }
    if (exchange.from_cache) samples.push_back({.name = *exchange.from_cache ? "CacheHitCount" : "CacheMissCount"});
    const auto add = [&](std::span<const contracts::MetricScope::Dimension> dimensions) {
        neighbours_.metrics->add({exchange.account(), exchange.region(), "AWS/ApiGateway", dimensions},
                                 std::span<const contracts::MetricSample>(samples), exchange.received);
    };
    const contracts::MetricScope::Dimension of_stage[] = {{"ApiName", api_name}, {"Stage", stage_name}};
    const contracts::MetricScope::Dimension of_api[] = {{"ApiName", api_name}};
    add(of_stage);
    add(of_api);
    if (!exchange.method || !exchange.method->settings.metricsEnabled.value_or(false)) return;
    const contracts::MetricScope::Dimension of_method[] = {{"ApiName", api_name},
                                                           {"Method", exchange.request.method},
                                                           {"Resource", exchange.method->resource_path},
                                                           {"Stage", stage_name}};
    add(of_method);
}

void Surface::write_log(const Exchange& exchange) {
    const auto& settings = exchange.stage->accessLogSettings;
    if (!settings || !settings->format || !settings->destinationArn) return;
    const auto context = log_context_of(exchange);
    const auto value_of = [&](std::string_view name) { return value_in(context, name); };
    log_.write({.account = exchange.account(),
                .region = exchange.region(),
                .destination_arn = *settings->destinationArn,
                .source = fmt::format("{}/{}", exchange.api_id(), *exchange.stage->stageName),
                .line = contracts::access_log_line(*settings->format, value_of),
                .at = exchange.received});
}

void Surface::write_execution_log(const Exchange& exchange) {
    const auto source = fmt::format("{}/{}", exchange.api_id(), *exchange.stage->stageName);
    contracts::write_execution_log(log_, exchange.log,
                                   {.account = exchange.account(),
                                    .region = exchange.region(),
                                    .group_name = "API-Gateway-Execution-Logs_" + source,
                                    .source = source,
                                    .request_id = exchange.request_id});
}

}  // namespace cumulet::apigateway
