// Delivery status: what CloudWatch Logs is told of deliveries where a topic asks for it.
// https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
#pragma once

#include "contracts/client.h"
#include "runtime/sync.h"
#include "services/sns/delivery.h"

namespace cumulet::sns {

/// One line, and where it goes.
struct StatusLine {
    std::string account;
    std::string region;
    std::string group;  ///< "sns/us-east-1/000000000000/orders", with "/Failure" for what failed
    Time at;
    std::string text;
};

/// The line that the topic asks for, nothing if it asks for none. `fraction` in [0, 1) chooses among successes.
std::optional<StatusLine> status_line(const Parcel& parcel, const Attempt& attempt, int64_t attempts, Time now,
                                      std::string_view delivery_id, double fraction);

/// Writes lines, off the path of deliveries. Lines that cannot be written are lost, as with AWS.
class StatusLog {
  public:
    StatusLog(contracts::Door& door, TaskGroup& tasks) : door_(door), tasks_(tasks) {}
    void write(std::vector<StatusLine> lines);

  private:
    Task<void> put(std::vector<StatusLine> lines);
    Task<void> put_one(StatusLine line);
    /// Streams of AWS have random names, too: one per process.
    std::string stream();

    contracts::Door& door_;
    TaskGroup& tasks_;
    std::mutex mutex_;
    std::string stream_;
};

}  // namespace cumulet::sns
