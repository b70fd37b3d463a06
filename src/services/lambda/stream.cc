// InvokeWithResponseStream: the response on its way while the function still writes it.
// https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html

#include "base/bytes.h"
#include "contracts/event_stream.h"
#include "services/lambda/fault.h"
#include "services/lambda/request.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

/// The response as framed events: one for each piece, and one for the end.
class ResponseEvents final : public ByteStream {
  public:
    ResponseEvents(std::shared_ptr<StreamedRun> streamed, bool with_tail)
        : streamed_(std::move(streamed)), with_tail_(with_tail) {}

    Task<std::optional<std::string>> read() override {
        if (complete_) co_return std::nullopt;
        if (auto piece = co_await streamed_->pipe->read()) {
            co_return contracts::encode_event(
                contracts::make_event("PayloadChunk", "application/octet-stream", std::move(*piece)));
        }
        complete_ = true;
        co_return contracts::encode_event(
            contracts::make_event("InvokeComplete", "application/json", json::serialize(completion())));
    }

    void cancel() override { streamed_->pipe->cancel(); }

  private:
    json::object completion() const {
        json::object complete;
        const auto& outcome = streamed_->outcome;
        if (streamed_->failure || outcome.failed || outcome.lost) {
            const auto parsed = parse_json(outcome.payload);
            const auto type = parsed && parsed->is_object() ? string_or(parsed->as_object(), "errorType") : "";
            // Unverified: which code stands for errors of the function itself.
            complete["ErrorCode"] = type.empty() ? std::string_view("Unhandled") : type;
            complete["ErrorDetails"] = outcome.payload;
        }
        if (with_tail_) complete["LogResult"] = to_base64(outcome.log_tail);
        return complete;
    }

    std::shared_ptr<StreamedRun> streamed_;
    const bool with_tail_;
    bool complete_ = false;
};

}  // namespace

Task<void> Service::finish_streaming(std::shared_ptr<StreamedRun> streamed, FunctionName name,
                                     std::shared_ptr<const Function> function, Invocation invocation) {
    try {
        streamed->outcome = co_await run(streamed->call, std::move(name), std::move(function), std::move(invocation));
    } catch (...) {
        streamed->failure = std::current_exception();
    }
    streamed->pipe->close();
}

Task<std::shared_ptr<StreamedRun>> Service::run_streaming(Call& call, FunctionName name,
                                                          std::shared_ptr<const Function> function,
                                                          Invocation invocation) {
    auto streamed = std::make_shared<StreamedRun>(StreamedRun{
        .call = call, .pipe = std::make_shared<ResponsePipe>(), .content_type = {}, .outcome = {}, .failure = {}});
    invocation.pipe = streamed->pipe;
    tasks_.start(finish_streaming(streamed, std::move(name), std::move(function), std::move(invocation)));
    streamed->content_type = co_await streamed->pipe->opened();
    if (streamed->failure) std::rethrow_exception(streamed->failure);
    co_return streamed;
}

Task<InvokeWithResponseStreamResponse> Service::invoke_with_response_stream(Call& call,
                                                                            InvokeWithResponseStreamRequest request) {
    const auto name = parse_function_name(call, request.FunctionName, request.Qualifier);
    if (request.TenantId) throw aws::not_implemented("lambda", "InvokeWithResponseStream", "TenantId");
    auto payload = std::move(request.Payload).value_or("");
    if (payload.empty()) payload = "{}";
    check_payload(payload, most_payload_bytes);
    const auto function = co_await find_to_run(call, name);
    if (request.InvocationType.value_or("RequestResponse") == "DryRun") {
        co_return InvokeWithResponseStreamResponse{
            .StatusCode = 204, .ExecutedVersion = function->version(), .EventStream = stream_of("")};
    }
    auto streamed = co_await run_streaming(call, name, function,
                                           {.request_id = call.request_id,
                                            .payload = std::move(payload),
                                            .function_arn = name.arn(),
                                            .client_context = decode_client_context(request.ClientContext)});
    const bool with_tail = request.LogType.value_or("None") == "Tail";
    co_return InvokeWithResponseStreamResponse{
        .StatusCode = 200,
        .ExecutedVersion = function->version(),
        .EventStream = std::make_shared<ResponseEvents>(std::move(streamed), with_tail)};
}

}  // namespace cumulet::lambda
