#include "services/lambda/destination.h"

#include "services/lambda/fault.h"

namespace cumulet::lambda {
namespace {

/// JSON as it is, anything else as a text.
json::value readable(const std::string& text) {
    auto parsed = parse_json(text);
    return parsed ? std::move(*parsed) : json::value(text);
}

/// A configuration as AWS's errors quote it.
std::string shown(const aws::lambda::DestinationConfig& destinations) {
    const auto part = [](std::string_view name, const auto& config) {
        return config && config->Destination ? fmt::format("{}(destination={})", name, *config->Destination)
                                             : std::string("null");
    };
    return fmt::format("DestinationConfig(onSuccess={}, onFailure={})", part("OnSuccess", destinations.OnSuccess),
                       part("OnFailure", destinations.OnFailure));
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

std::vector<std::string> targets_of(const std::optional<aws::lambda::DestinationConfig>& destinations) {
    std::vector<std::string> targets;
    const auto add = [&](const std::optional<std::string>& target) {
        if (target && !target->empty()) targets.push_back(*target);
    };
    if (destinations && destinations->OnSuccess) add(destinations->OnSuccess->Destination);
    if (destinations && destinations->OnFailure) add(destinations->OnFailure->Destination);
    return targets;
}

void check_destinations(const aws::lambda::DestinationConfig& destinations, std::string_view function_arn,
                        std::string_view operation) {
    for (const auto& target : targets_of(destinations)) {
        if (target.starts_with("kafka://")) {
            throw aws::not_implemented("lambda", operation, "Kafka topics as destinations");
        }
        const auto arn = Arn::parse(target);
        const std::string_view service = arn ? std::string_view(arn->service) : "";
        if (service == "events") throw aws::not_implemented("lambda", operation, "event buses as destinations");
        if (service == "lambda" && target == function_arn) {
            throw invalid("You can't specify the function as a destination for itself.");
        }
        const bool known = service == "sqs" || service == "sns" || service == "lambda" || service == "s3";
        if (!known) throw invalid(fmt::format("The provided destination config {} is invalid.", shown(destinations)));
        if (service == "sqs" && arn->resource.ends_with(".fifo")) {
            // Unverified: the words.
            throw invalid(fmt::format("The provided destination ARN {} is invalid.", target));
        }
    }
}

}  // namespace cumulet::lambda
