#include "services/lambda/concurrency.h"

#include "services/lambda/fault.h"

namespace cumulet::lambda {
namespace {

constexpr size_t most_functions = 10'000;

}  // namespace

Task<int32_t> unreserved_by_others(store::Transaction& tx, const Call& call, std::string name) {
    auto unreserved = account_concurrency;
    for (const auto& other : co_await list_functions(tx, call, "", most_functions)) {
        if (other.configuration.FunctionName != name) unreserved -= other.reserved_concurrency.value_or(0);
    }
    co_return unreserved;
}

Task<int32_t> provisioned_beside(store::Transaction& tx, FunctionName name) {
    int32_t provisioned = 0;
    for (const auto& each : co_await list_provisioned(tx, name)) {
        if (each.function.qualifier != name.qualifier) provisioned += each.requested;
    }
    co_return provisioned;
}

void check_provisioned(int32_t requested, int32_t unreserved) {
    if (requested > unreserved) {
        throw invalid(fmt::format(
            "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{}].",
            unreserved));
    }
    if (unreserved - requested < least_unreserved) {
        throw invalid(
            fmt::format("Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                        "below its minimum value of [{}].",
                        least_unreserved));
    }
}

}  // namespace cumulet::lambda
