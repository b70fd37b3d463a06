// How callers name a queue: URLs in every form that clients have. Pure.
#pragma once

#include "runtime/call.h"

namespace cumulet::sqs {

/// A queue as callers name it.
struct QueueAddress {
    std::string account;
    std::string region;
    std::string name;

    std::string arn() const { return fmt::format("arn:aws:sqs:{}:{}:{}", region, account, name); }
};

/// Understands every form of queue URL: /<account>/<name> and /queue/<region>/<account>/<name> below any host, the
/// region in the host (sqs.<region>.…, <region>.queue.…, queue.amazonaws.com), and a bare name. Parts that the URL
/// lacks are the caller's. Throws InvalidAddress.
QueueAddress parse_queue_url(const Call& call, std::string_view url);

/// Which form URLs in answers have.
enum class UrlForm : uint8_t {
    caller,    ///< the host that the caller used, and /<account>/<name>
    path,      ///< the same host, and /queue/<region>/<account>/<name>
    standard,  ///< sqs.<region>.localhost.localstack.cloud
    domain,    ///< <region>.queue.localhost.localstack.cloud
};

/// The URL by which this caller reaches the queue.
std::string queue_url(const Call& call, const QueueAddress& address, UrlForm form = UrlForm::caller);

}  // namespace cumulet::sqs
