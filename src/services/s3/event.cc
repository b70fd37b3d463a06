#include "services/s3/event.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/json.h"

namespace cumulet::s3 {
namespace {

bool is_tagging(std::string_view event) { return event.starts_with("ObjectTagging:"); }

/// The customer id of an account: says nothing, always the same.
std::string customer_id(std::string_view account) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    std::string id = "A";
    for (const unsigned char byte : sha256(fmt::format("customer {}", account)).substr(0, 13))
        id += alphabet[byte % alphabet.size()];
    return id;
}

/// Unverified: how events name callers without an identity of their own.
std::string principal_id(const Principal& principal) {
    switch (principal.kind) {
        case Principal::Kind::root: return customer_id(principal.account);
        case Principal::Kind::user:
        case Principal::Kind::assumed_role: return "AWS:" + principal.user_id;
        case Principal::Kind::service: return "AWS:" + principal.service;
        case Principal::Kind::anonymous: return "Anonymous";
    }
    return "";
}

/// As the answer to the caller has them in its header fields.
std::string host_id(const Call& call) { return to_base64(sha256(call.request_id)); }

json::object object_part(const Event& event, std::string sequencer) {
    json::object object{{"key", event_key(event.key)}};
    if (event.size_bytes) object["size"] = *event.size_bytes;
    if (event.etag) object["eTag"] = *event.etag;
    // Unverified: events about tags have no number.
    if (!is_tagging(event.name)) object["sequencer"] = std::move(sequencer);
    return object;
}

}  // namespace

Event event_of(std::string_view name, const Object& object) {
    Event event{.name = name, .key = object.key, .size_bytes = {}, .etag = object.etag};
    if (!is_tagging(name)) event.size_bytes = object.size_bytes;
    return event;
}

std::string Sequencer::next(Time now) {
    const int64_t present = std::chrono::nanoseconds(now.time_since_epoch()).count();
    int64_t last = last_.load();
    int64_t mine;
    do {
        mine = std::max(last + 1, present);
    } while (!last_.compare_exchange_weak(last, mine));
    constexpr int64_t second = 1'000'000'000;
    return fmt::format("{:010X}{:08X}", mine / second, mine % second);
}

std::string event_message(const Call& call, const Bucket& bucket, std::string_view rule, const Event& event, Time now,
                          std::string sequencer) {
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html#event-versions
    const std::string_view version = is_tagging(event.name) ? "2.3" : "2.1";
    json::object bucket_part{{"name", bucket.name},
                             {"ownerIdentity", json::object{{"principalId", customer_id(bucket.account)}}},
                             {"arn", bucket.arn()}};
    json::object record{
        {"eventVersion", version},
        {"eventSource", "aws:s3"},
        {"awsRegion", bucket.region},
        {"eventTime", format_iso8601_millis(now)},
        {"eventName", event.name},
        {"userIdentity", json::object{{"principalId", principal_id(call.principal)}}},
        {"requestParameters", json::object{{"sourceIPAddress", call.source_address}}},
        {"responseElements", json::object{{"x-amz-request-id", call.request_id}, {"x-amz-id-2", host_id(call)}}},
        {"s3", json::object{{"s3SchemaVersion", "1.0"},
                            {"configurationId", rule},
                            {"bucket", std::move(bucket_part)},
                            {"object", object_part(event, std::move(sequencer))}}}};
    json::array records;
    records.push_back(std::move(record));
    return json::serialize(json::object{{"Records", std::move(records)}});
}

std::string test_message(const Call& call, const Bucket& bucket, Time now) {
    return json::serialize(json::object{{"Service", "Amazon S3"},
                                        {"Event", "s3:TestEvent"},
                                        {"Time", format_iso8601_millis(now)},
                                        {"Bucket", bucket.name},
                                        {"RequestId", call.request_id},
                                        {"HostId", host_id(call)}});
}

std::string event_key(std::string_view key) {
    // Unverified: for signs other than letters, digits and spaces, Java's encoder.
    std::string encoded;
    for (const unsigned char c : key) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                           c == '-' || c == '*' || c == '_' || c == '/';
        if (plain) {
            encoded += static_cast<char>(c);
        } else {
            encoded += c == ' ' ? "+" : fmt::format("%{:02X}", c);
        }
    }
    return encoded;
}

}  // namespace cumulet::s3
