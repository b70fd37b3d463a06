#include "contracts/execute_api.h"

#include <gtest/gtest.h>

namespace cumulet::contracts {
namespace {

TEST(ApiDestination, IsReadFromHostOrPath) {
    struct Row {
        const char* host;
        const char* path;
        const char* id;  // nullptr: none
        const char* rest;
    };
    for (const auto& row : std::initializer_list<Row>{
             {"abc.execute-api.localhost.localstack.cloud:4566", "/dev/x", "abc", "/dev/x"},
             {"ABC.execute-api.us-east-1.amazonaws.com", "/", "abc", "/"},
             {"localhost:4566", "/_aws/execute-api/abc/dev/x", "abc", "/dev/x"},
             {"localhost:4566", "/_aws/execute-api/abc", "abc", "/"},
             {"localhost:4566", "/restapis/abc/dev/_user_request_/x/y", "abc", "/dev/x/y"},
             {"localhost:4566", "/restapis/abc/dev/_user_request_", "abc", "/dev"},
             {"localhost:4566", "/restapis/abc/dev", nullptr, ""},
             {"localhost:4566", "/_aws/execute-api/", nullptr, ""},
             {"[::1]:4566", "/x", nullptr, ""},
         }) {
        const auto destination = read_api_destination(row.host, row.path);
        ASSERT_EQ(destination.has_value(), row.id != nullptr) << row.host << row.path;
        if (!row.id) continue;
        EXPECT_EQ(destination->api_id, row.id) << row.host << row.path;
        EXPECT_EQ(destination->path, row.rest) << row.host << row.path;
    }
}

TEST(ApiEndpoint, StandsInFrontOfTheCallersHostWhereItCan) {
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    Call call(reactor, "request");
    struct Row {
        const char* host;
        const char* endpoint;
    };
    for (const auto& row : std::initializer_list<Row>{
             {"localhost:4566", "http://abc.execute-api.localhost.localstack.cloud:4566"},
             {"127.0.0.1:4566", "http://abc.execute-api.localhost.localstack.cloud:4566"},
             {"[::1]:4566", "http://abc.execute-api.localhost.localstack.cloud:4566"},
             {"cumulet:4566", "http://abc.execute-api.localhost.localstack.cloud:4566"},
             {"localhost.localstack.cloud:4566", "http://abc.execute-api.localhost.localstack.cloud:4566"},
             {"apigateway.us-east-1.localhost.localstack.cloud", "http://abc.execute-api.localhost.localstack.cloud"},
             {"cloud.example.com:8080", "http://abc.execute-api.cloud.example.com:8080"},
             {"apigateway.us-east-1.amazonaws.com", "http://abc.execute-api.us-east-1.amazonaws.com"},
         }) {
        call.host = row.host;
        EXPECT_EQ(api_endpoint(call, "abc"), row.endpoint) << row.host;
    }
}

}  // namespace
}  // namespace cumulet::contracts
