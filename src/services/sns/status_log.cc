#include "services/sns/status_log.h"

#include "base/hash.h"
#include "contracts/logs.h"
#include "runtime/log.h"
#include "services/sns/envelope.h"

namespace cumulet::sns {
namespace {

/// The prefix of the attributes that say what is logged; "" for a protocol whose deliveries are not.
std::string_view attribute_prefix(std::string_view protocol) {
    if (protocol == "sqs") return "SQS";
    if (protocol == "lambda") return "Lambda";
    if (protocol == "http" || protocol == "https") return "HTTP";
    if (protocol == "application") return "Application";
    if (protocol == "firehose") return "Firehose";
    return "";
}

bool is_sampled(const Topic& topic, std::string_view prefix, double fraction) {
    const auto& rate = topic.attribute(fmt::format("{}SuccessFeedbackSampleRate", prefix));
    // Unverified: how many successes AWS logs where a role is set and no rate.
    return rate.empty() || fraction * 100 < std::atof(rate.c_str());
}

/// "2026-11-23 00:55:00.123"
std::string log_timestamp(Time time) {
    auto text = format_iso8601_millis(time);
    text[text.find('T')] = ' ';
    text.pop_back();
    return text;
}

template <typename Exception, typename T>
Task<void> unless_there(Task<T> creation) {
    try {
        co_await std::move(creation);
    } catch (const Exception&) {
        // Another delivery made it.
    }
}

}  // namespace

std::optional<StatusLine> status_line(const Parcel& parcel, const Attempt& attempt, int64_t attempts, Time now,
                                      std::string_view delivery_id, double fraction) {
    const auto prefix = attribute_prefix(parcel.subscription.protocol);
    if (prefix.empty() || parcel.topic.attributes.empty()) return std::nullopt;
    const bool success = attempt.result == Attempt::Result::delivered;
    const auto role = fmt::format("{}{}FeedbackRoleArn", prefix, success ? "Success" : "Failure");
    if (parcel.topic.attribute(role).empty()) return std::nullopt;
    if (success && !is_sampled(parcel.topic, prefix, fraction)) return std::nullopt;

    const auto& notification = parcel.notification;
    const auto dwell = std::chrono::duration_cast<std::chrono::milliseconds>(now - notification.published);
    const json::object line{
        {"notification",
         json::object{{"messageMD5Sum", md5_hex(notification.message_for(message_key(parcel.subscription)))},
                      {"messageId", notification.id},
                      {"topicArn", parcel.topic.arn()},
                      {"timestamp", log_timestamp(notification.published)}}},
        {"delivery", json::object{{"deliveryId", delivery_id},
                                  {"destination", parcel.subscription.endpoint},
                                  {"providerResponse", attempt.provider_response},
                                  {"dwellTimeMs", dwell.count()},
                                  {"attempts", attempts},
                                  {"statusCode", attempt.status_code}}},
        {"status", success ? "SUCCESS" : "FAILURE"}};
    const auto& topic = parcel.topic;
    return StatusLine{
        .account = topic.account,
        .region = topic.region,
        .group = fmt::format("sns/{}/{}/{}{}", topic.region, topic.account, topic.name, success ? "" : "/Failure"),
        .at = now,
        .text = json::serialize(line)};
}

void StatusLog::write(std::vector<StatusLine> lines) {
    if (!lines.empty()) tasks_.start(put(std::move(lines)));
}

Task<void> StatusLog::put(std::vector<StatusLine> lines) {
    for (auto& line : lines) {
        try {
            co_await put_one(std::move(line));
        } catch (const std::exception& error) {
            log::warning("a delivery's status was not logged", {{"why", error.what()}});
        }
    }
}

std::string StatusLog::stream() {
    const std::lock_guard lock(mutex_);
    if (stream_.empty()) stream_ = Reactor::current().random().uuid();
    return stream_;
}

Task<void> StatusLog::put_one(StatusLine line) {
    const auto stream = this->stream();
    auto call = service_call(Reactor::current(), "sns.amazonaws.com", line.account, line.region);
    aws::logs::Client logs(door_);
    aws::logs::PutLogEventsRequest request{.logGroupName = line.group, .logStreamName = stream};
    request.logEvents.push_back({.timestamp = epoch_millis(line.at), .message = line.text});
    bool missing = false;
    try {
        co_await logs.put_log_events(call, request);
    } catch (const aws::logs::ResourceNotFoundException&) {
        missing = true;
    }
    if (!missing) co_return;
    using aws::logs::ResourceAlreadyExistsException;
    co_await unless_there<ResourceAlreadyExistsException>(logs.create_log_group(call, {.logGroupName = line.group}));
    co_await unless_there<ResourceAlreadyExistsException>(
        logs.create_log_stream(call, {.logGroupName = line.group, .logStreamName = stream}));
    co_await logs.put_log_events(call, std::move(request));
}

}  // namespace cumulet::sns
