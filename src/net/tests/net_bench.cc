// The server's CPU per request over loopback: 32 connections, each with one request under way.
#include <benchmark/benchmark.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>

#include "net/framing.h"
#include "net/tests/support/raw_socket.h"
#include "net/tests/support/running_server.h"

namespace cumulet::net {
namespace {

const std::string send_message =
    "POST / HTTP/1.1\r\nHost: localhost:4566\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n"
    "Content-Type: application/x-amz-json-1.0\r\nUser-Agent: aws-sdk-js/3.600.0 ua/2.0 os/linux#6 lang/js "
    "md/nodejs#20\r\n"
    "amz-sdk-invocation-id: 6a4f3a2e-9b9e-4a2c-8d5f-0c6c2a7e4f11\r\namz-sdk-request: attempt=1; max=3\r\n"
    "x-amz-date: 20260101T000000Z\r\nx-amz-content-sha256: "
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n"
    "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date, "
    "Signature=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n"
    "Content-Length: 99\r\nConnection: keep-alive\r\n\r\n"
    "{\"QueueUrl\":\"http://localhost:4566/000000000000/jobs\",\"MessageBody\":\"0123456789012345678901234567\"}";

double cpu_seconds(clockid_t clock) {
    timespec spent{};
    clock_gettime(clock, &spent);
    return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

void answer_over_loopback(benchmark::State& state) {
    static pthread_t server_thread;
    test::RunningServer server([](http::Request) -> Task<http::Response> {
        server_thread = pthread_self();
        http::Response response;
        response.headers.add("Content-Type", "application/x-amz-json-1.0");
        response.headers.add("x-amzn-RequestId", "6a4f3a2e-9b9e-4a2c-8d5f-0c6c2a7e4f11");
        response.body =
            R"({"MessageId":"6a4f3a2e-9b9e-4a2c-8d5f-0c6c2a7e4f11","MD5OfMessageBody":"00000000000000000000"})";
        co_return response;
    });
    std::vector<std::unique_ptr<test::RawSocket>> clients;
    std::vector<pollfd> waiting;
    for (int64_t i = 0; i < state.range(0); ++i) {
        clients.push_back(std::make_unique<test::RawSocket>(server.port));
        waiting.push_back({clients.back()->get(), POLLIN, 0});
        clients.back()->send(send_message);
    }
    char bytes[4096];
    int64_t answers = 0;
    double cpu_before = 0;
    for (auto _ : state) {
        int left = 1024;
        while (left > 0) {
            ::poll(waiting.data(), waiting.size(), -1);
            for (size_t i = 0; i < waiting.size(); ++i) {
                if (!(waiting[i].revents & POLLIN)) continue;
                if (::recv(waiting[i].fd, bytes, sizeof bytes, 0) <= 0) return state.SkipWithError("closed");
                clients[i]->send(send_message);
                --left;
                ++answers;
            }
        }
        if (cpu_before == 0) {
            clockid_t clock;
            pthread_getcpuclockid(server_thread, &clock);
            cpu_before = cpu_seconds(clock);
            answers = 0;
        }
    }
    clockid_t clock;
    pthread_getcpuclockid(server_thread, &clock);
    state.counters["server_us_per_request"] = (cpu_seconds(clock) - cpu_before) * 1e6 / static_cast<double>(answers);
}
BENCHMARK(answer_over_loopback)->Arg(1)->Arg(32)->Unit(benchmark::kMillisecond)->UseRealTime();

void parse_request(benchmark::State& state) {
    const auto parser = RequestParser::make({});
    for (auto _ : state) {
        http::Request request;
        parser->begin(request);
        auto used = parser->put(send_message);
        used += parser->put(std::string_view(send_message).substr(used));
        if (!parser->done()) return state.SkipWithError("incomplete");
        benchmark::DoNotOptimize(request);
    }
}
BENCHMARK(parse_request);

}  // namespace
}  // namespace cumulet::net
