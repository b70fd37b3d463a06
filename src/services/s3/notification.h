// Which events of a bucket go where: its notification configuration. Pure.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
#pragma once

#include "base/arn.h"
#include "runtime/random.h"
#include "services/s3/errors.h"

namespace cumulet::s3 {

/// Events of some keys go to one queue, topic or function.
struct NotificationRule {
    struct Filter {
        std::string name;   ///< "Prefix" or "Suffix"
        std::string value;  ///< of the key, percent-encoded

        friend bool operator==(const Filter&, const Filter&) = default;
    };

    std::string id;
    std::string destination;          ///< its ARN
    std::vector<std::string> events;  ///< "s3:ObjectCreated:*"
    std::vector<Filter> filters;      ///< none, or one of each name

    bool takes(std::string_view event, std::string_view key) const;

    friend bool operator==(const NotificationRule&, const NotificationRule&) = default;
};

/// The rules that `wanted` has for a bucket of `region`; one without an id gets one. No two of them take the same event
/// of the same key. Throws InvalidArgument, MalformedXML.
std::vector<NotificationRule> checked_rules(const aws::s3::NotificationConfiguration& wanted, std::string_view region,
                                            Random& random);
/// Back to what callers see.
aws::s3::NotificationConfiguration configuration_of(const std::vector<NotificationRule>& rules);

/// The one rule that takes `event` ("ObjectCreated:Put") of `key`, or nullptr.
const NotificationRule* rule_for(const std::vector<NotificationRule>& rules, std::string_view event,
                                 std::string_view key);

}  // namespace cumulet::s3
