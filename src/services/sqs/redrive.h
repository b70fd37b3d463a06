// Where messages go that were received too often, and which queues may send theirs: RedrivePolicy and
// RedriveAllowPolicy. Pure.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cumulet::sqs {

/// Where messages go that were received too often.
struct RedrivePolicy {
    std::string target_arn;
    int64_t max_receive_count = 0;

    /// The document as GetQueueAttributes shows it, whatever form its number came in.
    std::string text() const;
};

/// Throws InvalidParameterValue with AWS's reason unless `text` is a redrive policy.
RedrivePolicy parse_redrive_policy(std::string_view text);

/// Which queues may name this one as their dead-letter queue.
struct RedriveAllowPolicy {
    enum class Permission : uint8_t { allow_all, deny_all, by_queue };
    Permission permission = Permission::allow_all;
    std::vector<std::string> source_arns;  ///< where permission is by_queue

    bool allows(std::string_view source_arn) const;
};

/// Throws InvalidParameterValue with AWS's reason unless `text` is a redrive allow policy.
RedriveAllowPolicy parse_redrive_allow_policy(std::string_view text);

}  // namespace cumulet::sqs
