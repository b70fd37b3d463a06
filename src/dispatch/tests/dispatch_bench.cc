// The whole of dispatch without a network: an SQS SendMessage from request to answer.

#include <benchmark/benchmark.h>

#include "auth/sigv4.h"
#include "contracts/sqs.h"
#include "dispatch/door.h"
#include "runtime/reactor.h"

namespace cumulet::dispatch {
namespace {

struct TrivialSqs : aws::sqs::Api {
    Task<aws::sqs::SendMessageResult> send_message(Call& call, aws::sqs::SendMessageRequest request) override {
        co_return aws::sqs::SendMessageResult{.MD5OfMessageBody = "5d41402abc4b2a76b9719d911017c592",
                                              .MessageId = "9f8b3a52-58a5-4c7e-8f53-7f3f4a1c2d3e"};
    }
};

http::Request send_message(Time now) {
    http::Request request;
    request.method = "POST";
    request.set_target("/");
    request.headers.add("Host", "localhost:4566");
    request.headers.add("Content-Type", "application/x-amz-json-1.0");
    request.headers.add("X-Amz-Target", "AmazonSQS.SendMessage");
    request.headers.add("User-Agent", "aws-sdk-js/3.940.0 ua/2.1 os/linux lang/js md/nodejs#20.19.2 api/sqs#3.940.0");
    request.body = R"({"QueueUrl":"http://localhost:4566/000000000000/jobs","MessageBody":"hello, this is an order"})";
    auth::sign(request, {"test", "test", ""}, "us-east-1", "sqs", now);
    return request;
}

/// Serves calls without leaving the reactor.
Task<void> serve_all(Door& door, const http::Request& request, benchmark::State& state) {
    for (auto _ : state) {
        auto response = co_await door.serve(request);
        benchmark::DoNotOptimize(response.body.data());
    }
}

void dispatch(benchmark::State& state, SignatureMode signatures) {
    const Time now = *parse_iso8601("2026-11-23T00:55:00Z");
    Clock clock(now);
    Reactor reactor(clock, Random(1));
    TrivialSqs sqs;
    Door door({.signatures = signatures}, clock);
    door.add(aws::sqs::service, sqs);
    reactor.block_on(serve_all(door, send_message(now), state));
}
BENCHMARK_CAPTURE(dispatch, signatures_off, SignatureMode::off);
BENCHMARK_CAPTURE(dispatch, signatures_checked, SignatureMode::check);

}  // namespace
}  // namespace cumulet::dispatch
