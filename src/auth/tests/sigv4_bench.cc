// The cost of checking one signature with its key derived already.

#include <benchmark/benchmark.h>

#include "auth/sigv4.h"

namespace cumulet::auth {
namespace {

void verify_signature(benchmark::State& state) {
    const Time now = *parse_basic("20150830T123600Z");
    http::Request request;
    request.method = "POST";
    request.set_target("/");
    request.headers.add("Host", "localhost:4566");
    request.headers.add("Content-Type", "application/x-amz-json-1.0");
    request.headers.add("X-Amz-Target", "AmazonSQS.SendMessage");
    request.body = R"({"QueueUrl":"http://localhost:4566/000000000000/jobs","MessageBody":"hello"})";
    sign(request, {"AKIDEXAMPLE", "secret", ""}, "us-east-1", "sqs", now);
    SigningKeys keys;
    for (auto _ : state) {
        const auto signature = read_signature(request, Dialect::json);
        verify(request, *signature, "secret", "sqs", now, Dialect::json, keys);
    }
}
BENCHMARK(verify_signature);

}  // namespace
}  // namespace cumulet::auth
