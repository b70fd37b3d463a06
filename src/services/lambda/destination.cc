#include "services/lambda/destination.h"

#include "services/lambda/fault.h"

namespace cumulet::lambda {
namespace {

/// JSON as it is, anything else as a text.
json::value readable(const std::string& text) {
    auto parsed = parse_json(text);
    return parsed ? std::move(*parsed) : json::value(text);
}

void check_destination(const std::string& arn, std::string_view function_arn, std::string_view operation) {
    if (arn.starts_with("kafka://")) throw aws::not_implemented("lambda", operation, "Kafka topics as destinations");
    const auto parsed = Arn::parse(arn);
    const auto malformed = [&] { return invalid(fmt::format("The provided destination ARN {} is invalid.", arn)); };
    if (!parsed) throw malformed();
    if (parsed->service == "events") {
        throw aws::not_implemented("lambda", operation, "event buses as destinations");
    }
    if (parsed->service == "lambda" && arn == function_arn) {
        throw invalid("You can't specify the function as a destination for itself.");
    }
    if (parsed->service != "sqs" && parsed->service != "sns" && parsed->service != "lambda" &&
        parsed->service != "s3") {
        throw malformed();
    }
    if (parsed->service == "sqs" && parsed->resource.ends_with(".fifo")) throw malformed();
}

}  // namespace

std::string destination_record(const EventEnd& end, Time now) {
    json::object record{{"version", "1.0"},
                        {"timestamp", format_iso8601_millis(now)},
                        {"requestContext", json::object{{"requestId", end.request_id},
                                                        {"functionArn", end.function_arn},
                                                        {"condition", end.condition},
                                                        {"approximateInvokeCount", end.invocations}}},
                        {"requestPayload", readable(end.payload)}};
    if (!end.version.empty()) {
        json::object context{{"statusCode", 200}, {"executedVersion", end.version}};
        if (end.failed) context["functionError"] = "Unhandled";
        record["responseContext"] = std::move(context);
        record["responsePayload"] = readable(end.response);
    }
    return json::serialize(record);
}

std::string destination_key(std::string_view kind, std::string_view function, Time now, std::string_view unique) {
    const auto text = format_iso8601(now);
    return fmt::format("aws/lambda/{}/{}/{}/{}/{}/{}T{}.{}.{}-{}", kind, function, text.substr(0, 4), text.substr(5, 2),
                       text.substr(8, 2), text.substr(0, 10), text.substr(11, 2), text.substr(14, 2),
                       text.substr(17, 2), unique);
}

void check_destinations(const aws::lambda::DestinationConfig& destinations, std::string_view function_arn,
                        std::string_view operation) {
    for (const auto* arn :
         {destinations.OnSuccess && destinations.OnSuccess->Destination ? &*destinations.OnSuccess->Destination
                                                                        : nullptr,
          destinations.OnFailure && destinations.OnFailure->Destination ? &*destinations.OnFailure->Destination
                                                                        : nullptr}) {
        if (arn && !arn->empty()) check_destination(*arn, function_arn, operation);
    }
}

}  // namespace cumulet::lambda
