// DescribeLimits and DescribeEndpoints.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeLimits.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeEndpoints.html
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

Task<DescribeLimitsOutput> Service::describe_limits(Call&, DescribeLimitsInput) {
    co_return DescribeLimitsOutput{.AccountMaxReadCapacityUnits = 80'000,
                                   .AccountMaxWriteCapacityUnits = 80'000,
                                   .TableMaxReadCapacityUnits = 40'000,
                                   .TableMaxWriteCapacityUnits = 40'000};
}

Task<DescribeEndpointsResponse> Service::describe_endpoints(Call& call, DescribeEndpointsRequest) {
    // Clients that discover their endpoint shall find this one.
    co_return DescribeEndpointsResponse{.Endpoints = {{.Address = call.host, .CachePeriodInMinutes = 1440}}};
}

}  // namespace cumulet::dynamodb
