// Invoke: runs a function and waits for it, or queues an event for it.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html

#include "base/bytes.h"
#include "base/json.h"
#include "services/lambda/fault.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

constexpr size_t most_payload_bytes = 6'291'456;
constexpr size_t most_event_bytes = 1'048'576;
constexpr size_t most_client_context_bytes = 3583;

void check_payload(const std::string& payload, size_t most_bytes) {
    if (payload.size() > most_bytes) {
        throw user_fault<RequestTooLargeException>(
            fmt::format("Request must be smaller than {} bytes for the InvokeFunction operation", most_bytes));
    }
    if (const auto parsed = parse_json(payload); !parsed) {
        throw user_fault<InvalidRequestContentException>("Could not parse request body into json: " + parsed.error());
    }
}

/// The client context as one line of JSON.
std::string decode_client_context(const std::optional<std::string>& encoded) {
    if (!encoded || encoded->empty()) return "";
    if (encoded->size() > most_client_context_bytes) throw invalid("Client context must be no more than 3583 bytes.");
    const auto text = from_base64(*encoded);
    const auto parsed = text ? parse_json(*text) : std::unexpected(std::string());
    if (!parsed || !parsed->is_object()) {
        throw user_fault<InvalidRequestContentException>("Client context must be a valid Base64-encoded JSON object.");
    }
    return json::serialize(*parsed);
}

}  // namespace

Task<InvocationResponse> Service::invoke(Call& call, InvocationRequest request) {
    const auto name = parse_function_name(call, request.FunctionName, request.Qualifier);
    const auto type = request.InvocationType.value_or("RequestResponse");
    if (request.DurableExecutionName) throw aws::not_implemented("lambda", "Invoke", "DurableExecutionName");
    if (request.TenantId) throw aws::not_implemented("lambda", "Invoke", "TenantId");
    auto payload = std::move(request.Payload).value_or("");
    if (payload.empty()) payload = "{}";
    check_payload(payload, type == "Event" ? most_event_bytes : most_payload_bytes);

    const auto fraction = call.random().fraction();
    const auto function =
        co_await store_.transact([&](store::Transaction& tx) -> Task<std::shared_ptr<const Function>> {
            co_return co_await load_qualified(tx, functions_, name, fraction);
        });
    if (type == "DryRun") co_return InvocationResponse{.StatusCode = 204, .ExecutedVersion = function->version()};

    Invocation invocation{.request_id = call.request_id,
                          .payload = std::move(payload),
                          .function_arn = name.arn(),
                          .client_context = decode_client_context(request.ClientContext),
                          .trace = call.trace};
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

}  // namespace cumulet::lambda
