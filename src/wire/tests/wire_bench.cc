#include <benchmark/benchmark.h>

#include "contracts/dynamodb.h"
#include "contracts/sqs.h"
#include "wire/wire.h"

namespace cumulet::wire {
namespace {

const std::string send_message =
    R"({"QueueUrl":"http://sqs.eu-west-1.localhost.localstack.cloud:4566/000000000000/jobs","MessageBody":")" +
    std::string(160, 'x') + R"(","DelaySeconds":0,"MessageGroupId":"group-1"})";

void decode_send_message(benchmark::State& state) {
    const auto& operation = *aws::sqs::service.find("SendMessage");
    http::Request request;
    for (auto _ : state) {
        request.body = send_message;
        aws::sqs::SendMessageRequest input;
        Violations violations;
        decode(Protocol::aws_json_1_0, aws::sqs::service, operation, request, {}, &input, violations);
        benchmark::DoNotOptimize(input);
    }
}
BENCHMARK(decode_send_message);

void encode_send_message(benchmark::State& state) {
    const auto& operation = *aws::sqs::service.find("SendMessage");
    aws::sqs::SendMessageResult output;
    output.MessageId = "5fea7756-0ea4-451a-a703-a558b933e274";
    output.MD5OfMessageBody = "fafb00f5732ab283681e124bf8747ed1";
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            encode(Protocol::aws_json_1_0, aws::sqs::service, operation, &output, "request-id-of-some-length"));
    }
}
BENCHMARK(encode_send_message);

void decode_get_item(benchmark::State& state) {
    const auto& operation = *aws::dynamodb::service.find("GetItem");
    http::Request request;
    for (auto _ : state) {
        request.body =
            R"({"TableName":"orders","Key":{"pk":{"S":"customer#1234"},"sk":{"N":"20261123"}},"ConsistentRead":true})";
        aws::dynamodb::GetItemInput input;
        Violations violations;
        decode(Protocol::aws_json_1_0, aws::dynamodb::service, operation, request, {}, &input, violations);
        benchmark::DoNotOptimize(input);
    }
}
BENCHMARK(decode_get_item);

}  // namespace
}  // namespace cumulet::wire
