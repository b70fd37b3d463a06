// How S3 reaches the destinations of notifications: as s3.amazonaws.com, for a bucket, so that their policies decide.
#pragma once

#include "contracts/client.h"
#include "services/s3/errors.h"
#include "services/s3/storage.h"

namespace cumulet::s3 {

/// How an attempt to deliver ended.
struct Attempt {
    enum class Result : uint8_t {
        delivered,
        refused,  ///< for good: the destination is not there, or does not let S3 in
        failed,   ///< worth another try
    };
    Result result = Result::delivered;
    std::string reason;
};

class Courier {
  public:
    explicit Courier(contracts::Door& door) : door_(door) {}

    static constexpr size_t most_at_once = 10;
    /// True if several entries for the destination go together.
    static bool takes_several(std::string_view destination);
    /// Tries once to deliver entries of one bucket for one destination, at most `most_at_once`.
    Task<std::vector<Attempt>> deliver(std::vector<const OutboxEntry*> entries);
    /// Sends `message` to a queue or topic, and asks a function's policy. Nothing if the destination lets S3 in.
    Task<std::optional<RefusedDestination>> try_out(const Bucket& bucket, std::string destination, std::string message);

  private:
    Task<void> send(Call& call, const Arn& destination, std::string message);
    Task<void> send_batch(Call& call, const Arn& queue, const std::vector<const OutboxEntry*>& entries,
                          std::vector<Attempt>& attempts);
    /// Throws if there is no such queue or topic.
    Task<void> look_for(const Bucket& bucket, const Arn& destination);

    contracts::Door& door_;
};

}  // namespace cumulet::s3
