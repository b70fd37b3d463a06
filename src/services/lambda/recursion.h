// Loops of functions that invoke themselves through queues, topics or each other: the trace header counts them.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
#pragma once

#include <string>
#include <string_view>

namespace cumulet::lambda {

/// A chain of events may run one function this often.
inline constexpr int most_loops = 16;

/// `trace` with this run of the function counted in its "Lineage", and how often it has run in this chain by now.
struct Lineage {
    std::string trace;
    int runs = 1;
};
Lineage count_run(std::string_view trace, std::string_view function_arn);

}  // namespace cumulet::lambda
