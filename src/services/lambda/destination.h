// What Lambda sends where an asynchronous event, or a batch of a stream, ends. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
#pragma once

#include <string>

#include "base/json.h"
#include "base/time.h"
#include "contracts/lambda.h"

namespace cumulet::lambda {

/// How an asynchronous event ended.
struct EventEnd {
    std::string request_id;
    std::string function_arn;  ///< with its qualifier
    std::string condition;     ///< "Success", "RetriesExhausted", "EventAgeExceeded"
    int invocations = 0;       ///< how often it was tried
    std::string payload;       ///< the event
    std::string version;       ///< that ran last, "" if none did
    std::string response;      ///< the function's answer
    bool failed = false;       ///< the answer is an error's shape
};

/// The record that a destination gets, as JSON text.
std::string destination_record(const EventEnd& end, Time now);
/// The key under which a bucket gets a record: "aws/lambda/async/<function>/2026/11/23/…".
std::string destination_key(std::string_view kind, std::string_view function, Time now, std::string_view unique);

/// The ARNs that `destinations` names.
std::vector<std::string> targets_of(const std::optional<aws::lambda::DestinationConfig>& destinations);
/// Throws InvalidParameterValueException for a destination that nothing can be sent to, or that is the function itself,
/// and "not implemented" for event buses and Kafka.
void check_destinations(const aws::lambda::DestinationConfig& destinations, std::string_view function_arn,
                        std::string_view operation);

}  // namespace cumulet::lambda
