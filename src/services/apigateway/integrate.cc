// What stands behind a method: MOCK, HTTP, HTTP_PROXY, AWS_PROXY and AWS.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-integration-settings.html

#include "base/bytes.h"
#include "contracts/error.h"
#include "runtime/byte_stream.h"
#include "runtime/log.h"
#include "services/apigateway/execution_notes.h"
#include "services/apigateway/proxy_event.h"
#include "services/apigateway/streaming.h"
#include "services/apigateway/surface.h"

namespace cumulet::apigateway {
namespace {

constexpr size_t largest_answer_bytes = 10 << 20;
constexpr auto role_kept_for = 60s;  // of the cloud's clock: a trust that is taken away counts soon
constexpr std::string_view of_caller = "arn:aws:iam::*:user/*";

/// As whom API Gateway calls: itself, the role that the integration names, or whoever called the API.
Call caller_of(Call& call, const Exchange& exchange, const std::string& role, std::string source_arn) {
    auto caller = service_call(call.reactor(), "apigateway.amazonaws.com", exchange.account(), exchange.region());
    if (role == of_caller) {
        caller.principal = call.principal;
        caller.account = call.principal.account;
    } else if (const auto arn = Arn::parse(role)) {
        const auto name = arn->resource.substr(arn->resource.rfind('/') + 1);
        caller.principal.kind = Principal::Kind::assumed_role;
        caller.principal.account = arn->account;
        caller.principal.arn =
            fmt::format("arn:aws:sts::{}:assumed-role/{}/BackplaneAssumeRoleSession", arn->account, name);
        caller.principal.service.clear();
        caller.account = arn->account;
    } else {
        caller.source_arn = std::move(source_arn);
    }
    caller.host = call.host;
    caller.tls = call.tls;
    caller.source_address = call.source_address;
    caller.trace = exchange.trace;
    caller.depth = call.depth;
    return caller;
}

bool is_lambda(std::string_view uri) { return uri.contains(":lambda:path/"); }

Task<aws::lambda::InvocationResponse> call_function(aws::lambda::Client lambda, Call caller,
                                                    aws::lambda::InvocationRequest request) {
    co_return co_await lambda.invoke(caller, std::move(request));
}

Task<http::Response> call_service(contracts::WireDoor& wire, Call caller, contracts::ServiceRequest request) {
    auto response = co_await wire.forward(caller, std::move(request));
    if (response.stream)
        response.body = co_await read_all(std::exchange(response.stream, nullptr), largest_answer_bytes);
    co_return response;
}

IntegrationAnswer answer_of(http::Response response) {
    IntegrationAnswer answer;
    answer.status = response.status;
    answer.headers = std::move(response.headers);
    answer.body = std::move(response.body);
    answer.stream = std::move(response.stream);
    answer.stream_size = response.stream_size;
    answer.selected_by = std::to_string(answer.status);
    return answer;
}

contracts::ServiceRequest service_request(const Arn& arn, IntegrationRequest request) {
    auto wanted = contracts::service_named_by(arn);
    if (!wanted) throw misconfigured();
    auto& message = wanted->message;
    message.method = request.method;
    message.set_target(target_of(std::exchange(message.target, ""), request.query));
    message.headers = std::move(request.headers);
    message.body = std::move(request.body);
    message.remote_address = "127.0.0.1";
    return std::move(*wanted);
}

/// The error that selection patterns are held against.
std::string error_message_of(std::string_view payload) {
    const auto parsed = parse_json(payload);
    const auto* object = parsed ? parsed->if_object() : nullptr;
    return object ? std::string(string_or(*object, "errorMessage")) : "";
}

/// True if the answer goes on piece by piece.
bool streams(const Exchange& exchange) { return exchange.method->integration.responseTransferMode == "STREAM"; }

Duration patience_of(const Exchange& exchange) {
    return std::chrono::milliseconds(exchange.method->integration.timeoutInMillis.value_or(29'000));
}

Invocation of_integration(const Exchange& exchange, std::string_view uri) {
    // Functions are invoked by POST, whatever the method of the API.
    if (exchange.method->integration.httpMethod != "POST") throw misconfigured();
    return {.function = function_of(uri),
            .role = with_stage_variables(exchange.method->integration.credentials.value_or(""), exchange.variables()),
            .source_arn = method_arn(exchange, true),
            .patience = patience_of(exchange)};
}

/// Names the function in a request of any kind, its qualifier apart:
/// arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]
template <typename Request>
void name_function(const Invocation& invocation, Request& request) {
    request.FunctionName = invocation.function;
    if (request.FunctionName.empty()) throw misconfigured();
    if (std::ranges::count(request.FunctionName, ':') != 7) return;
    const auto colon = request.FunctionName.rfind(':');
    request.Qualifier = request.FunctionName.substr(colon + 1);
    request.FunctionName.resize(colon);
}

/// As execution logs tell it.
std::string invocation_uri(const Invocation& invocation) {
    const auto arn = Arn::parse(invocation.function);
    return fmt::format("https://lambda.{}.amazonaws.com/2015-03-31/functions/{}/invocations", arn ? arn->region : "",
                       invocation.function);
}

void note_refusal(Exchange& exchange, const aws::Error& error) {
    exchange.integration_status = error.status;
    exchange.integration_error = error.message;
    exchange.log_reason = error.status == 403 ? "Invalid permissions on Lambda function" : error.message;
}

/// An answer on its way, whose prelude was read.
Task<http::Response> open_stream(aws::lambda::Client lambda, Call caller,
                                 aws::lambda::InvokeWithResponseStreamRequest request) {
    auto response = co_await lambda.invoke_with_response_stream(caller, std::move(request));
    co_return co_await read_streamed_answer(std::make_shared<PayloadStream>(std::move(response.EventStream)));
}

template <typename T>
struct Pending {
    std::optional<T> value;
    std::exception_ptr failure;
    bool done = false;
};

template <typename T>
Task<void> settle(Gates& gates, std::string key, std::shared_ptr<Pending<T>> pending, Task<T> work) {
    try {
        pending->value.emplace(co_await work);
    } catch (...) {
        pending->failure = std::current_exception();
    }
    pending->done = true;
    gates.wake(key);
}

}  // namespace

std::string function_of(std::string_view uri) {
    constexpr std::string_view opening = "/functions/";
    const auto at = uri.find(opening);
    if (at == std::string_view::npos) return "";
    uri.remove_prefix(at + opening.size());
    return std::string(uri.substr(0, uri.rfind('/')));
}

template <typename T>
Task<T> Surface::within(Call& call, Exchange& exchange, Duration patience, Task<T> work) {
    const auto started = call.now();
    const auto until = started + patience;
    auto pending = std::make_shared<Pending<T>>();
    auto seen = answers_.version(exchange.request_id);
    work_.start(settle(answers_, exchange.request_id, pending, std::move(work)));
    bool woken = true;
    while (!pending->done && woken) {
        woken = co_await answers_.wait(exchange.request_id, seen, until);
        seen = answers_.version(exchange.request_id);
    }
    exchange.integration_latency = call.now() - started;
    if (!pending->done) throw integration_timeout();
    if (pending->failure) std::rethrow_exception(pending->failure);
    co_return std::move(*pending->value);
}

Task<http::Response> Surface::integrate(Call& call, Exchange& exchange) {
    const auto& type = exchange.method->integration.type.value_or("");
    if (type == "AWS_PROXY" && streams(exchange)) co_return co_await invoke_streaming(call, exchange);
    if (type == "AWS_PROXY") co_return co_await invoke_proxy(call, exchange);
    if (type == "HTTP_PROXY") co_return proxy_response(co_await send(call, exchange, proxy_request(exchange)));
    auto request = map_request(exchange);
    IntegrationAnswer answer;
    if (type == "MOCK") {
        answer = mock_answer(request.body);
        exchange.integration_status = answer.status;
    } else if (type == "HTTP") {
        answer = co_await send(call, exchange, std::move(request));
    } else if (is_lambda(request.uri)) {
        answer = co_await invoke_mapped(call, exchange, std::move(request));
    } else {
        answer = co_await forward(call, exchange, std::move(request));
    }
    co_return map_response(exchange, answer);
}

Task<IntegrationAnswer> Surface::send(Call& call, Exchange& exchange, IntegrationRequest request) {
    const auto scheme = request.uri.find("://");
    if (!neighbours_.http || scheme == std::string::npos) throw misconfigured();
    const auto path = std::min(request.uri.find_first_of("/?", scheme + 3), request.uri.size());
    http::Request message;
    message.method = request.method;
    message.set_target(target_of(std::string_view(request.uri).substr(path), request.query));
    message.headers = std::move(request.headers);
    message.body = std::move(request.body);
    message.headers.set("Host", request.uri.substr(scheme + 3, path - scheme - 3));
    contracts::Sending sending(
        std::chrono::milliseconds(exchange.method->integration.timeoutInMillis.value_or(29'000)));
    sending.client_certificate = exchange.client_certificate;
    sending.stream = streams(exchange);
    const auto& tls = exchange.method->integration.tlsConfig;
    sending.trust_any_certificate = tls && tls->insecureSkipVerification.value_or(false);
    note_endpoint_request(exchange, request.uri, message.headers, message.body, call.now());
    const auto started = call.now();
    std::optional<http::Response> response;
    try {
        response = co_await neighbours_.http->send(request.uri.substr(0, path), std::move(message), std::move(sending));
    } catch (const std::exception& error) {
        log::warning("An API's endpoint could not be reached", {{"reason", error.what()}});
        exchange.integration_error = error.what();
        throw integration_failure();
    }
    exchange.integration_latency = call.now() - started;
    if (!response) throw integration_timeout();
    exchange.integration_status = response->status;
    note_endpoint_response(exchange, response->headers, response->body, call.now());
    co_return answer_of(std::move(*response));
}

Task<IntegrationAnswer> Surface::forward(Call& call, Exchange& exchange, IntegrationRequest request) {
    const auto arn = Arn::parse(request.uri);
    if (!arn || !neighbours_.wire) throw misconfigured();
    const auto role = with_stage_variables(exchange.method->integration.credentials.value_or(""), exchange.variables());
    // Without a role there is no one whom another service would know.
    if (role.empty()) throw misconfigured();
    co_await assume(call, exchange, role);
    auto caller = caller_of(call, exchange, role, "");
    caller.region = arn->region;
    auto wanted = service_request(*arn, std::move(request));
    note_endpoint_request(exchange, arn->text(), wanted.message.headers, wanted.message.body, call.now());
    auto response = co_await within(call, exchange, patience_of(exchange),
                                    call_service(*neighbours_.wire, std::move(caller), std::move(wanted)));
    exchange.integration_status = response.status;
    exchange.integration_request_id = response.headers.get("x-amzn-requestid");
    note_endpoint_response(exchange, response.headers, response.body, call.now());
    co_return answer_of(std::move(response));
}

Task<aws::lambda::InvocationResponse> Surface::invoke(Call& call, Exchange& exchange, Invocation invocation,
                                                      aws::lambda::InvocationRequest request) {
    name_function(invocation, request);
    co_await assume(call, exchange, invocation.role);
    note_endpoint_request(exchange, invocation_uri(invocation), {}, request.Payload.value_or(""), call.now());
    auto caller = caller_of(call, exchange, invocation.role, std::move(invocation.source_arn));
    try {
        auto response = co_await within(call, exchange, invocation.patience,
                                        call_function(lambda_, std::move(caller), std::move(request)));
        exchange.integration_status = response.StatusCode.value_or(200);
        note_endpoint_response(exchange, {}, response.Payload.value_or(""), call.now());
        co_return response;
    } catch (const aws::Error& error) {
        log::warning("An API's function could not be invoked", {{"error", error.code}, {"reason", error.message}});
        note_refusal(exchange, error);
        throw misconfigured();
    }
}

Task<IntegrationAnswer> Surface::invoke_mapped(Call& call, Exchange& exchange, IntegrationRequest request) {
    aws::lambda::InvocationRequest invocation;
    invocation.Payload = std::move(request.body);
    const auto kind = request.headers.get("x-amz-invocation-type");
    if (!kind.empty()) invocation.InvocationType = std::string(kind);
    auto response = co_await invoke(call, exchange, of_integration(exchange, request.uri), std::move(invocation));
    IntegrationAnswer answer;
    answer.status = response.StatusCode.value_or(200);
    answer.body = response.Payload.value_or("");
    if (response.FunctionError) {
        answer.headers.set("X-Amz-Function-Error", *response.FunctionError);
        answer.selected_by = error_message_of(answer.body);
    }
    co_return answer;
}

Task<http::Response> Surface::invoke_proxy(Call& call, Exchange& exchange) {
    aws::lambda::InvocationRequest invocation;
    invocation.Payload = proxy_event(exchange);
    const auto uri = with_stage_variables(exchange.method->integration.uri.value_or(""), exchange.variables());
    const auto response = co_await invoke(call, exchange, of_integration(exchange, uri), std::move(invocation));
    if (response.FunctionError) {
        exchange.integration_error = "The function returned an error";
        throw malformed_proxy_reply();
    }
    auto answer = read_proxy_answer(exchange, response.Payload.value_or(""));
    exchange.function_status = answer.status;
    co_return answer;
}

Task<http::Response> Surface::invoke_streaming(Call& call, Exchange& exchange) {
    const auto uri = with_stage_variables(exchange.method->integration.uri.value_or(""), exchange.variables());
    auto invocation = of_integration(exchange, uri);
    aws::lambda::InvokeWithResponseStreamRequest request;
    name_function(invocation, request);
    request.Payload = proxy_event(exchange);
    co_await assume(call, exchange, invocation.role);
    note_endpoint_request(exchange, invocation_uri(invocation), {}, *request.Payload, call.now());
    auto caller = caller_of(call, exchange, invocation.role, std::move(invocation.source_arn));
    try {
        auto response = co_await within(call, exchange, invocation.patience,
                                        open_stream(lambda_, std::move(caller), std::move(request)));
        exchange.integration_status = 200;
        exchange.function_status = response.status;
        note_endpoint_response(exchange, response.headers, "", call.now());
        co_return response;
    } catch (const aws::Error& error) {
        log::warning("An API's function could not be invoked", {{"error", error.code}, {"reason", error.message}});
        note_refusal(exchange, error);
        throw misconfigured();
    }
}

Task<void> Surface::assume(Call& call, Exchange& exchange, std::string role) {
    if (!neighbours_.assumes_roles || !role.starts_with("arn:") || role == of_caller) co_return;
    if (trusted_.find(role, call.now())) co_return;
    auto caller = service_call(call.reactor(), "apigateway.amazonaws.com", exchange.account(), exchange.region());
    try {
        co_await sts_.assume_role(caller, {.RoleArn = role, .RoleSessionName = "BackplaneAssumeRoleSession"});
    } catch (const aws::Error& error) {
        exchange.log_reason = fmt::format("API Gateway does not have permission to assume the provided role {}", role);
        log::debug("an API's role cannot be assumed", {{"role", role}, {"why", error.message}});
        throw misconfigured();
    }
    trusted_.keep(role, std::make_shared<const bool>(true), call.now() + role_kept_for);
}

}  // namespace cumulet::apigateway
