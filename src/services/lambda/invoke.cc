// Invoke: runs a function and waits for it, or queues an event for it, which is all that InvokeAsync does.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html

#include "base/bytes.h"
#include "services/lambda/fault.h"
#include "services/lambda/request.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

Task<std::shared_ptr<const Function>> Service::find_to_run(Call& call, FunctionName name) {
    const auto fraction = call.random().fraction();
    if (name.qualifier.empty()) name.qualifier = latest;  // which the error names, where there is no function
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::shared_ptr<const Function>> {
        co_return co_await load_qualified(tx, functions_, name, fraction);
    });
}

Task<std::shared_ptr<const Function>> Service::find_version(FunctionName name) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::shared_ptr<const Function>> {
        co_return co_await load_qualified(tx, functions_, name);
    });
}

Task<InvocationResponse> Service::invoke(Call& call, InvocationRequest request) {
    const auto name = parse_function_name(call, request.FunctionName, request.Qualifier);
    const auto type = request.InvocationType.value_or("RequestResponse");
    if (request.DurableExecutionName) throw aws::not_implemented("lambda", "Invoke", "DurableExecutionName");
    if (request.TenantId) throw aws::not_implemented("lambda", "Invoke", "TenantId");
    auto payload = std::move(request.Payload).value_or("");
    if (payload.empty()) payload = "{}";
    check_payload(payload, type == "Event" ? most_event_bytes : most_payload_bytes);

    const auto function = co_await find_to_run(call, name);
    if (type == "DryRun") co_return InvocationResponse{.StatusCode = 204};

    Invocation invocation{.request_id = call.request_id,
                          .payload = std::move(payload),
                          .function_arn = name.arn(),
                          .client_context = decode_client_context(request.ClientContext),
                          .trace = call.trace,
                          .pipe = {}};
    if (type == "Event") {
        co_await queue_event(call, name, *function, std::move(invocation));
        co_return InvocationResponse{.StatusCode = 202};
    }
    auto outcome = co_await run(call, name, function, std::move(invocation));
    InvocationResponse response{
        .StatusCode = 200, .Payload = std::move(outcome.payload), .ExecutedVersion = function->version()};
    if (outcome.failed) response.FunctionError = "Unhandled";
    if (request.LogType.value_or("None") == "Tail") response.LogResult = to_base64(outcome.log_tail);
    co_return response;
}

Task<InvokeAsyncResponse> Service::invoke_async(Call& call, InvokeAsyncRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    std::string payload;
    try {
        payload = co_await read_all(request.InvokeArgs, most_event_bytes);
    } catch (const StreamTooLong&) {
        throw user_fault<RequestTooLargeException>(
            fmt::format("Request must be smaller than {} bytes for the InvokeAsync operation", most_event_bytes));
    }
    check_payload(payload, most_event_bytes);
    const auto function = co_await find_to_run(call, name);
    co_await queue_event(call, name, *function,
                         {.request_id = call.request_id,
                          .payload = std::move(payload),
                          .function_arn = name.arn(),
                          .client_context = {},
                          .trace = call.trace,
                          .pipe = {}});
    co_return InvokeAsyncResponse{.Status = 202};
}

}  // namespace cumulet::lambda
