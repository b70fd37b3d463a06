#include "services/apigatewayv2/functions.h"

#include "runtime/log.h"
#include "services/apigatewayv2/reply.h"

namespace cumulet::apigatewayv2 {
namespace {

/// An invocation that may go on after its caller was told that it took too long.
struct Invocation {
    Call caller;
    aws::lambda::InvocationRequest request;
    FunctionAnswer answer;
    bool done = false;
};

/// What a caller gets when Lambda refuses.
http::Response refusal(const aws::Error& error) {
    log::warning("An API's function could not be invoked", {{"error", error.code}, {"reason", error.message}});
    if (error.status == 429) return message_reply(503, "Service Unavailable");
    if (error.status == 413) return message_reply(413, "Request Entity Too Large");
    return internal_server_error();
}

Task<void> run(aws::lambda::Client& lambda, Gates& answers, std::string request_id,
               std::shared_ptr<Invocation> invocation) {
    try {
        invocation->answer.response = co_await lambda.invoke(invocation->caller, std::move(invocation->request));
    } catch (const aws::Error& error) {
        invocation->answer.failure = refusal(error);
    } catch (const std::exception& error) {
        log::warning("An API's function could not be invoked", {{"reason", error.what()}});
        invocation->answer.failure = internal_server_error();
    }
    invocation->done = true;
    answers.wake(request_id);
}

}  // namespace

std::string stage_arn(const Passage& passage, const Place& place) {
    return fmt::format("arn:aws:execute-api:{}:{}:{}/{}", place.region, place.account, passage.api_id, passage.stage);
}

Call caller_as(const Call& call, const Passage& passage, const Place& place, const std::string& role_arn,
               std::string source_arn) {
    auto caller = service_call(Reactor::current(), "apigateway.amazonaws.com", place.account, place.region);
    if (const auto role = Arn::parse(role_arn)) {
        const auto name = role->resource.substr(role->resource.rfind('/') + 1);
        caller.principal.kind = Principal::Kind::assumed_role;
        caller.principal.account = role->account;
        caller.principal.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/apigateway", role->account, name);
        caller.principal.service.clear();
    } else {
        caller.source_arn = std::move(source_arn);
    }
    caller.host = call.host;
    caller.tls = call.tls;
    caller.source_address = call.source_address;
    caller.trace = passage.trace;
    caller.depth = call.depth;
    return caller;
}

Task<FunctionAnswer> Functions::ask(Call& call, const Passage& passage, Place place, FunctionCall asked) {
    const auto request_id = passage.request_id;
    auto invocation = std::make_shared<Invocation>(Invocation{
        .caller = caller_as(call, passage, place, asked.target.role, asked.source_arn), .request = {}, .answer = {}});
    invocation->request.FunctionName = asked.target.function;
    if (!asked.target.qualifier.empty()) invocation->request.Qualifier = asked.target.qualifier;
    if (asked.asynchronous) invocation->request.InvocationType = "Event";
    invocation->request.Payload = std::move(asked.payload);

    const auto until = call.now() + asked.patience;
    const auto seen = answers_.version(request_id);
    invocations_.start(run(lambda_, answers_, request_id, invocation));
    auto woken = true;
    for (auto version = seen; !invocation->done && woken; version = answers_.version(request_id)) {
        woken = co_await answers_.wait(request_id, version, until);
    }
    if (!invocation->done) {
        co_return FunctionAnswer{.response = {},
                                 .failure = message_reply(503, "Service Unavailable"),
                                 .too_late = true,
                                 .request_id = invocation->caller.request_id};
    }
    invocation->answer.request_id = invocation->caller.request_id;
    co_return std::move(invocation->answer);
}

}  // namespace cumulet::apigatewayv2
